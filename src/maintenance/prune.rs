//! Taking out of a cassette what a full run never used.

use super::edit::{EditError, Editing};
use super::remove::Removal;
use crate::cassette::CassetteError;
use crate::cassette::path::{Identity, entry_path};
use crate::cassette::take_links::{source_of, values};
use crate::cassette::usage::{self, Usage};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

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

    /// What that run never used. A write that it did not use stays, where something that it used holds its value.
    ///
    /// # Errors
    /// Where the text cannot be read, or has changed since the run.
    pub fn removals(&self) -> Result<Vec<Removal>, PruneError> {
        Ok(self.surplus_telling(&mut |_| ())?.0)
    }

    /// As [`Self::removals`], with the number of all takes; `step` is called before each file is read, with the number of all.
    ///
    /// # Errors
    /// As there.
    pub fn surplus_telling(&self, step: &mut dyn FnMut(usize)) -> Result<(Vec<Removal>, usize), PruneError> {
        let (mut found, mut takes) = (Vec::new(), 0);
        let cassette = self.editing.cassette();
        let names = cassette.fingerprints()?;
        let all = names.len();
        for (folder, fingerprint) in names {
            step(all);
            let path = entry_path(&cassette.storage.root, &folder, &fingerprint)?;
            let changed = || PruneError::Changed { path: path.clone(), by: self.usage.by.clone() };
            if Identity::at(&path)?.is_none_or(|identity| identity.is_since(self.usage.began)) {
                return Err(changed());
            }
            let Some(entry) = cassette.entry(&folder, &fingerprint)? else { return Err(changed()) };
            let used = self.usage.entries.get(&(folder.clone(), fingerprint)).cloned().unwrap_or_default();
            if !used.used.is_empty() && used.takes != entry.takes.len() {
                return Err(changed());
            }
            takes += entry.takes.len();
            let unused = (0..entry.takes.len()).filter(|at| !used.used.contains(at)).collect();
            found.push((folder, fingerprint, entry, unused));
        }
        keep_linked(&mut found);
        let removals = found.into_iter().map(|(folder, fingerprint, entry, unused)| Removal {
            folder,
            fingerprint,
            operation: entry.operation.as_str().to_owned(),
            unused,
            takes: entry.takes.len(),
        });
        Ok((removals.filter(|removals| !removals.unused.is_empty()).collect(), takes))
    }

    /// Takes `removals` out of the text, as [`Cassette::remove`](crate::cassette::Cassette::remove) does. Nobody prunes by the same run
    /// again.
    ///
    /// # Errors
    /// As there.
    pub fn remove(&self, removals: &[Removal], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        self.editing.cassette().remove(removals, step)
    }
}

/// An entry, and which of its takes are to go.
type PrunedEntry = (String, Fingerprint, Entry, BTreeSet<usize>);

/// Spares what gave something that stays a value of its request.
fn keep_linked(found: &mut [PrunedEntry]) {
    loop {
        let mut needed = HashSet::new();
        let mut there = HashSet::new();
        for (folder, fingerprint, entry, unused) in found.iter() {
            for (_, take) in entry.takes.iter().enumerate().filter(|(at, _)| !unused.contains(at)) {
                needed.extend(values(&entry.request, take));
                there.insert(source_of(folder, fingerprint, take));
            }
        }
        let mut spared = false;
        for (folder, fingerprint, entry, unused) in found.iter_mut() {
            unused.retain(|at| {
                let of = entry.takes.get(*at).map(|take| source_of(folder, fingerprint, take));
                let spare = of.is_some_and(|id| needed.contains(&id) && !there.contains(&id));
                spared |= spare;
                !spare
            });
        }
        if !spared {
            return;
        }
    }
}
