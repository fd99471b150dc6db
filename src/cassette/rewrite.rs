//! Entries' files rewritten beside a recording: takes that go, links that change.

use super::entry_text::{checked, written};
use super::error::CassetteError;
use super::failpoint;
use super::path::{entry_path, read_file};
use super::relink::RelinkPlan;
use super::staged_file::{put_in_place, synced, write_temporary};
use super::storage::Storage;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// `entry` without the takes in the places `going`.
pub(crate) fn without_takes(mut entry: Entry, going: &BTreeSet<usize>) -> Entry {
    let mut at = 0..;
    entry.takes.retain(|_| at.next().is_none_or(|at: usize| !going.contains(&at)));
    entry
}

impl Storage {
    /// Makes last what was changed in `folders`. One that nothing is left in goes.
    pub(crate) fn sync_changed(&self, folders: &BTreeSet<PathBuf>) -> Result<(), CassetteError> {
        // It stays where other files are in it.
        folders.iter().try_for_each(|folder| synced(if fs::remove_dir(folder).is_ok() { &self.root } else { folder }))
    }

    /// The entry as its file has it now; `None` where there is no file.
    pub(crate) fn read_entry(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        let Some((bytes, _)) = read_file(&self.root, &path)? else { return Ok(None) };
        checked(&bytes, &path, folder, fp).map(Some)
    }

    /// Links the takes of all files past what goes; gives the folders that this changed.
    pub(crate) fn relink(&self, links: &RelinkPlan) -> Result<BTreeSet<PathBuf>, CassetteError> {
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
    pub(crate) fn rewrite(&self, folder: &str, fp: &Fingerprint, entry: &Entry) -> Result<PathBuf, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        if !entry.takes.is_empty() {
            return put_in_place(&write_temporary(&self.root, fp, &written(entry, &path)?)?, &path);
        }
        fs::remove_file(&path).map_err(|source| CassetteError::Write { path: path.clone(), source })?;
        failpoint::point("after-rename");
        Ok(path.parent().unwrap_or(&self.root).to_owned())
    }
}
