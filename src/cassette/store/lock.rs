//! One process at a time.

use crate::cassette::path::is_same;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The lock on a store, held until it is dropped.
pub(in crate::cassette) struct Lock(File, PathBuf);

/// Why the lock cannot be taken.
pub(in crate::cassette) enum LockError {
    /// Another process has it.
    Held,
    /// Its file cannot be opened or made.
    Io(io::Error),
}

impl Lock {
    /// Takes the lock in the file at `path`.
    pub(in crate::cassette) fn take(path: &Path) -> Result<Self, LockError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file, path.to_owned())),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
        }
    }

    /// Whether its file is where it was, and no other in its place.
    pub(super) fn is_in_place(&self) -> bool {
        is_same(&self.1, &self.0)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would not do: a process being started may hold a copy of the open file for a moment.
        let _ = self.0.unlock();
    }
}
