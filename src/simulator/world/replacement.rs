//! The background work that replaces one permission by another in all shares.

use serde::Serialize;

use crate::simulator::answer::Moment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum ReplacementStatus {
    InProgress,
    Completed,
}

impl ReplacementStatus {
    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::simulator) struct Replacement {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) owner: String,
    pub(in crate::simulator) id: String,
    pub(in crate::simulator) from_arn: String,
    pub(in crate::simulator) from_version: u32,
    pub(in crate::simulator) to_arn: String,
    pub(in crate::simulator) to_version: u32,
    pub(in crate::simulator) status: ReplacementStatus,
    pub(in crate::simulator) created: Moment,
    pub(in crate::simulator) updated: Moment,
    pub(in crate::simulator) reads_left: u32,
}

impl Replacement {
    /// A read sees this.
    pub(in crate::simulator) fn observe(&mut self) {
        if self.reads_left == 0 {
            self.status = ReplacementStatus::Completed;
        } else {
            self.reads_left -= 1;
        }
    }
}
