//! Taking out of a cassette what a full run never used.

use super::archive::{Archive, checked};
use super::edit::{EditError, Editing};
use super::error::{CassetteError, StoreError};
use super::fault;
use super::links::links;
use super::path::{Identity, entry_path, read_file};
use super::replace::{put_in_place, synced, write_temporary};
use super::usage::{self, Usage};
use super::{Cassette, text};
use crate::fingerprint::Fingerprint;
use crate::interaction::Entry;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Why nothing can be pruned.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The cassette cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It is not known what is used.
    #[error(
        "no complete replay of the cassette {} is known: run everything that uses it once, as in \
         `ramtape run --record-mode none -- <your command>`, without a miss",
        root.display()
    )]
    NoRun {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// The text is newer than what is known of its use.
    #[error("{} has changed since the latest complete replay (of `{by}`): replay everything once more", path.display())]
    Changed {
        /// A file that changed.
        path: PathBuf,
        /// The command that ran.
        by: String,
    },
    /// The cassette cannot be read.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
}

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

/// A cassette, kept from others, and what its latest complete replay used.
pub struct Pruning {
    editing: Editing,
    usage: Usage,
}

impl Pruning {
    /// Opens the cassette in `root`, if what its latest complete replay used is known and still so.
    ///
    /// # Errors
    /// Where it is not; nothing was changed then.
    pub fn open(root: &Path) -> Result<Self, PruneError> {
        let editing = Editing::open(root)?;
        let usage = usage::latest(root)?.ok_or_else(|| PruneError::NoRun { root: root.to_owned() })?;
        Ok(Self { editing, usage })
    }

    /// The command whose run it goes by.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.usage.by
    }

    /// What that run never used. A write that it did not use stays, where something that it used was recorded after it or
    /// holds its value: the history of what is left must stay what it was.
    ///
    /// # Errors
    /// Where the text cannot be read, or has changed since the run.
    pub fn surplus(&self) -> Result<Vec<Surplus>, PruneError> {
        self.surplus_telling(&mut |_| ())
    }

    /// As [`Self::surplus`]; `step` is called before each file is read, with the number of all.
    ///
    /// # Errors
    /// As there.
    pub fn surplus_telling(&self, step: &mut dyn FnMut(usize)) -> Result<Vec<Surplus>, PruneError> {
        let mut found = Vec::new();
        let cassette = self.editing.cassette();
        let names = cassette.fingerprints()?;
        let all = names.len();
        for (folder, fingerprint) in names {
            step(all);
            let path = entry_path(&cassette.archive.root, &folder, &fingerprint)?;
            let changed = || PruneError::Changed { path: path.clone(), by: self.usage.by.clone() };
            if Identity::at(&path)?.is_none_or(|identity| identity.is_since(self.usage.began)) {
                return Err(changed());
            }
            let Some(entry) = cassette.entry(&folder, &fingerprint)? else { return Err(changed()) };
            let used = self.usage.entries.get(&(folder.clone(), fingerprint)).cloned().unwrap_or_default();
            if !used.used.is_empty() && used.takes != entry.takes.len() {
                return Err(changed());
            }
            let unused = (0..entry.takes.len()).filter(|at| !used.used.contains(at)).collect();
            found.push((folder, fingerprint, entry, unused));
        }
        keep_linked(&mut found);
        let surplus = found.into_iter().map(|(folder, fingerprint, entry, unused)| Surplus {
            folder,
            fingerprint,
            operation: entry.operation.as_str().to_owned(),
            unused,
            takes: entry.takes.len(),
        });
        Ok(surplus.filter(|surplus| !surplus.unused.is_empty()).collect())
    }

    /// Takes `surplus` out of the text, each file replaced whole or removed. What is known of the run's use goes first:
    /// whatever happens on the way, nobody prunes by it again.
    ///
    /// # Errors
    /// Where a file cannot be written; those before it are done.
    pub fn remove(&self, surplus: &[Surplus]) -> Result<(), CassetteError> {
        surplus.iter().try_for_each(|entry| self.editing.remove(&entry.folder, &entry.fingerprint, &entry.unused))
    }
}

impl<P> Cassette<P> {
    /// Removes takes from an entry's text, by their place in it; with the last take the file goes, with the last file its
    /// folder. The text is replaced as sealing does: synced, then renamed.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, the entry is not all text, or a file cannot be written.
    pub fn remove_takes(&self, folder: &str, fp: &Fingerprint, takes: &BTreeSet<usize>) -> Result<(), CassetteError> {
        let archive = &self.archive;
        let store = archive.store.as_ref().ok_or(StoreError::NotRecording)?;
        let _alone = archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        if store.index().of(fp).is_some() {
            return Err(StoreError::NotSealed.into());
        }
        let path = entry_path(&archive.root, folder, fp)?;
        let Some((bytes, _)) = read_file(&archive.root, &path)? else { return Ok(()) };
        let mut entry = checked(&bytes, &path, folder, fp)?;
        let mut at = 0..;
        entry.takes.retain(|_| at.next().is_none_or(|at: usize| !takes.contains(&at)));
        if entry.takes.is_empty() { remove_file(archive, &path) } else { replace(archive, fp, &path, &entry) }
    }
}

fn replace(archive: &Archive, fp: &Fingerprint, path: &Path, entry: &Entry) -> Result<(), CassetteError> {
    let text = text::write(entry).map_err(|source| CassetteError::Unwritable { path: path.to_owned(), source })?;
    let temporary = write_temporary(&archive.root, fp, &text)?;
    synced(&put_in_place(&temporary, path)?)
}

fn remove_file(archive: &Archive, path: &Path) -> Result<(), CassetteError> {
    fs::remove_file(path).map_err(|source| CassetteError::Write { path: path.to_owned(), source })?;
    fault::point("after-removal");
    let folder = path.parent().unwrap_or(path);
    synced(folder)?;
    // It stays where other files are in it.
    if fs::remove_dir(folder).is_ok() { synced(&archive.root) } else { Ok(()) }
}

/// An entry, and which of its takes are to go.
type Judged = (String, Fingerprint, Entry, BTreeSet<usize>);

/// Spares the writes that something that stays leads back to.
fn keep_linked(found: &mut [Judged]) {
    loop {
        let mut needed = HashSet::new();
        let mut there = HashSet::new();
        for (_, _, entry, unused) in found.iter() {
            for (_, take) in entry.takes.iter().enumerate().filter(|(at, _)| !unused.contains(at)) {
                needed.extend(links(&entry.request, take));
                there.extend(take.id.clone());
            }
        }
        let mut spared = false;
        for (_, _, entry, unused) in found.iter_mut() {
            unused.retain(|at| {
                let id = entry.takes.get(*at).and_then(|take| take.id.as_ref());
                let spare = id.is_some_and(|id| needed.contains(id) && !there.contains(id));
                spared |= spare;
                !spare
            });
        }
        if !spared {
            return;
        }
    }
}
