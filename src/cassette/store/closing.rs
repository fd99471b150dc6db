//! Closing sled: it writes what it has not written yet, and may not come to an end with that.

use super::verify::{Trees, within};
use std::time::Duration;

/// The last to hold sled: what closes it when it is dropped, for no longer than the deadline.
pub(super) struct Closing {
    trees: Option<Trees>,
    deadline: Duration,
}

impl Closing {
    pub(super) fn new(trees: &Trees, deadline: Duration) -> Self {
        Self { trees: Some(trees.clone()), deadline }
    }

    /// Leaves it open: closing would hang. The process' end closes it.
    pub(super) fn leave_open(&mut self) {
        std::mem::forget(self.trees.take());
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(trees) = self.trees.take() {
            // A thread that hangs is left behind.
            let _ = within(self.deadline, move || drop(trees));
        }
    }
}
