//! Entries' texts replaced from outside a recording.

use super::error::{CassetteError, StoreError};
use super::path::entry_path;
use super::prune::synced;
use super::seal::{put_in_place, write_temporary};
use super::{Cassette, fault, text, usage};
use crate::fingerprint::Fingerprint;
use crate::interaction::Entry;
use std::collections::BTreeSet;
use std::sync::PoisonError;

impl<P> Cassette<P> {
    /// Puts `entries` in place of what is recorded under their fingerprints, each synced and renamed; the folders are synced
    /// once, at the end. The takes must come from cassettes with the same redaction rules. What is known of a run's use
    /// goes: it no longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, what is there is not all text, or a file cannot be written.
    /// Those before it are there.
    pub fn put<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e Fingerprint, &'e Entry)>,
    ) -> Result<(), CassetteError> {
        let archive = &self.archive;
        let store = archive.store.as_ref().ok_or(StoreError::NotRecording)?;
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        usage::forget(&archive.root)?;
        let mut changed = BTreeSet::from([archive.root.clone()]);
        for (fp, entry) in entries {
            if store.index().of(fp).is_some() {
                return Err(StoreError::NotSealed.into());
            }
            let path = entry_path(&archive.root, &entry.operation.folder(), fp)?;
            let text = text::write(entry).map_err(|source| CassetteError::Unwritable { path: path.clone(), source })?;
            let temporary = write_temporary(&archive.root, fp, &text)?;
            changed.extend(put_in_place(&temporary, &path)?);
            fault::point("after-rename");
        }
        changed.iter().try_for_each(|folder| synced(folder))
    }
}
