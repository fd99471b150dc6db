//! Which files a cassette has.

use super::error::CassetteError;
use super::format::is_cassette;
use super::path::is_plain_name;
use crate::fingerprint::Fingerprint;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Whether there is any entry's file.
pub(crate) fn has_any(root: &Path) -> Result<bool, CassetteError> {
    for (path, _) in folders(root)? {
        for name in names(&path)? {
            if name.ends_with(".json") {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether there is any file whose name only an entry's can have.
pub(crate) fn has_entry(root: &Path) -> Result<bool, CassetteError> {
    let is_entry = |name: &String| name.strip_suffix(".json").is_some_and(|stem| stem.parse::<Fingerprint>().is_ok());
    for (path, _) in folders(root)? {
        if names(&path)?.iter().any(is_entry) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Folder and fingerprint of every entry's file.
pub(crate) fn all(root: &Path) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
    let mut found = Vec::new();
    for (path, folder) in folders(root)? {
        for name in names(&path)? {
            let Some(stem) = name.strip_suffix(".json") else { continue };
            match stem.parse() {
                Ok(fp) if is_plain_name(&folder) => found.push((folder.clone(), fp)),
                _ => return Err(CassetteError::Name { path: path.join(&name) }),
            }
        }
    }
    Ok(found)
}

/// The cassettes that stand in the folder `parent`, in order.
///
/// # Errors
/// Where the folder cannot be read.
pub fn below(parent: &Path) -> Result<Vec<PathBuf>, CassetteError> {
    Ok(folders(parent)?.into_iter().map(|(path, _)| path).filter(|path| is_cassette(path)).collect())
}

/// The folders of a cassette: whatever is hidden is not its own.
fn folders(root: &Path) -> Result<Vec<(PathBuf, String)>, CassetteError> {
    let mut folders = Vec::new();
    for name in names(root)? {
        let path = root.join(&name);
        if path.is_dir() {
            folders.push((path, name));
        }
    }
    Ok(folders)
}

/// The names in `folder` that are not hidden, in order; none where it does not exist.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, CassetteError> {
    let failed = |source| CassetteError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
