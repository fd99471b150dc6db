//! An entry that gets takes of other cassettes.

use crate::fingerprint::Fingerprint;
use crate::model::Entry;

/// An entry that is not what it was.
pub(in crate::command) struct EntryChange {
    pub(super) fingerprint: Fingerprint,
    pub(super) entry: Entry,
    /// How many takes it had.
    pub(super) before: usize,
}

impl EntryChange {
    pub(super) fn added(&self) -> usize {
        self.entry.takes.len().saturating_sub(self.before)
    }
}
