//! The calls of the latest run, kept beside the store and out of git's sight, for people who look into it afterwards.

use super::Cassette;
use super::error::CassetteError;
use super::staged_file::replace_whole;
use std::path::{Path, PathBuf};
use std::{fs, io};

impl<P> Cassette<P> {
    /// Keeps `text`, what was called in a run, in place of the run before; false where the cassette has no store of its own to
    /// keep it in.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_calls(&self, text: &str) -> Result<bool, CassetteError> {
        if self.storage.store().is_none() {
            return Ok(false);
        }
        let path = place(&self.storage.root);
        let written = replace_whole(&self.storage.root, &path, text);
        written.map_err(|source| CassetteError::Write { path: path.clone(), source })?;
        Ok(true)
    }
}

/// What was called in the latest run over the cassette in `root`, as it was kept; `None` where nothing was.
///
/// # Errors
/// Where it cannot be read.
pub fn read_calls(root: &Path) -> Result<Option<String>, CassetteError> {
    let path = place(root);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CassetteError::Read { path, source }),
    }
}

fn place(root: &Path) -> PathBuf {
    root.join(".store").join("calls")
}
