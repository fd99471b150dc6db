//! What one connection is doing and since when: the ground on which it is kept or ended.
//!
//! One sleeping timer a connection looks here now and then; requests themselves only store numbers.

use super::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Shared between a connection's socket, its requests and its watchdog. Times are milliseconds, 0 meaning never.
#[derive(Debug)]
pub(super) struct Pulse {
    began: Instant,
    header_time: Duration,
    idle_time: Duration,
    total_time: Duration,
    /// Requests begun and not answered.
    in_flight: AtomicU32,
    /// Whether an answer may not have left for the socket yet.
    unsent: AtomicBool,
    /// Since when there is no request.
    quiet_since: AtomicU64,
    /// Since when a head is incomplete.
    head_since: AtomicU64,
    /// Since when the client does not take what is written.
    blocked_since: AtomicU64,
    /// When the connection was asked to end.
    retired_at: AtomicU64,
    head_expired: AtomicBool,
    refused: AtomicBool,
}

/// What to do with a connection now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Look again after this time.
    Wait(Duration),
    /// Nobody uses it: end it politely.
    Retire,
    /// Its time is up.
    Cut,
}

impl Pulse {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            began: Instant::now(),
            header_time: limits.header_time,
            idle_time: limits.idle_time,
            total_time: limits.total_time,
            in_flight: AtomicU32::new(0),
            unsent: AtomicBool::new(false),
            quiet_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            retired_at: AtomicU64::new(0),
            head_expired: AtomicBool::new(false),
            refused: AtomicBool::new(false),
        }
    }

    /// Notes the start of a request; the guard notes its end.
    pub(super) fn request(self: Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// Notes whether a head is incomplete after what was just read.
    pub(super) fn head_is_open(&self, open: bool) {
        if !open {
            self.head_since.store(0, Ordering::Relaxed);
        } else if self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// Notes that the client takes no more for now.
    pub(super) fn write_blocked(&self) {
        if self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// Notes that everything written has left.
    pub(super) fn write_flushed(&self) {
        self.blocked_since.store(0, Ordering::Relaxed);
        if self.in_flight.load(Ordering::Relaxed) == 0 {
            self.unsent.store(false, Ordering::Relaxed);
        }
    }

    /// Whether every request so far has its whole answer.
    pub(super) fn is_answered(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) == 0 && !self.unsent.load(Ordering::Relaxed)
    }

    /// Whether a request was refused.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// How long a head may take, where the connection was cut because one took longer.
    pub(super) fn expired_head(&self) -> Option<Duration> {
        self.head_expired.load(Ordering::Relaxed).then_some(self.header_time)
    }

    /// How long a look at the connection is good for: what begins right after it can't be late earlier.
    pub(super) fn until_next_look(&self) -> Duration {
        self.header_time.min(self.idle_time).min(self.total_time)
    }

    /// What to do now.
    pub(super) fn verdict(&self) -> Verdict {
        let blocked = self.blocked_since.load(Ordering::Relaxed);
        if blocked > 0 {
            return self.wait(blocked, self.total_time).map_or(Verdict::Cut, Verdict::Wait);
        }
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            // The request has a time limit of its own.
            return Verdict::Wait(self.until_next_look());
        }
        let head = self.head_since.load(Ordering::Relaxed);
        if head > 0 {
            let Some(left) = self.wait(head, self.header_time) else {
                self.head_expired.store(true, Ordering::Relaxed);
                return Verdict::Cut;
            };
            return Verdict::Wait(left);
        }
        if let Some(left) = self.wait(self.quiet_since.load(Ordering::Relaxed), self.idle_time) {
            return Verdict::Wait(left.min(self.until_next_look()));
        }
        let retired = self.retired_at.load(Ordering::Relaxed);
        if retired == 0 {
            self.retired_at.store(self.now(), Ordering::Relaxed);
            return Verdict::Retire;
        }
        self.wait(retired, self.total_time).map_or(Verdict::Cut, Verdict::Wait)
    }

    /// What is left of `limit` since `since`, or `None` where nothing is.
    fn wait(&self, since: u64, limit: Duration) -> Option<Duration> {
        let passed = Duration::from_millis(self.now().saturating_sub(since));
        limit.checked_sub(passed).filter(|left| !left.is_zero())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// A request that is being answered.
pub(super) struct InFlight(Arc<Pulse>);

impl InFlight {
    /// Notes that the request is refused: the connection ends after its answer.
    pub(super) fn refuse(&self) {
        self.0.refused.store(true, Ordering::Relaxed);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let now = self.0.now();
        self.0.unsent.store(true, Ordering::Relaxed);
        self.0.quiet_since.store(now, Ordering::Relaxed);
        // The next head could not be read meanwhile: its time starts now.
        if self.0.head_since.load(Ordering::Relaxed) > 0 {
            self.0.head_since.store(now, Ordering::Relaxed);
        }
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(header_time: u64, idle_time: u64, total_time: u64) -> Arc<Pulse> {
        Arc::new(Pulse::new(&Limits {
            request_body: 1,
            header_bytes: 1,
            header_count: 1,
            header_time: Duration::from_secs(header_time),
            idle_time: Duration::from_secs(idle_time),
            total_time: Duration::from_secs(total_time),
            connections: 1,
            http2_streams: 1,
            tunnels: 1,
            tunnel_time: Duration::from_secs(1),
        }))
    }

    #[test]
    fn an_open_head_has_its_own_time_but_not_during_a_request() {
        let pulse = pulse(0, 60, 60);
        pulse.head_is_open(true);
        let request = Arc::clone(&pulse).request();
        assert!(matches!(pulse.verdict(), Verdict::Wait(_)));
        drop(request);
        assert_eq!(pulse.verdict(), Verdict::Cut);
        assert_eq!(pulse.expired_head(), Some(Duration::ZERO));
    }

    #[test]
    fn a_quiet_connection_is_retired_once_then_cut() {
        let pulse = pulse(60, 0, 0);
        assert_eq!(pulse.verdict(), Verdict::Retire);
        assert_eq!(pulse.verdict(), Verdict::Cut);
        assert_eq!(pulse.expired_head(), None);
    }

    #[test]
    fn a_client_that_does_not_read_is_cut() {
        let pulse = pulse(60, 60, 0);
        pulse.write_blocked();
        assert_eq!(pulse.verdict(), Verdict::Cut);
        pulse.write_flushed();
        assert!(matches!(pulse.verdict(), Verdict::Wait(_)));
    }

    #[test]
    fn answered_means_sent() {
        let pulse = pulse(60, 60, 60);
        assert!(pulse.is_answered());
        let request = Arc::clone(&pulse).request();
        pulse.write_flushed();
        assert!(!pulse.is_answered());
        drop(request);
        assert!(!pulse.is_answered());
        pulse.write_flushed();
        assert!(pulse.is_answered());
    }
}
