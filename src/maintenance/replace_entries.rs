//! Entries' texts replaced from outside a recording.

use crate::cassette::checks::validator::Validator;
use crate::cassette::entry_text::written;
use crate::cassette::path::entry_path;
use crate::cassette::staged_file::{put_in_place, synced, write_temporary};
use crate::cassette::{Cassette, format, usage};
use crate::cassette::{CassetteError, StoreError};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Entries that may become text, all of them.
pub struct CheckedEntries<'e>(Vec<(PathBuf, &'e Fingerprint, &'e Entry)>);

impl<P> Cassette<P> {
    /// Judges `entries` as what is to stand in place of what is recorded under their fingerprints. Nothing is written.
    ///
    /// # Errors
    /// Where one of them holds a secret, does not answer its own requests or has no text, and where what is there is not all
    /// text.
    pub fn check_entries<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e Fingerprint, &'e Entry)>,
    ) -> Result<CheckedEntries<'e>, CassetteError> {
        let storage = &self.storage;
        let validator = Validator { policy: &*storage.policy, redaction: &storage.redaction };
        let mut checked = Vec::new();
        for (fp, entry) in entries {
            self.all_text(fp)?;
            let path = entry_path(&storage.root, &entry.operation.folder(), fp)?;
            let text = written(entry, &path)?;
            validator.prove(&path, fp, entry, &text)?;
            checked.push((path, fp, entry));
        }
        Ok(CheckedEntries(checked))
    }

    /// Puts what was checked in its place, each synced and renamed, and tells `step` of each; the folders are synced once, at
    /// the end. The takes must come from cassettes with the same redaction rules. What is known of a run's use goes: it no
    /// longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, or a file cannot be written. Those before it are there.
    pub fn put(&self, checked: &CheckedEntries<'_>, mut step: impl FnMut()) -> Result<(), CassetteError> {
        let storage = &self.storage;
        if storage.store().is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let _alone = storage.sealing.lock();
        usage::forget(&storage.root)?;
        let folders: Vec<String> = checked.0.iter().map(|(_, _, entry)| entry.operation.folder()).collect();
        format::make_readable(&storage.root, folders.iter().map(String::as_str))?;
        let mut changed = BTreeSet::from([storage.root.clone()]);
        for (path, fp, entry) in &checked.0 {
            step();
            self.all_text(fp)?;
            let temporary = write_temporary(&storage.root, fp, &written(entry, path)?)?;
            changed.insert(put_in_place(&temporary, path)?);
        }
        changed.iter().try_for_each(|folder| synced(folder))
    }

    pub(super) fn all_text(&self, fp: &Fingerprint) -> Result<(), StoreError> {
        let pending = self.storage.store().is_some_and(|store| store.pending().entry(fp).is_some());
        if pending { Err(StoreError::NotSealed) } else { Ok(()) }
    }
}
