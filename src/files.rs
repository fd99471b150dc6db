//! Files written whole: a reader sees the old content or the new, never half of it.
//!
//! The content is written to a temporary file, synced unless a function says otherwise, and renamed. The temporary file stands in the folder of the target,
//! unless another folder of the same file system is named. The rename itself is not synced: who needs that syncs the folder.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`, in place of a file that is there. The new file has the permissions `mode`, less the umask.
///
/// # Errors
/// Where the folder is missing or cannot be written; the old file is untouched then.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_atomically_by(folder_of(path), path, bytes, mode)
}

/// As [`write_atomically`], with the temporary file in `folder`, on the same file system.
///
/// # Errors
/// As there.
pub(crate) fn write_atomically_by(folder: &Path, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_temporary(folder, bytes, mode)?.persist(path)?;
    Ok(())
}

/// As [`write_atomically_by`], without a sync: for many files, which whoever writes them syncs together.
///
/// # Errors
/// As there.
pub(crate) fn replace_unsynced(folder: &Path, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_unsynced(folder, bytes, mode)?.persist(path)?;
    Ok(())
}

/// As [`write_atomically`], but keeps a file that is there. Says whether it wrote.
///
/// # Errors
/// As there.
pub(crate) fn create_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<bool> {
    match write_temporary(folder_of(path), bytes, mode)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(kept) if kept.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(failed.error),
    }
}

/// Replaces the content of the file at `path`, or of the one that a link there leads to. Its permissions stay.
///
/// # Errors
/// Where there is no file, or its folder cannot be written.
pub(crate) fn replace_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let file = write_temporary(folder_of(&path), bytes, 0o600)?;
    file.as_file().set_permissions(path.metadata()?.permissions())?;
    file.persist(&path)?;
    Ok(())
}

/// A temporary file with `bytes` in it, on the disk. It is deleted unless it is renamed.
fn write_temporary(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let file = write_unsynced(folder, bytes, mode)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A temporary file with `bytes` in it, perhaps not on the disk yet.
fn write_unsynced(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        fs::write(&path, "an old and longer text").unwrap();
        let mut before = fs::File::open(&path).unwrap();
        write_atomically(&path, b"new\n", 0o600).unwrap();
        assert_eq!(io::read_to_string(&mut before).unwrap(), "an old and longer text");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert!(write_atomically(folder.path(), b"", 0o600).is_err(), "a folder is no file");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_temporary_file_can_stand_elsewhere() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join("file");
        write_atomically_by(other.path(), &path, b"text", 0o666).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        assert!(write_atomically_by(&folder.path().join("none"), &path, b"", 0o666).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn a_file_that_is_there_can_be_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(create_atomically(&path, b"one", 0o644).unwrap());
        assert!(!create_atomically(&path, b"other", 0o644).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn permissions_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        assert!(link.is_symlink());
        assert!(replace_atomically(&folder.path().join("none"), b"").is_err());
    }
}
