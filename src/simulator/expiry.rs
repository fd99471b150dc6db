//! The clock by which tokens and invitations expire: real time since the start, and what a test adds to it.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct ExpiryClock {
    started: Instant,
    advanced: Duration,
}

impl ExpiryClock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), advanced: Duration::ZERO }
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.advanced += by;
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed() + self.advanced
    }
}
