//! Files replaced whole: written out of sight, synced, renamed.

use super::error::CassetteError;
use super::failpoint;
use super::path::{sync_folder, write_new, write_synced};
use crate::files::write_atomically_by;
use crate::fingerprint::Fingerprint;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder of files being written, on the same file system as the text and out of git's sight.
pub(crate) fn writing_folder(root: &Path) -> PathBuf {
    root.join(".store").join("writing")
}

/// Writes `text` to a file that nobody reads yet, so that it is on the disk.
pub(crate) fn write_temporary(root: &Path, fp: &Fingerprint, text: &str) -> Result<PathBuf, CassetteError> {
    let folder = writing_folder(root);
    let path = folder.join(format!("{fp}.json"));
    let written = make_writing_folder(root).and_then(|()| write_synced(&path, text.as_bytes()));
    written.map_err(|source| CassetteError::Write { path: path.clone(), source })?;
    failpoint::point("after-temporary-file");
    Ok(path)
}

/// Puts a file of the cassette, other than an entry's, in the place of `path`, whole and synced. Its folder is not synced.
pub(crate) fn replace_whole(root: &Path, path: &Path, text: &str) -> io::Result<()> {
    failpoint::full_disk()?;
    make_writing_folder(root)?;
    write_atomically_by(&writing_folder(root), path, text.as_bytes(), 0o666)
}

/// Renames the text to where it belongs; gives the folder that this changed and that is to be synced.
pub(crate) fn put_in_place(temporary: &Path, path: &Path) -> Result<PathBuf, CassetteError> {
    let folder = path.parent().unwrap_or(path);
    let placed = make(folder).and_then(|()| fs::rename(temporary, path));
    placed.map_err(|source| CassetteError::Write { path: path.to_owned(), source })?;
    failpoint::point("after-rename");
    Ok(folder.to_owned())
}

/// Makes `.store`, for its owner only, and keeps git out of it.
pub(super) fn make_store_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    write_new(&folder.join(".gitignore"), "*\n").map_err(|(_, error)| error)
}

/// Makes the folder of files being written where it is not there.
pub(super) fn make_writing_folder(root: &Path) -> io::Result<()> {
    make(&root.join(".store")).and_then(|()| make(&writing_folder(root)))
}

/// Makes `folder` where it is not there. What it is in is not made: a cassette that was deleted stays so.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Makes what was renamed in or removed from `folder` last.
pub(crate) fn synced(folder: &Path) -> Result<(), CassetteError> {
    sync_folder(folder).map_err(|source| CassetteError::Write { path: folder.to_owned(), source })
}
