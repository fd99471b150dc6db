//! How the files of a cassette stand to `cassettes.lock`.

use super::SyncError;
use super::file_state::FileState;
use super::local_files::{LocalFile, scan};
use super::project::{LockedFiles, Project};
use super::synced::{Synced, SyncedFile};
use crate::lock_file::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How a cassette stands to the lock.
#[derive(Clone, Debug)]
pub struct CassetteStatus {
    /// Its folder.
    pub root: PathBuf,
    /// What the lock's names call it.
    pub prefix: String,
    /// Its files, here and in the lock, in order of their names.
    pub files: Vec<FileStatus>,
    pub(super) synced: Synced,
}

/// How a file stands to the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// Its name inside the cassette.
    pub name: String,
    /// How it stands.
    pub state: FileState,
    /// The version that the folder and the lock last agreed on.
    pub base: Option<Version>,
    /// The version that the lock names.
    pub locked: Option<Version>,
    pub(super) local: Option<LocalFile>,
}

impl FileStatus {
    /// The version here.
    #[must_use]
    pub fn local(&self) -> Option<Version> {
        self.local.map(|file| file.version)
    }
}

impl CassetteStatus {
    /// How many files stand so.
    #[must_use]
    pub fn count(&self, is_so: impl Fn(FileState) -> bool) -> usize {
        self.files.iter().filter(|file| is_so(file.state)).count()
    }

    /// Notes what the folder and the lock agree on; says whether anything of that is new.
    pub(super) fn note_agreed(&mut self) -> bool {
        let before = self.synced.clone();
        for file in self.files.iter().filter(|file| file.state == FileState::Same) {
            match file.local {
                Some(LocalFile { version, identity }) => {
                    let agreed = SyncedFile { version, identity: Some(identity) };
                    self.synced.files.insert(file.name.clone(), agreed);
                }
                None => {
                    self.synced.files.remove(&file.name);
                }
            }
        }
        self.synced != before
    }
}

/// How the cassettes in `locked` stand to what the lock names of them.
///
/// # Errors
/// Where a file cannot be read, or a cassette is behind a link.
pub fn read_status(project: &Project, locked: &LockedFiles) -> Result<Vec<CassetteStatus>, SyncError> {
    locked.iter().map(|(prefix, files)| status_of(project, prefix, files)).collect()
}

fn status_of(project: &Project, prefix: &str, locked: &BTreeMap<String, Version>) -> Result<CassetteStatus, SyncError> {
    let root = project.root(prefix);
    // Behind a link, the lock's names would lead elsewhere.
    if project.prefix(&root)? != prefix {
        return Err(SyncError::Outside { root, folder: project.folder().to_owned() });
    }
    let synced = Synced::read(&root);
    let local = scan(&root, &synced)?;
    let names: BTreeSet<&String> = synced.files.keys().chain(local.keys()).chain(locked.keys()).collect();
    let of_name = |name: &String| {
        let base = synced.files.get(name).map(|file| file.version);
        let (local, locked) = (local.get(name).copied(), locked.get(name).copied());
        let state = FileState::compare(base, local.map(|file| file.version), locked);
        FileStatus { name: name.clone(), state, base, locked, local }
    };
    let files = names.into_iter().map(of_name).collect();
    Ok(CassetteStatus { root, prefix: prefix.to_owned(), files, synced })
}
