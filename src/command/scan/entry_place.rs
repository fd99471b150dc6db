//! Where in a cassette a file stands: its path tells.

use crate::cassette::is_cassette;
use crate::fingerprint::Fingerprint;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// The place of a JSON file that has two folders above it.
pub(super) struct EntryPlace {
    /// The folder that would be the cassette's.
    pub(super) root: PathBuf,
    /// The one that would be the operation's.
    pub(super) folder: String,
    /// `None` where the file has another name than entries have.
    pub(super) fingerprint: Option<Fingerprint>,
}

impl EntryPlace {
    /// Where in its cassette the file at `path` stands.
    pub(super) fn in_cassette(path: &Path) -> Option<Self> {
        Self::all(path).find(|place| is_cassette(&place.root))
    }

    /// Where the file at `path` stands if it is an entry's, in the `folder` of its operation, and no cassette is there.
    pub(super) fn without_cassette(path: &Path, folder: &str) -> Option<Self> {
        let is_entry = |place: &Self| place.fingerprint.is_some() && place.folder == folder;
        Self::all(path).find(|place| is_entry(place) && !is_cassette(&place.root))
    }

    /// As it is named, then from the file system's root on (`entry.json` does not say in which folder it is), then with
    /// links followed.
    fn all(path: &Path) -> impl Iterator<Item = Self> {
        let named: fn(&Path) -> io::Result<PathBuf> = |path| Ok(path.to_owned());
        let readings = [named, |path| std::path::absolute(path), |path| path.canonicalize()];
        readings.into_iter().filter_map(|reading| Self::of(&reading(path).ok()?))
    }

    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
        let folder = path.parent()?;
        let root = folder.parent()?;
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let fingerprint = name.parse().ok();
        Some(Self { root: root.to_owned(), folder: folder.file_name()?.to_str()?.to_owned(), fingerprint })
    }
}

/// Whether the files of a cassette can have this name, or its folders: whatever is hidden is not its own.
pub(super) fn is_seen(name: &OsStr) -> bool {
    !name.as_encoded_bytes().starts_with(b".")
}
