//! The takes of one request that differ.

use crate::diff::TakeChange;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;

/// A request whose takes differ. One of the entries is there.
pub(super) struct RequestDiff {
    pub(super) folder: String,
    pub(super) fingerprint: Fingerprint,
    pub(super) before: Option<Entry>,
    pub(super) after: Option<Entry>,
    pub(super) changes: Vec<TakeChange>,
}

/// What became of a request as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeKind {
    Added,
    Gone,
    Changed,
}

impl RequestDiff {
    pub(super) fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Gone,
            _ => ChangeKind::Changed,
        }
    }

    /// What was asked.
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

impl ChangeKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}
