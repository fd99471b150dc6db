//! Takes taken out of the text from outside a recording.

use super::archive::{checked, written};
use super::error::{CassetteError, StoreError};
use super::path::{entry_path, read_file};
use super::replace::{put_in_place, synced, write_temporary};
use super::{Cassette, fault, usage};
use crate::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::PoisonError;

/// What can be taken out of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surplus {
    /// The operation's folder.
    pub folder: String,
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// The operation, for people.
    pub operation: String,
    /// The takes that were never used, by their place in the text.
    pub unused: BTreeSet<usize>,
    /// How many takes there are.
    pub takes: usize,
}

impl Surplus {
    /// Whether nothing of the entry is left without them.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unused.len() == self.takes
    }
}

impl<P> Cassette<P> {
    /// Takes `surplus` out of the text, each file replaced whole or removed, and tells `step` before each of how many; a
    /// folder goes with its last file. The folders are synced once, at the end. What is known of a run's use goes first: it
    /// no longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, an entry is not all text, or a file cannot be written. Those
    /// before it are done.
    pub fn remove(&self, surplus: &[Surplus], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        let archive = &self.archive;
        if archive.store.is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        usage::forget(&archive.root)?;
        let mut changed = BTreeSet::new();
        for entry in surplus {
            step(surplus.len());
            changed.extend(self.remove_takes(entry)?);
        }
        for folder in &changed {
            // It stays where other files are in it.
            synced(if fs::remove_dir(folder).is_ok() { &archive.root } else { folder })?;
        }
        Ok(())
    }

    /// The folder that this changed.
    fn remove_takes(&self, surplus: &Surplus) -> Result<Option<PathBuf>, CassetteError> {
        let (archive, fp) = (&self.archive, &surplus.fingerprint);
        self.all_text(fp)?;
        let path = entry_path(&archive.root, &surplus.folder, fp)?;
        let Some((bytes, _)) = read_file(&archive.root, &path)? else { return Ok(None) };
        let mut entry = checked(&bytes, &path, &surplus.folder, fp)?;
        let mut at = 0..;
        entry.takes.retain(|_| at.next().is_none_or(|at: usize| !surplus.unused.contains(&at)));
        if entry.takes.is_empty() {
            fs::remove_file(&path).map_err(|source| CassetteError::Write { path: path.clone(), source })?;
            fault::point("after-removal");
            return Ok(path.parent().map(Into::into));
        }
        let temporary = write_temporary(&archive.root, fp, &written(&entry, &path)?)?;
        put_in_place(&temporary, &path).map(Some)
    }
}
