//! Where `cassettes.lock` is, and which cassettes it is for.

use super::SyncError;
use crate::cassette::is_file_name;
use crate::files::write_atomically;
use crate::lock_file::{LOCK_NAME, LockError, LockFile, Version};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder that `cassettes.lock` stands in, or is to stand in.
#[derive(Clone, Debug)]
pub struct Project {
    folder: PathBuf,
}

/// The files that a lock names: by what it calls their cassette, and by name inside it.
pub type LockedFiles = BTreeMap<String, BTreeMap<String, Version>>;

/// Keeps other pulls and pushes of a project waiting until it is dropped.
pub struct ProjectLock(#[expect(dead_code, reason = "the lock goes with the open file")] File);

impl Project {
    /// The project of the working directory `here`: the nearest folder from there upwards that has a `cassettes.lock`, inside the
    /// repository. Without one, the folder of the `ramtape.toml` that counts, else the repository's, else `here`.
    #[must_use]
    pub fn find(here: &Path, configured: Option<&Path>) -> Self {
        let repository = here.ancestors().find(|above| above.join(".git").exists());
        let within = |above: &&Path| repository.is_none_or(|root| above.starts_with(root));
        let found = here.ancestors().take_while(within).find(|above| above.join(LOCK_NAME).is_file());
        Self { folder: found.or(configured).or(repository).unwrap_or(here).to_owned() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of its `cassettes.lock`, which may not be there.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        self.folder.join(LOCK_NAME)
    }

    /// The folder of the cassette that the lock's names call `prefix`.
    #[must_use]
    pub fn root(&self, prefix: &str) -> PathBuf {
        if prefix.is_empty() { self.folder.clone() } else { self.folder.join(prefix) }
    }

    /// What the lock's names call the cassette in `root`, which need not be there.
    ///
    /// # Errors
    /// Where it is not below the project's folder; links are followed.
    pub fn prefix(&self, root: &Path) -> Result<String, SyncError> {
        let outside = || SyncError::Outside { root: root.to_owned(), folder: self.folder.clone() };
        let folder = resolve(&self.folder).ok_or_else(outside)?;
        let inside = resolve(root).and_then(|root| root.strip_prefix(&folder).map(Path::to_owned).ok());
        let parts = inside.ok_or_else(outside)?;
        let parts: Option<Vec<&str>> = parts.iter().map(|part| part.to_str()).collect();
        parts.map(|parts| parts.join("/")).ok_or_else(outside)
    }

    /// Waits until no other process pulls or pushes here; `waiting` is called if there is one.
    ///
    /// # Errors
    /// Where the folder cannot be locked.
    pub fn acquire(&self, waiting: impl FnOnce()) -> Result<ProjectLock, SyncError> {
        let failed = |source| SyncError::Read { path: self.folder.clone(), source };
        let folder = File::open(&self.folder).map_err(failed)?;
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                folder.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(ProjectLock(folder))
    }

    /// The lock's text; `None` where there is no lock.
    pub(super) fn read_text(&self) -> Result<Option<String>, SyncError> {
        let path = self.lock_path();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SyncError::Read { path, source }),
        }
    }

    /// The lock; an empty one where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, or git left a conflict in it.
    pub fn read_lock(&self) -> Result<LockFile, SyncError> {
        match self.read_text()? {
            Some(text) => LockFile::parse(&text).map_err(|source| match source {
                LockError::Conflict { .. } => SyncError::LockConflict { path: self.lock_path(), source },
                source => SyncError::Lock { path: self.lock_path(), source },
            }),
            None => Ok(LockFile::default()),
        }
    }

    pub(super) fn write_lock(&self, lock: &LockFile) -> Result<(), SyncError> {
        let path = self.lock_path();
        write_atomically(&path, lock.to_text().as_bytes(), 0o666).map_err(|source| SyncError::Write { path, source })
    }

    /// The files that `lock` names, by cassette and by name inside it.
    ///
    /// # Errors
    /// Where it names something that is no file of a cassette.
    pub fn locked_files(&self, lock: &LockFile) -> Result<LockedFiles, SyncError> {
        let mut cassettes = LockedFiles::new();
        for (name, version) in &lock.files {
            let Some((prefix, file)) = split_name(name) else {
                return Err(SyncError::ForeignName { path: self.lock_path(), name: name.clone() });
            };
            cassettes.entry(prefix.to_owned()).or_default().insert(file.to_owned(), *version);
        }
        Ok(cassettes)
    }
}

/// The name of `file` of the cassette called `prefix`.
pub(super) fn join_name(prefix: &str, file: &str) -> String {
    if prefix.is_empty() { file.to_owned() } else { format!("{prefix}/{file}") }
}

/// A name taken apart into cassette and file.
fn split_name(name: &str) -> Option<(&str, &str)> {
    let ends = [name.rfind('/'), name.rmatch_indices('/').nth(1).map(|(at, _)| at)];
    let split = ends.into_iter().flatten().map(|at| (&name[..at], &name[at + 1..]));
    split.chain([("", name)]).find(|(_, file)| is_file_name(file))
}

/// `path` without links; what is not there yet stays as it is written.
fn resolve(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|above| fs::symlink_metadata(above).is_ok())?;
    let rest = path.strip_prefix(there).ok()?;
    let climbs = rest.components().any(|part| part == std::path::Component::ParentDir);
    if climbs { None } else { there.canonicalize().ok().map(|there| there.join(rest)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn names_come_apart_into_cassette_and_file() {
        for (name, expected) in [
            ("cassettes/default/cassette.json", Some(("cassettes/default", "cassette.json"))),
            ("a/get-x/itbgaowcfdyeqtpg.json", Some(("a", "get-x/itbgaowcfdyeqtpg.json"))),
            ("get-x/itbgaowcfdyeqtpg.json", Some(("", "get-x/itbgaowcfdyeqtpg.json"))),
            ("redaction.key", Some(("", "redaction.key"))),
            ("src/main.rs", None),
            ("a/get-x/other.json", None),
        ] {
            assert_eq!(split_name(name), expected, "{name}");
            let joined = expected.map(|(prefix, file)| join_name(prefix, file));
            assert!(joined.is_none_or(|joined| joined == name));
        }
    }

    #[test]
    fn the_nearest_lock_counts_then_the_configuration_then_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(Project::find(&below, None).folder(), below);
        fs::create_dir(root.path().join(".git")).unwrap();
        assert_eq!(Project::find(&below, None).folder(), root.path());
        assert_eq!(Project::find(&below, Some(&root.path().join("a"))).folder(), root.path().join("a"));
        fs::write(root.path().join(LOCK_NAME), "").unwrap();
        assert_eq!(Project::find(&below, Some(&below)).folder(), root.path());
    }

    #[test]
    fn a_cassette_outside_is_refused_also_behind_a_link() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let project = Project { folder: root.path().to_owned() };
        assert_eq!(project.prefix(&root.path().join("cassettes/new")).unwrap(), "cassettes/new");
        assert_eq!(project.prefix(root.path()).unwrap(), "");
        assert!(project.prefix(other.path()).is_err());
        std::os::unix::fs::symlink(other.path(), root.path().join("link")).unwrap();
        assert!(project.prefix(&root.path().join("link/x")).is_err());
        assert!(project.prefix(&root.path().join("new/../../x")).is_err());
    }
}
