//! Which files there are to look through.

use super::entry_place::{EntryPlace, is_seen};
use super::judge::{Verdict, unread};
use crate::cassette::{VARIABLES_FILE, is_cassette};
use std::fs::{self, DirEntry, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that anybody commits.
const LEFT_OUT: [&str; 2] = [".git", ".store"];

/// What there is.
#[derive(Default)]
pub(super) struct Found {
    /// The files named, and all files in the folders named, in order.
    pub(super) files: Vec<PathBuf>,
    /// What was named and is neither, for people.
    pub(super) strange: Vec<String>,
    /// What could not be looked at.
    pub(super) unread: Vec<Verdict>,
}

/// Finds the files in what was named. Links are not followed, but for those in the place of something recorded: a
/// cassette's reader follows them.
pub(super) fn find(roots: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for root in roots {
        match fs::metadata(root).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_dir() => found.below(root),
            Ok(kind) if kind.is_file() => found.files.push(root.clone()),
            Ok(kind) => found.strange.push(format!(
                "{} is {}, and not scanned: name files and folders, or put what it gives into a file",
                root.display(),
                called(kind)
            )),
            // A link that leads nowhere, in the place of something recorded.
            Err(_) if root.is_symlink() && EntryPlace::in_cassette(root).is_some() => found.files.push(root.clone()),
            Err(error) => found.unread.push(unread(root, &error)),
        }
    }
    found.files.sort();
    found.files.dedup();
    found
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

impl Found {
    fn below(&mut self, folder: &Path) {
        for entry in self.entries(folder) {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) => {
                    self.below(&path);
                }
                Ok(kind) if kind.is_file() => self.files.push(path),
                Ok(_) if is_seen(&entry.file_name()) => self.in_place_of_recorded(folder, path),
                Ok(_) => {}
                Err(error) => self.unread.push(unread(&path, &error)),
            }
        }
    }

    /// What there is to judge at `path` in `folder`, which is neither a file nor a folder itself.
    fn in_place_of_recorded(&mut self, folder: &Path, path: PathBuf) {
        if path.is_dir() && is_cassette(folder) {
            let entries: Vec<PathBuf> =
                self.entries(&path).iter().map(DirEntry::path).filter(|path| is_json(path)).collect();
            if leads_out(folder, &path) && !entries.is_empty() {
                self.files.push(path)
            } else {
                self.files.extend(entries)
            }
        } else if is_own_json(folder, &path) {
            self.files.push(path);
        }
    }

    /// What is in `folder`, as far as that can be read.
    fn entries(&mut self, folder: &Path) -> Vec<DirEntry> {
        let mut known = Vec::new();
        let read = fs::read_dir(folder).and_then(|entries| {
            for entry in entries {
                known.push(entry?);
            }
            Ok(())
        });
        self.unread.extend(read.err().map(|error| unread(folder, &error)));
        known
    }
}

/// Whether an entry of a cassette could stand at `path` in `folder`, or its recorded variables.
fn is_own_json(folder: &Path, path: &Path) -> bool {
    let holds_entries = || std::path::absolute(folder).is_ok_and(|whole| whole.parent().is_some_and(is_cassette));
    let is_variables = path.file_name().is_some_and(|name| name == VARIABLES_FILE) && is_cassette(folder);
    is_variables || (is_json(path) && holds_entries())
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.file_name().is_some_and(is_seen)
}

fn leads_out(folder: &Path, link: &Path) -> bool {
    let real = |path: &Path| path.canonicalize();
    !real(folder).and_then(|folder| Ok(real(link)?.starts_with(folder))).unwrap_or_default()
}
