//! A temporary folder for as long as it is needed. What a killed one left is removed by the next: a lock tells whether it still runs.

use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::TempDir;

const PREFIX: &str = "ramtape-run-";
const LOCK: &str = ".lock";

/// A folder in the temporary folder, deleted when dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    /// Locked until the process ends, however it ends.
    _lock: File,
}

impl Scratch {
    /// A new folder; those that processes left which run no more go.
    ///
    /// # Errors
    /// Where the temporary folder cannot be written.
    pub(crate) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        // Under its name only once it is locked: a folder without one is just being made.
        let making = folder.path().join(".locking");
        let lock = File::create(&making)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        fs::rename(&making, folder.path().join(LOCK))?;
        if let Some(parent) = folder.path().parent() {
            remove_left(parent);
        }
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes what killed processes left in `parent`. What cannot be removed stays: it is in nobody's way.
fn remove_left(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let lock = is_ours.then(|| File::open(entry.path().join(LOCK)).ok()).flatten();
        if lock.is_some_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn what_is_locked_by_nobody_goes_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            fs::create_dir(parent.path().join(name)).unwrap();
            parent.path().join(name)
        };
        let (left, used, being_made, others) =
            (folder("ramtape-run-1"), folder("ramtape-run-2"), folder("ramtape-run-3"), folder("ramtape-x"));
        for folder in [&left, &used, &others] {
            fs::write(folder.join(LOCK), "").unwrap();
        }
        let lock = File::open(used.join(LOCK)).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        remove_left(parent.path());
        assert!(!left.exists() && used.exists() && being_made.exists() && others.exists());
    }

    #[test]
    fn a_folder_goes_with_its_command() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        assert!(path.join(LOCK).exists());
        drop(scratch);
        assert!(!path.exists());
    }
}
