//! Signals that this process receives.

use crate::ui::CommandError;
use rustix::process::Signal;
use std::future::poll_fn;
use std::task::Poll;
use tokio::signal::unix::{self, SignalKind};

/// Signals that ramtape handles itself, in place of what the system would do.
pub(in crate::command) struct Signals(Vec<(Signal, unix::Signal)>);

impl Signals {
    /// From now on, `wanted` reach this process as values. Those that it was started to ignore (under `nohup`, or in the
    /// background of a script) stay ignored: a handler would make CMD, which inherits the rest, die of them.
    pub(in crate::command) fn listen(wanted: &[Signal]) -> Result<Self, CommandError> {
        let ignored = std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored_in(&status));
        wanted
            .iter()
            .filter(|signal| ignored >> (signal.as_raw() - 1) & 1 == 0)
            .map(|signal| Ok((*signal, unix::signal(SignalKind::from_raw(signal.as_raw()))?)))
            .collect::<std::io::Result<_>>()
            .map(Self)
            .map_err(|source| CommandError::Signals { source })
    }

    /// The next one.
    pub(in crate::command) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, stream) in &mut self.0 {
                if stream.poll_recv(context).is_ready() {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The set of ignored signals that Linux tells of a process; elsewhere none is known.
fn ignored_in(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn ignored_signals_are_a_set_of_bits() {
        let status = "Name:\tx\nSigIgn:\t0000000000001006\nSigCgt:\t0\n";
        assert_eq!(super::ignored_in(status), 0x1006);
        assert_eq!(super::ignored_in("Name:\tx\n"), 0);
    }
}
