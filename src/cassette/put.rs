//! Entries' texts replaced from outside a recording.

use super::archive::written;
use super::error::{CassetteError, StoreError};
use super::path::entry_path;
use super::proof::Judge;
use super::replace::{put_in_place, synced, write_temporary};
use super::{Cassette, format, usage};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::PoisonError;

/// Entries that may become text, all of them.
pub struct Judged<'e>(Vec<(PathBuf, &'e Fingerprint, &'e Entry)>);

impl<P> Cassette<P> {
    /// Judges `entries` as what is to stand in place of what is recorded under their fingerprints. Nothing is written.
    ///
    /// # Errors
    /// Where one of them holds a secret, does not answer its own requests or has no text, and where what is there is not all
    /// text.
    pub fn judge<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e Fingerprint, &'e Entry)>,
    ) -> Result<Judged<'e>, CassetteError> {
        let archive = &self.archive;
        let judge = Judge { warden: &*archive.warden, redaction: &archive.redaction };
        let mut judged = Vec::new();
        for (fp, entry) in entries {
            self.all_text(fp)?;
            let path = entry_path(&archive.root, &entry.operation.folder(), fp)?;
            let text = written(entry, &path)?;
            judge.prove(&path, fp, entry, &text)?;
            judged.push((path, fp, entry));
        }
        Ok(Judged(judged))
    }

    /// Puts what was judged in its place, each synced and renamed, and tells `step` of each; the folders are synced once, at
    /// the end. The takes must come from cassettes with the same redaction rules. What is known of a run's use goes: it no
    /// longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, or a file cannot be written. Those before it are there.
    pub fn put(&self, judged: &Judged<'_>, mut step: impl FnMut()) -> Result<(), CassetteError> {
        let archive = &self.archive;
        if archive.store.is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        usage::forget(&archive.root)?;
        format::upgrade(&archive.root)?;
        let mut changed = BTreeSet::from([archive.root.clone()]);
        for (path, fp, entry) in &judged.0 {
            step();
            self.all_text(fp)?;
            let temporary = write_temporary(&archive.root, fp, &written(entry, path)?)?;
            changed.insert(put_in_place(&temporary, path)?);
        }
        changed.iter().try_for_each(|folder| synced(folder))
    }

    pub(super) fn all_text(&self, fp: &Fingerprint) -> Result<(), StoreError> {
        let unsealed = self.archive.store.as_ref().is_some_and(|store| store.pending().entry(fp).is_some());
        if unsealed { Err(StoreError::NotSealed) } else { Ok(()) }
    }
}
