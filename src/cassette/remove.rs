//! Takes taken out of the text from outside a recording.

use super::archive::{Archive, checked, written};
use super::error::{CassetteError, StoreError};
use super::path::{entry_path, read_file};
use super::relink::Links;
use super::replace::{put_in_place, synced, write_temporary};
use super::{Cassette, failpoint, usage};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
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
    /// folder goes with its last file, and a session's variables with its last take. The folders are synced once, at the end.
    /// What was recorded after a write that goes is linked to what came before that. What is known of a run's use goes first:
    /// it no longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, an entry is not all text, or a file cannot be read or
    /// written. Those before it are done.
    pub fn remove(&self, surplus: &[Surplus], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        let archive = &self.archive;
        if archive.store.is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        usage::forget(&archive.root)?;
        let (links, sessions) = self.links_without(surplus)?;
        // Before the writes go: at no moment does a link lead nowhere.
        let mut changed = if links.change_nothing() { BTreeSet::new() } else { self.archive.relink(&links)? };
        for entry in surplus {
            step(surplus.len());
            changed.extend(self.remove_takes(entry)?);
        }
        archive.sync_changed(&changed)?;
        self.drop_idle_variables(&sessions)
    }

    /// The writes of the entries that change, and which of them go; and the sessions of all takes that go.
    fn links_without(&self, surplus: &[Surplus]) -> Result<(Links, BTreeSet<String>), CassetteError> {
        let (mut links, mut sessions) = (Links::default(), BTreeSet::new());
        for Surplus { folder, fingerprint, unused, .. } in surplus {
            let entry = self.archive.text(folder, fingerprint)?;
            for (at, take) in entry.iter().flat_map(|entry| entry.takes.iter().enumerate()) {
                links.note(take, unused.contains(&at));
                sessions.extend(unused.contains(&at).then(|| take.session.clone().unwrap_or_default()));
            }
        }
        Ok((links, sessions))
    }

    /// Takes out what goes of an entry; gives the folder that this changed.
    fn remove_takes(&self, surplus: &Surplus) -> Result<Option<PathBuf>, CassetteError> {
        let (archive, fp) = (&self.archive, &surplus.fingerprint);
        self.all_text(fp)?;
        let Some(entry) = archive.read_entry(&surplus.folder, fp)? else { return Ok(None) };
        let entry = without_takes(entry, &surplus.unused);
        archive.rewrite(&surplus.folder, fp, &entry).map(Some)
    }
}

/// `entry` without the takes in the places `going`.
pub(super) fn without_takes(mut entry: Entry, going: &BTreeSet<usize>) -> Entry {
    let mut at = 0..;
    entry.takes.retain(|_| at.next().is_none_or(|at: usize| !going.contains(&at)));
    entry
}

impl Archive {
    /// Makes last what was changed in `folders`. One that nothing is left in goes.
    pub(super) fn sync_changed(&self, folders: &BTreeSet<PathBuf>) -> Result<(), CassetteError> {
        // It stays where other files are in it.
        folders.iter().try_for_each(|folder| synced(if fs::remove_dir(folder).is_ok() { &self.root } else { folder }))
    }

    /// The entry as its file has it now; `None` where there is no file.
    pub(super) fn read_entry(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        let Some((bytes, _)) = read_file(&self.root, &path)? else { return Ok(None) };
        checked(&bytes, &path, folder, fp).map(Some)
    }

    /// Links the takes of all files past what goes; gives the folders that this changed.
    pub(super) fn relink(&self, links: &Links) -> Result<BTreeSet<PathBuf>, CassetteError> {
        let mut changed = BTreeSet::new();
        for (folder, fp) in self.names()? {
            if let Some(mut entry) = self.read_entry(&folder, &fp)?
                && links.relink_all(&mut entry)
            {
                changed.insert(self.rewrite(&folder, &fp, &entry)?);
            }
        }
        Ok(changed)
    }

    /// Puts `entry` in the place of its file, or removes that where it has no takes; gives the folder that this changed.
    pub(super) fn rewrite(&self, folder: &str, fp: &Fingerprint, entry: &Entry) -> Result<PathBuf, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        if !entry.takes.is_empty() {
            return put_in_place(&write_temporary(&self.root, fp, &written(entry, &path)?)?, &path);
        }
        fs::remove_file(&path).map_err(|source| CassetteError::Write { path: path.clone(), source })?;
        failpoint::point("after-rename");
        Ok(path.parent().unwrap_or(&self.root).to_owned())
    }
}
