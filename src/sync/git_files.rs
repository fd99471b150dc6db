//! What git has to know of cassettes that are kept outside it.

use super::SyncError;
use super::project::Project;
use crate::files::write_atomically;
use crate::git::Git;
use crate::lock_file::LOCK_NAME;
use std::fs;
use std::io;

/// What was done, and what is left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitFiles {
    /// Lines added, each with its file.
    pub added: Vec<String>,
    /// Cassettes whose files git has, by what the lock calls them.
    pub tracked: Vec<String>,
}

/// Has git ignore the cassettes called `prefixes`, and merge the lock file by file, where the project is in a repository: adds what is
/// missing in `.gitignore` and `.gitattributes` beside the lock.
///
/// # Errors
/// Where one of the two cannot be written.
pub fn prepare_git<'p>(project: &Project, prefixes: impl Iterator<Item = &'p str>) -> Result<GitFiles, SyncError> {
    let mut done = GitFiles::default();
    let git = Git::in_folder(Some(project.folder()));
    if git.ask(&["rev-parse", "--is-inside-work-tree"]).as_deref() != Some("true") {
        return Ok(done);
    }
    let merged = git.ask(&["check-attr", "merge", "--", LOCK_NAME]).is_some_and(|told| told.ends_with(": ramtape"));
    if !merged {
        add_line(project, ".gitattributes", &format!("{LOCK_NAME} merge=ramtape"), &mut done)?;
    }
    // A cassette that is the project's folder itself cannot be ignored as a whole.
    for prefix in prefixes.filter(|prefix| !prefix.is_empty()) {
        let file = format!("{prefix}/cassette.json");
        if git.ask(&["ls-files", "--", &format!("{prefix}/")]).is_some_and(|files| !files.is_empty()) {
            done.tracked.push(prefix.to_owned());
        }
        if git.ask(&["check-ignore", "--no-index", "--", &file]).is_none() {
            add_line(project, ".gitignore", &format!("/{prefix}/"), &mut done)?;
        }
    }
    Ok(done)
}

fn add_line(project: &Project, name: &str, line: &str, done: &mut GitFiles) -> Result<(), SyncError> {
    let path = project.folder().join(name);
    let mut text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(SyncError::Read { path, source }),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    write_atomically(&path, text.as_bytes(), 0o666).map_err(|source| SyncError::Write { path, source })?;
    done.added.push(format!("{line} in {name}"));
    Ok(())
}
