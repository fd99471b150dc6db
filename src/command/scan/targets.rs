//! Which files to scan: those of cassettes, and those beside cassettes.

use super::entry_place::{EntryPlace, belongs_to_cassette, holds_cassettes, is_orphan, is_seen, spellings};
use super::problem::{Problem, unread};
use crate::cassette::{VARIABLES_FILE, is_cassette};
use std::fs::{self, DirEntry, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that anybody commits.
const LEFT_OUT: [&str; 2] = [".git", ".store"];

/// What to say of what is in no cassette.
pub(super) const SCOPE: &str = "`ramtape scan` checks cassettes and the files beside them; to check other files and whole \
                                repositories use a scanner such as gitleaks";

/// What the named paths lead to.
#[derive(Default)]
pub(super) struct Targets {
    /// The files to scan, in order.
    pub(super) files: Vec<PathBuf>,
    /// The named files that belong to no cassette.
    pub(super) outside: Vec<PathBuf>,
    /// Why a named path cannot be scanned at all.
    pub(super) refused: Vec<String>,
    /// What could not be read.
    pub(super) unread: Vec<Problem>,
}

/// Finds the files to scan. Links are not followed, except where something recorded belongs: a cassette's reader follows
/// them.
pub(super) fn find_targets(named: &[PathBuf]) -> Targets {
    let mut targets = Targets::default();
    for path in named {
        match fs::metadata(path).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_dir() => targets.add_folder(path),
            Ok(kind) if kind.is_file() && belongs_to_cassette(path) => targets.files.push(path.clone()),
            Ok(kind) if kind.is_file() => targets.outside.push(path.clone()),
            Ok(kind) => targets.refused.push(format!(
                "{} is {} and cannot be scanned: name a file or a folder",
                path.display(),
                describe(kind)
            )),
            // A link that leads nowhere, in the place of something recorded.
            Err(_) if path.is_symlink() && EntryPlace::in_cassette(path).is_some() => targets.files.push(path.clone()),
            Err(error) => targets.unread.push(unread(path, &error)),
        }
    }
    targets.files.sort();
    targets.files.dedup();
    targets
}

/// The kind of what is neither a file nor a folder. Reading from it might never end.
fn describe(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

impl Targets {
    fn add_folder(&mut self, folder: &Path) {
        let is_inside = spellings(folder).iter().any(|folder| folder.ancestors().any(is_cassette));
        let (files, unread) = (self.files.len(), self.unread.len());
        let found = self.search(folder, is_inside);
        if !found && self.files.len() == files && self.unread.len() == unread {
            self.refused.push(format!("there is no cassette in {}: {SCOPE}", folder.display()));
        }
    }

    /// Adds the files below `folder`; says whether there is a cassette. `is_inside` says that the folder is in one.
    fn search(&mut self, folder: &Path, is_inside: bool) -> bool {
        let is_inside = is_inside || is_cassette(folder);
        let is_covered = is_inside || holds_cassettes(folder);
        let mut found = is_covered;
        for entry in self.entries(folder) {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) => {
                    found |= self.search(&path, is_inside);
                }
                Ok(kind) if kind.is_file() && (is_covered || is_orphan(&path)) => self.files.push(path),
                Ok(kind) if kind.is_file() => {}
                Ok(_) if is_covered && is_seen(&entry.file_name()) => self.add_link(folder, path),
                Ok(_) => {}
                Err(error) => self.unread.push(unread(&path, &error)),
            }
        }
        found
    }

    /// Adds what there is to check at `path` in `folder`, which is neither a file nor a folder itself.
    fn add_link(&mut self, folder: &Path, path: PathBuf) {
        if path.is_dir() && is_cassette(folder) {
            let entries: Vec<PathBuf> =
                self.entries(&path).iter().map(DirEntry::path).filter(|path| is_json(path)).collect();
            if leads_out(folder, &path) && !entries.is_empty() {
                self.files.push(path);
            } else {
                self.files.extend(entries);
            }
        } else if is_recorded_json(folder, &path) {
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
fn is_recorded_json(folder: &Path, path: &Path) -> bool {
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
