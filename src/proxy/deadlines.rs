//! The deadlines of one connection: for heads, idle time, and clients that do not read.
//!
//! One timer per connection checks them now and then; requests only store numbers.

use super::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What one connection is doing and since when. Shared by its socket, its requests and its timer. Times are milliseconds, 0 meaning
/// never.
#[derive(Debug)]
pub(super) struct Deadlines {
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
    drained_at: AtomicU64,
    head_expired: AtomicBool,
    refused: AtomicBool,
}

/// What to do with a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DeadlineAction {
    /// Look again after this time.
    Wait(Duration),
    /// It is idle: shut it down gracefully.
    Drain,
    /// A deadline has passed.
    Close,
}

impl Deadlines {
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
            drained_at: AtomicU64::new(0),
            head_expired: AtomicBool::new(false),
            refused: AtomicBool::new(false),
        }
    }

    /// Notes the start of a request; the guard notes its end.
    pub(super) fn begin_request(self: Arc<Self>) -> OpenRequest {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        OpenRequest(self)
    }

    /// Notes whether a head is incomplete after what was just read.
    pub(super) fn note_head(&self, open: bool) {
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
    pub(super) fn expired_head_limit(&self) -> Option<Duration> {
        self.head_expired.load(Ordering::Relaxed).then_some(self.header_time)
    }

    /// How long a look at the connection is good for: what begins right after it can't be late earlier.
    pub(super) fn check_interval(&self) -> Duration {
        self.header_time.min(self.idle_time).min(self.total_time)
    }

    /// What to do now.
    pub(super) fn next_action(&self) -> DeadlineAction {
        let blocked = self.blocked_since.load(Ordering::Relaxed);
        if blocked > 0 {
            return self.time_left(blocked, self.total_time).map_or(DeadlineAction::Close, DeadlineAction::Wait);
        }
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            // The request has a time limit of its own.
            return DeadlineAction::Wait(self.check_interval());
        }
        let head = self.head_since.load(Ordering::Relaxed);
        if head > 0 {
            let Some(left) = self.time_left(head, self.header_time) else {
                self.head_expired.store(true, Ordering::Relaxed);
                return DeadlineAction::Close;
            };
            return DeadlineAction::Wait(left);
        }
        if let Some(left) = self.time_left(self.quiet_since.load(Ordering::Relaxed), self.idle_time) {
            return DeadlineAction::Wait(left.min(self.check_interval()));
        }
        let retired = self.drained_at.load(Ordering::Relaxed);
        if retired == 0 {
            self.drained_at.store(self.now(), Ordering::Relaxed);
            return DeadlineAction::Drain;
        }
        self.time_left(retired, self.total_time).map_or(DeadlineAction::Close, DeadlineAction::Wait)
    }

    /// What is left of `limit` since `since`, or `None` where nothing is.
    fn time_left(&self, since: u64, limit: Duration) -> Option<Duration> {
        let passed = Duration::from_millis(self.now().saturating_sub(since));
        limit.checked_sub(passed).filter(|left| !left.is_zero())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// A request that is being answered.
pub(super) struct OpenRequest(Arc<Deadlines>);

impl OpenRequest {
    /// Notes that the request is refused: the connection ends after its answer.
    pub(super) fn refuse(&self) {
        self.0.refused.store(true, Ordering::Relaxed);
    }
}

impl Drop for OpenRequest {
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

    fn deadlines(header_time: u64, idle_time: u64, total_time: u64) -> Arc<Deadlines> {
        Arc::new(Deadlines::new(&Limits {
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
        let deadlines = deadlines(0, 60, 60);
        deadlines.note_head(true);
        let request = Arc::clone(&deadlines).begin_request();
        assert!(matches!(deadlines.next_action(), DeadlineAction::Wait(_)));
        drop(request);
        assert_eq!(deadlines.next_action(), DeadlineAction::Close);
        assert_eq!(deadlines.expired_head_limit(), Some(Duration::ZERO));
    }

    #[test]
    fn a_quiet_connection_is_retired_once_then_cut() {
        let deadlines = deadlines(60, 0, 0);
        assert_eq!(deadlines.next_action(), DeadlineAction::Drain);
        assert_eq!(deadlines.next_action(), DeadlineAction::Close);
        assert_eq!(deadlines.expired_head_limit(), None);
    }

    #[test]
    fn a_client_that_does_not_read_is_cut() {
        let deadlines = deadlines(60, 60, 0);
        deadlines.write_blocked();
        assert_eq!(deadlines.next_action(), DeadlineAction::Close);
        deadlines.write_flushed();
        assert!(matches!(deadlines.next_action(), DeadlineAction::Wait(_)));
    }

    #[test]
    fn answered_means_sent() {
        let deadlines = deadlines(60, 60, 60);
        assert!(deadlines.is_answered());
        let request = Arc::clone(&deadlines).begin_request();
        deadlines.write_flushed();
        assert!(!deadlines.is_answered());
        drop(request);
        assert!(!deadlines.is_answered());
        deadlines.write_flushed();
        assert!(deadlines.is_answered());
    }
}
