//! What a folder is: a cassette, the parent of several, or neither.

use super::error::CassetteError;
use super::format::is_cassette;
use super::listing;
use std::path::{Path, PathBuf};

/// What a folder is, by what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderKind {
    /// There is no folder.
    Absent,
    /// A cassette; one that lacks `cassette.json` holds files of takes, or the store of a recording that was killed at its
    /// beginning and nothing else.
    Cassette,
    /// The parent of one cassette a session, of which this is the first.
    Sessions(PathBuf),
    /// A folder without anything in it, but for what is hidden.
    Empty,
    /// Something else.
    Foreign,
}

impl FolderKind {
    /// What the folder `root` is. Nothing of a cassette is looked through.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    pub fn detect(root: &Path) -> Result<Self, CassetteError> {
        if !root.is_dir() {
            return Ok(Self::Absent);
        }
        if is_cassette(root) {
            return Ok(Self::Cassette);
        }
        if let Some(first) = listing::below(root)?.into_iter().next() {
            return Ok(Self::Sessions(first));
        }
        let is_bare = listing::names(root)?.is_empty();
        if listing::has_entry(root)? || (is_bare && root.join(".store").is_dir()) {
            return Ok(Self::Cassette);
        }
        Ok(if is_bare { Self::Empty } else { Self::Foreign })
    }
}
