//! An entry's text replaced from outside a recording.

use super::error::{CassetteError, StoreError};
use super::path::entry_path;
use super::prune::{replace, synced};
use super::{Cassette, usage};
use crate::fingerprint::Fingerprint;
use crate::interaction::Entry;
use std::sync::PoisonError;

impl<P> Cassette<P> {
    /// Puts `entry` in place of what is recorded under `fp`: synced, then renamed. Its takes must come from cassettes with
    /// the same redaction rules. What is known of a run's use goes: it no longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, what is there is not all text, or the file cannot be
    /// written.
    pub fn put(&self, fp: &Fingerprint, entry: &Entry) -> Result<(), CassetteError> {
        let archive = &self.archive;
        let store = archive.store.as_ref().ok_or(StoreError::NotRecording)?;
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        if store.index().of(fp).is_some() {
            return Err(StoreError::NotSealed.into());
        }
        let path = entry_path(&archive.root, &entry.operation.folder(), fp)?;
        let is_new = !path.exists();
        usage::forget(&archive.root)?;
        replace(archive, fp, &path, entry)?;
        if is_new { synced(&archive.root) } else { Ok(()) }
    }
}
