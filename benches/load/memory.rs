//! The memory of a server, looked at again and again while it works.

use crate::shared::child::Server;
use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What a server held from time to time, in MiB; empty where the system does not tell it.
pub(crate) struct Memory(Vec<f64>);

impl Memory {
    /// Looks every `pause` while `work` is done.
    pub(crate) fn watch<T: Send>(server: &Server, pause: Duration, work: impl FnOnce() -> T + Send) -> (Self, T) {
        let (done, on_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let watching = scope.spawn(move || {
                let mut seen = Vec::new();
                loop {
                    seen.extend(server.memory());
                    if on_done.recv_timeout(pause) != Err(mpsc::RecvTimeoutError::Timeout) {
                        return Self(seen);
                    }
                }
            });
            let result = work();
            drop(done);
            (watching.join().unwrap(), result)
        })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seen) = self;
        let at = |share: usize| seen.get((seen.len().saturating_sub(1)) * share / 100).copied().unwrap_or(f64::NAN);
        write!(f, "{:.1} at the start", at(0))?;
        for share in [10, 25, 50, 75, 100] {
            write!(f, ", {:.1} at {share}%", at(share))?;
        }
        Ok(())
    }
}
