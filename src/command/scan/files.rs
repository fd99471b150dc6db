//! Which files there are to look through.

use crate::command::CommandError;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that anybody commits.
const LEFT_OUT: [&str; 2] = [".git", ".store"];

/// The files named, and all files in the folders named, in order. Links are not followed.
pub(super) fn files(roots: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    let mut files = Vec::new();
    for root in roots {
        let kind = fs::metadata(root).map_err(|source| unreadable(root, source))?;
        if kind.is_dir() { below(root, &mut files)? } else { files.push(root.clone()) }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), CommandError> {
    let entries = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let kind = entry.file_type().map_err(|source| unreadable(&entry.path(), source))?;
        if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            below(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Read { path: path.to_owned(), source }
}
