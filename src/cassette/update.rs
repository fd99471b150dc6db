//! The files of a cassette as they are shared, and their exchange for other versions, as a pull does it.
//!
//! While an exchange is under way `.store/updating` stands in the cassette. An interrupted one leaves it behind, and nothing is replayed
//! or recorded until another has come to its end: half of the files would be of one version, and half of another.

use super::error::CassetteError;
use super::path::{Identity, is_plain_name};
use super::staged_file::{make, make_store_folder, make_writing_folder, writing_folder};
use super::store::{Lock, LockError, has_pending};
use super::{KEY_FILE, VARIABLES_FILE, failpoint, format, listing, usage};
use crate::files::replace_unsynced;
use crate::fingerprint::Fingerprint;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files of a cassette beside its entries.
const ROOT_FILES: [&str; 3] = [format::NAME, VARIABLES_FILE, KEY_FILE];

/// Whether a file of this name, relative to the cassette's folder, belongs to a cassette and is shared with it.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    match name.split_once('/') {
        None => ROOT_FILES.contains(&name),
        Some((folder, file)) => {
            is_plain_name(folder) && file.strip_suffix(".json").is_some_and(|stem| stem.parse::<Fingerprint>().is_ok())
        }
    }
}

/// The names of the files that are shared of the cassette in `root`; none where there is no such folder.
///
/// # Errors
/// Where a folder cannot be read, or has a file in it that no cassette has.
pub fn file_names(root: &Path) -> Result<Vec<String>, CassetteError> {
    let of_root =
        ROOT_FILES.into_iter().filter(|name| fs::symlink_metadata(root.join(name)).is_ok()).map(str::to_owned);
    let entries = listing::all(root)?.into_iter().map(|(folder, fp)| format!("{folder}/{fp}.json"));
    Ok(of_root.chain(entries).collect())
}

/// Checks that no exchange of the cassette's files was interrupted.
///
/// # Errors
/// Where one was, or is under way.
pub(super) fn check_whole(root: &Path) -> Result<(), CassetteError> {
    if marker(root).exists() { Err(CassetteError::Updating { root: root.to_owned() }) } else { Ok(()) }
}

fn marker(root: &Path) -> PathBuf {
    root.join(".store").join("updating")
}

/// A cassette that nobody else has open, and that has nothing pending: its files may be exchanged.
pub(crate) struct CassetteUpdate {
    root: PathBuf,
    _lock: Lock,
}

impl CassetteUpdate {
    /// Keeps others out of the cassette in `root`, which is made where it is not there.
    ///
    /// # Errors
    /// Where another process has it open, takes of it are in the store only, or its folder cannot be written.
    pub(crate) fn begin(root: &Path) -> Result<Self, CassetteError> {
        let store = root.join(".store");
        let failed = |source| CassetteError::Write { path: store.clone(), source };
        fs::create_dir_all(root).and_then(|()| make_store_folder(&store)).map_err(failed)?;
        let lock = Lock::take(&store.join("lock")).map_err(|error| match error {
            LockError::Held => CassetteError::InUse { root: root.to_owned() },
            LockError::Io(source) => failed(source),
        })?;
        if has_pending(&store) {
            return Err(CassetteError::Pending { root: root.to_owned() });
        }
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    /// Notes that files are about to be exchanged: until [`Self::finish`] nobody replays the cassette.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(crate) fn mark(&self) -> Result<(), CassetteError> {
        let path = marker(&self.root);
        fs::write(&path, "files of this cassette are being exchanged by `ramtape pull`\n")
            .map_err(|source| CassetteError::Write { path, source })
    }

    /// Puts `bytes` in the place of the file called `name`, whole; gives its identity. It is on the disk after [`Self::finish`].
    ///
    /// # Errors
    /// Where the disk is full or does not take it; the file that was there is untouched then.
    pub(crate) fn place(&self, name: &str, bytes: &[u8]) -> Result<Identity, CassetteError> {
        let path = self.root.join(name);
        let placed = self.write(&path, bytes);
        placed.map_err(|source| CassetteError::Write { path: path.clone(), source })?;
        Identity::at(&path)?.ok_or_else(|| CassetteError::Gone { root: self.root.clone() })
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        failpoint::full_disk()?;
        make_writing_folder(&self.root)?;
        let folder = path.parent().unwrap_or(&self.root);
        make(folder)?;
        if folder != self.root && fs::symlink_metadata(folder)?.is_symlink() {
            return Err(io::Error::other("its folder is a link: links are not followed"));
        }
        replace_unsynced(&writing_folder(&self.root), path, bytes, 0o666)
    }

    /// Removes the file called `name`, and its folder where that is empty then.
    ///
    /// # Errors
    /// Where it cannot be removed; one that is not there is no error.
    pub(crate) fn remove(&self, name: &str) -> Result<(), CassetteError> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(CassetteError::Write { path, source }),
            _ => {
                // It stays where something else is in it.
                path.parent().filter(|folder| *folder != self.root).map(fs::remove_dir);
                Ok(())
            }
        }
    }

    /// Makes what was exchanged last. What is known of the latest run's use goes: it no longer fits.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub(crate) fn finish(&self) -> Result<(), CassetteError> {
        let failed = |source| CassetteError::Write { path: self.root.clone(), source };
        usage::forget(&self.root)?;
        sync_all(&self.root).map_err(failed)?;
        match fs::remove_file(marker(&self.root)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}

/// Brings everything that was written to the file system of `folder` to the disk: a sync of each of 100,000 files would take
/// minutes.
#[cfg(target_os = "linux")]
fn sync_all(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_all(_: &Path) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn only_files_of_cassettes_are_shared() {
        for name in ["cassette.json", "variables.json", "redaction.key", "get-x/itbgaowcfdyeqtpg.json"] {
            assert!(is_file_name(name), "{name}");
        }
        for name in [
            ".gitignore",
            "x.json",
            "get-x/y.json",
            "get-x/itbgaowcfdyeqtpg.rs",
            ".store/itbgaowcfdyeqtpg.json",
            "a/b/c",
        ] {
            assert!(!is_file_name(name), "{name}");
        }
    }

    #[test]
    fn files_are_exchanged_whole_and_an_interrupted_exchange_shows() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("new/cassette");
        let name = "get-x/itbgaowcfdyeqtpg.json";
        let update = CassetteUpdate::begin(&root).unwrap();
        assert!(matches!(CassetteUpdate::begin(&root), Err(CassetteError::InUse { .. })));
        update.mark().unwrap();
        update.place(name, b"{}").unwrap();
        assert_eq!(file_names(&root).unwrap(), [name]);
        assert!(matches!(check_whole(&root), Err(CassetteError::Updating { .. })));
        drop(update);
        let update = CassetteUpdate::begin(&root).unwrap();
        assert!(check_whole(&root).is_err(), "it was interrupted");
        update.remove(name).unwrap();
        update.remove(name).unwrap();
        assert!(!root.join("get-x").exists());
        update.finish().unwrap();
        assert!(check_whole(&root).is_ok());
    }
}
