//! Which files there are to look through.

use super::entry_place::is_seen;
use crate::cassette::is_cassette;
use crate::command::CommandError;
use std::fs::{self, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that anybody commits.
const LEFT_OUT: [&str; 2] = [".git", ".store"];

/// What there is.
pub(super) struct Found {
    /// The files named, and all files in the folders named, in order.
    pub(super) files: Vec<PathBuf>,
    /// What was named and is neither, for people.
    pub(super) strange: Vec<String>,
}

/// Finds the files in what was named. Links are not followed, but for those in the place of something recorded: a
/// cassette's reader follows them.
pub(super) fn find(roots: &[PathBuf]) -> Result<Found, CommandError> {
    let (mut files, mut strange) = (Vec::new(), Vec::new());
    for root in roots {
        let kind = fs::metadata(root).map_err(|source| unreadable(root, source))?.file_type();
        if kind.is_dir() {
            below(root, &mut files)?;
        } else if kind.is_file() {
            files.push(root.clone());
        } else {
            strange.push(format!(
                "{} is {}, and not scanned: name files and folders, or put what it gives into a file",
                root.display(),
                called(kind)
            ));
        }
    }
    files.sort();
    files.dedup();
    Ok(Found { files, strange })
}

/// What is neither a file nor a folder. Reading from it might never end.
fn called(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
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
        } else if is_seen(&entry.file_name()) {
            in_place_of_recorded(folder, &entry.path(), files)?;
        }
    }
    Ok(())
}

/// What there is to judge at `path` in `folder`, which is neither a file nor a folder itself.
fn in_place_of_recorded(folder: &Path, path: &Path, files: &mut Vec<PathBuf>) -> Result<(), CommandError> {
    if path.is_dir() && is_cassette(folder) {
        let entries = json_files(path)?;
        if leads_out(folder, path) && !entries.is_empty() { files.push(path.to_owned()) } else { files.extend(entries) }
    } else if is_json(path) && std::path::absolute(folder).is_ok_and(|whole| whole.parent().is_some_and(is_cassette)) {
        files.push(path.to_owned());
    }
    Ok(())
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(|source| unreadable(folder, source)));
    paths.filter(|path| path.as_ref().map_or(true, |path| is_json(path))).collect()
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.file_name().is_some_and(is_seen)
}

fn leads_out(folder: &Path, link: &Path) -> bool {
    let real = |path: &Path| path.canonicalize();
    !real(folder).and_then(|folder| Ok(real(link)?.starts_with(folder))).unwrap_or_default()
}

fn unreadable(path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Read { path: path.to_owned(), source }
}
