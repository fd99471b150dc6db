//! Where a file stands: its path tells whether it belongs to a cassette, and as what.

use crate::cassette::{self, is_cassette};
use crate::entry_file::begins_as_entry;
use crate::fingerprint::Fingerprint;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The place of a JSON file that has two folders above it.
pub(super) struct EntryPlace {
    /// The folder that would be the cassette's.
    pub(super) root: PathBuf,
    /// The name of the one that would be the operation's.
    pub(super) folder: String,
    /// `None` where the file has another name than entries have.
    pub(super) fingerprint: Option<Fingerprint>,
}

impl EntryPlace {
    /// The place of the file at `path` in its cassette.
    pub(super) fn in_cassette(path: &Path) -> Option<Self> {
        Self::all(path).find(|place| is_cassette(&place.root))
    }

    /// The place of the file at `path`, which begins as `text`, if it is an entry in the folder of its operation and no
    /// cassette is there.
    pub(super) fn without_cassette(path: &Path, text: &str) -> Option<Self> {
        let operation = begins_as_entry(text)?;
        let is_entry = |place: &Self| place.fingerprint.is_some() && place.folder == operation.folder();
        Self::all(path).find(|place| is_entry(place) && !is_cassette(&place.root))
    }

    fn all(path: &Path) -> impl Iterator<Item = Self> {
        spellings(path).into_iter().filter_map(|path| Self::read(&path))
    }

    fn read(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
        let folder = path.parent()?;
        let root = folder.parent()?;
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let fingerprint = name.parse().ok();
        Some(Self { root: root.to_owned(), folder: folder.file_name()?.to_str()?.to_owned(), fingerprint })
    }
}

/// Whether the file at `path` is in a cassette or beside one, or is an entry whose cassette lost its `cassette.json`.
pub(super) fn belongs_to_cassette(path: &Path) -> bool {
    spellings(path).iter().any(|path| path.parent().is_some_and(is_of_cassettes)) || is_orphan(path)
}

/// Whether the folder is in a cassette, is one, or holds some.
fn is_of_cassettes(folder: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.ancestors().any(is_cassette) || holds_cassettes(folder)
}

/// Whether there are cassettes in the folder itself.
pub(super) fn holds_cassettes(folder: &Path) -> bool {
    cassette::below(folder).is_ok_and(|cassettes| !cassettes.is_empty())
}

/// Whether the file at `path` is an entry, and its cassette has no `cassette.json`.
pub(super) fn is_orphan(path: &Path) -> bool {
    let is_named_as_one = EntryPlace::all(path).any(|place| place.fingerprint.is_some());
    let is_one = |text: &[u8]| EntryPlace::without_cassette(path, &String::from_utf8_lossy(text)).is_some();
    is_named_as_one && fs::read(path).is_ok_and(|text| is_one(&text))
}

/// `path` as it is named, then from the file system's root on (`entry.json` does not say in which folder it is), then with
/// links followed.
pub(super) fn spellings(path: &Path) -> Vec<PathBuf> {
    [Some(path.to_owned()), std::path::absolute(path).ok(), path.canonicalize().ok()].into_iter().flatten().collect()
}

/// Whether the files of a cassette can have this name, or its folders: whatever is hidden is not its own.
pub(super) fn is_seen(name: &OsStr) -> bool {
    !name.as_encoded_bytes().starts_with(b".")
}
