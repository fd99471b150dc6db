//! One process at a time.

use super::OpeningError;
use crate::cassette::path::is_same;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The lock on a store, held until it is dropped.
pub(super) struct Lock(File, PathBuf);

impl Lock {
    /// Takes the lock in the file at `path`, or tells that another has it.
    pub(super) fn take(path: &Path) -> Result<Self, OpeningError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file, path.to_owned())),
            Err(TryLockError::WouldBlock) => Err(OpeningError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
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
