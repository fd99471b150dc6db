//! Entries and their files: read with a check of where they stand, written, and put together with what is pending.

use super::error::CassetteError;
use super::path::{entry_path, read_file, sync_folder};
use super::store::PendingTakes;
use crate::diff::add_takes;
use crate::entry_file;
use crate::fingerprint::{Fingerprint, canonical_text};
use crate::model::Entry;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// The entry that `bytes` spell, if it belongs where it stands.
pub(crate) fn checked(bytes: &[u8], path: &Path, folder: &str, fp: &Fingerprint) -> Result<Entry, CassetteError> {
    let entry = entry_file::read(bytes).map_err(|flaw| CassetteError::Malformed {
        path: path.to_owned(),
        line: flaw.line(bytes),
        reason: flaw.reason,
    })?;
    let own = Fingerprint::hash(&canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request));
    if own != *fp || entry.operation.folder() != folder {
        let expected = format!("{}/{own}.json", entry.operation.folder());
        return Err(CassetteError::Misplaced { path: path.to_owned(), expected });
    }
    Ok(entry)
}

/// The text of `entry`, which is or will be the file at `path`.
pub(crate) fn written(entry: &Entry, path: &Path) -> Result<String, CassetteError> {
    entry_file::write(entry).map_err(|source| CassetteError::Unwritable { path: path.to_owned(), source })
}

/// The SHA-256 of the file of an entry, made to last.
///
/// # Errors
/// Where its folder cannot be synced.
pub(crate) fn text_hash(root: &Path, folder: &str, fp: &Fingerprint) -> io::Result<Option<[u8; 32]>> {
    let read = entry_path(root, folder, fp).and_then(|path| read_file(root, &path));
    let Ok(Some((bytes, _))) = read else { return Ok(None) };
    // Whoever renamed it may have died before that.
    sync_folder(&root.join(folder))?;
    Ok(Some(Sha256::digest(&bytes).into()))
}

/// `sealed` with the takes that are not in the text yet.
pub(crate) fn with_takes(sealed: Option<Entry>, pending: PendingTakes) -> Entry {
    let old = sealed.map(|entry| entry.takes).unwrap_or_default();
    pending.head.with(add_takes(old, pending.takes))
}
