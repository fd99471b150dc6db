//! What a cassette stands on while it is recorded: its folder, and the files that make it a cassette. Others can take them
//! away meanwhile: a test that cleans up, a checkout of another branch.

use super::error::CassetteError;
use super::path::{Identity, entry_path, is_same, read_file, write_new};
use super::{KEY_FILE, VARIABLES_FILE, format};
use crate::entry_file;
use crate::fingerprint::Fingerprint;
use crate::redact::RedactionSpec;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The files that make a folder a cassette. The last of them says that it is one.
const FILES: [&str; 5] = [".gitattributes", ".gitignore", KEY_FILE, VARIABLES_FILE, format::NAME];

/// What was there when the recording began, and what it has put there.
pub(crate) struct CassetteGuard {
    root: PathBuf,
    /// Held open: no other folder gets its number.
    folder: File,
    files: Mutex<BTreeMap<&'static str, Vec<u8>>>,
    placed: Mutex<BTreeMap<(String, Fingerprint), WrittenFile>>,
}

/// A text that became a file.
struct WrittenFile {
    identity: Option<Identity>,
    /// How many takes are in it.
    takes: usize,
    /// How many recorded answers went into it.
    answers: u64,
}

/// What was recorded, became text and is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// How many answers.
    pub answers: u64,
    /// What became of them and what to do, for people.
    pub reason: String,
}

impl CassetteGuard {
    /// Those of the cassette in `root`.
    ///
    /// # Errors
    /// Where its folder cannot be read.
    pub(crate) fn new(root: &Path) -> Result<Self, CassetteError> {
        let folder = File::open(root).map_err(|source| CassetteError::Read { path: root.to_owned(), source })?;
        let guard = Self { root: root.to_owned(), folder, files: Mutex::default(), placed: Mutex::default() };
        guard.remember(&mut guard.files());
        Ok(guard)
    }

    /// Whether the folder is where it was, and no other in its place.
    pub(crate) fn stand(&self) -> bool {
        is_same(&self.root, &self.folder)
    }

    /// Remembers the files as they are now: what this recording has put there is its own.
    pub(crate) fn note_files(&self) {
        self.remember(&mut self.files());
    }

    fn remember(&self, files: &mut BTreeMap<&'static str, Vec<u8>>) {
        files.extend(FILES.into_iter().filter_map(|name| Some((name, fs::read(self.root.join(name)).ok()?))));
    }

    /// Checks that texts recorded under the rules `spec` may be put into the folder. Where it is no cassette any more, it
    /// becomes what it was.
    ///
    /// # Errors
    /// Where the folder is gone, or a cassette with other rules.
    pub(crate) fn restore(&self, spec: &RedactionSpec) -> Result<(), CassetteError> {
        let root = || self.root.clone();
        if !self.stand() {
            return Err(CassetteError::Gone { root: root() });
        }
        let Some(found) = format::check(&self.root, true)? else {
            let files = self.files();
            let there = FILES.into_iter().filter_map(|name| Some((name, files.get(name)?)));
            for (name, bytes) in there {
                let text = String::from_utf8_lossy(bytes);
                write_new(&self.root.join(name), &text)
                    .map_err(|(path, source)| CassetteError::Write { path, source })?;
            }
            return Ok(());
        };
        let is_other_key = matches!((&found.key_check, &spec.key_check), (Some(one), Some(other)) if one != other);
        if is_other_key || (found.accounts, &found.rules) != (spec.accounts, &spec.rules) {
            let reason = "its cassette.json was replaced during the recording and has other redaction rules: restore \
                          the file that it had";
            return Err(CassetteError::Redaction { root: root(), source: reason.into() });
        }
        Ok(())
    }

    /// Notes what became a file: how many takes are in it, and how many answers went into it.
    pub(crate) fn note_placed(&self, name: &(String, Fingerprint), takes: usize, answers: u64) {
        let path = entry_path(&self.root, &name.0, &name.1);
        let identity = path.and_then(|path| Identity::at(&path)).ok().flatten();
        let mut placed = self.placed();
        let before = placed.get(name).map_or(0, |placed| placed.answers);
        placed.insert(name.clone(), WrittenFile { identity, takes, answers: before + answers });
    }

    /// Forgets what became files so far: that was no part of this recording.
    pub(crate) fn forget_placed(&self) {
        self.placed().clear();
    }

    /// What of the recording was put into files and is there no more; with the folder, `pending` answers are gone too.
    pub(crate) fn lost(&self, pending: u64) -> Vec<Lost> {
        let placed = self.placed();
        if !self.stand() {
            let answers = pending + placed.values().map(|placed| placed.answers).sum::<u64>();
            let gone = CassetteError::Gone { root: self.root.clone() };
            return Vec::from_iter((answers > 0).then(|| Lost { answers, reason: gone.to_string() }));
        }
        let lost = placed.iter().filter_map(|((folder, fp), placed)| {
            let path = entry_path(&self.root, folder, fp).ok()?;
            let what = match Identity::at(&path) {
                Ok(None) => "deleted",
                Ok(identity) if identity == placed.identity || self.takes_in(&path) >= placed.takes => return None,
                _ => "exchanged",
            };
            let reason = format!("{} was {what} after it was recorded: record it again", path.display());
            Some(Lost { answers: placed.answers, reason })
        });
        lost.collect()
    }

    fn takes_in(&self, path: &Path) -> usize {
        let read = read_file(&self.root, path).ok().flatten();
        read.and_then(|(bytes, _)| entry_file::read(&bytes).ok()).map_or(0, |entry| entry.takes.len())
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<&'static str, Vec<u8>>> {
        self.files.lock()
    }

    fn placed(&self) -> MutexGuard<'_, BTreeMap<(String, Fingerprint), WrittenFile>> {
        self.placed.lock()
    }
}
