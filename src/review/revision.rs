//! A cassette as a git revision has it, by way of the `git` command.

use crate::cassette::{VARIABLES_FILE, is_plain_name};
use crate::git::{Git, said};
use crate::scratch::Scratch;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// There is no git.
    #[error("cannot run git, which is needed to read {revision}")]
    NoGit {
        /// What was asked for.
        revision: String,
        /// Why.
        source: io::Error,
    },
    /// git does not know the revision, or there is no repository.
    #[error("git does not know the revision {revision:?} here{reason}")]
    NoRevision {
        /// The revision.
        revision: String,
        /// What git said, if it said something.
        reason: String,
    },
    /// The revision has no such folder.
    #[error(
        "the revision {revision:?} has no folder {path:?}; paths start at the repository's root, or with ./ \
        at the current folder"
    )]
    NoFolder {
        /// The revision.
        revision: String,
        /// The path in it.
        path: String,
    },
    /// The folder is no cassette.
    #[error("{revision}:{path} is not a cassette: it has no cassette.json")]
    NoCassette {
        /// The revision.
        revision: String,
        /// The path in it.
        path: String,
    },
    /// A file of the cassette is a link.
    #[error("{name} in the revision is a symbolic link; a cassette has none")]
    Link {
        /// The file.
        name: String,
    },
    /// git failed on the way.
    #[error("git failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// The files cannot be put down to be read.
    #[error("cannot extract the files of the revision")]
    Io(#[from] io::Error),
}

/// Takes `REV:PATH` apart; `None` where it is not written so.
#[must_use]
pub fn parse_revision(text: &str) -> Option<(&str, &str)> {
    let (revision, path) = text.split_once(':')?;
    let path = path.trim_end_matches('/');
    (!revision.is_empty() && !revision.starts_with('-') && !path.is_empty()).then_some((revision, path))
}

/// Whether the folder `root`, an absolute path, is in a work tree of git, as far as folders tell.
#[must_use]
pub fn is_in_git(root: &Path) -> bool {
    root.ancestors().any(|folder| folder.join(".git").exists())
}

/// The cassette in the folder `path` of `revision`, put down in a temporary folder. Nothing of the work tree is touched. Paths are
/// as git has them in the folder `here`; files called as one of `unchanged` are left out. `step` is told the number of files
/// before each.
pub(super) fn check_out(
    revision: &str,
    path: &str,
    here: Option<&Path>,
    unchanged: &HashSet<String>,
    step: &mut dyn FnMut(usize),
) -> Result<Scratch, RevisionError> {
    let git = Git::in_folder(here);
    let tree = tree(git, revision, path)?;
    let mut files = files(git, &tree)?;
    if !files.iter().any(|file| file.name == "cassette.json") {
        return Err(RevisionError::NoCassette { revision: revision.to_owned(), path: path.to_owned() });
    }
    files.retain(|file| !unchanged.contains(&file.name));
    let folder = Scratch::new()?;
    put_down(git, &files, folder.path(), step)?;
    Ok(folder)
}

/// The entries' files below the folder `root` of the work tree that are the same in `revision`, by their paths in it.
pub(super) fn find_unchanged(revision: &str, root: &Path) -> Result<HashSet<String>, RevisionError> {
    let git = Git::in_folder(Some(root));
    let mut same: HashSet<String> = files(git, &tree(git, revision, ".")?)?
        .into_iter()
        .map(|file| file.name)
        .filter(|name| name.contains('/'))
        .collect();
    // git knows by the times of the files which of them it has to read.
    let compared =
        git.output(&["diff", "--name-only", "--no-ext-diff", "--no-renames", "--relative", "-z", revision, "--", "."])?;
    if !compared.status.success() {
        return Err(RevisionError::Failed { reason: said(&compared) });
    }
    for name in compared.stdout.split(|byte| *byte == 0) {
        same.remove(&*String::from_utf8_lossy(name));
    }
    Ok(same)
}

/// The object of the folder.
fn tree(git: Git<'_>, revision: &str, path: &str) -> Result<String, RevisionError> {
    let object = |name: &str| {
        let found = git.output(&["rev-parse", "--verify", "--quiet", name]);
        found.map_err(|source| RevisionError::NoGit { revision: revision.to_owned(), source })
    };
    let known = object(&format!("{revision}^{{tree}}"))?;
    if !known.status.success() {
        let said = said(&known);
        let reason = if said.is_empty() { said } else { format!(": {said}") };
        return Err(RevisionError::NoRevision { revision: revision.to_owned(), reason });
    }
    // As git has it, `.` alone is a name like any other, and `./` the folder here.
    let end = if path == "." || path == ".." || path.ends_with("/..") { "/" } else { "" };
    let found = object(&format!("{revision}:{path}{end}"))?;
    let name = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let is_tree = || git.output(&["cat-file", "-t", &name]).is_ok_and(|kind| kind.stdout == b"tree\n");
    if !found.status.success() || !is_tree() {
        return Err(RevisionError::NoFolder { revision: revision.to_owned(), path: path.to_owned() });
    }
    Ok(name)
}

/// A file of a cassette in git.
struct Blob {
    name: String,
    object: String,
}

/// What a cassette reads of the folder: `cassette.json`, the recorded variables, and the JSON files one folder down.
fn files(git: Git<'_>, tree: &str) -> Result<Vec<Blob>, RevisionError> {
    // Without --full-tree git lists nothing of it in a folder below the repository's root.
    let listed = git.output(&["ls-tree", "-r", "-z", "--full-tree", tree])?;
    if !listed.status.success() {
        return Err(RevisionError::Failed { reason: said(&listed) });
    }
    let mut files = Vec::new();
    for line in listed.stdout.split(|byte| *byte == 0) {
        let line = String::from_utf8_lossy(line);
        let Some((head, name)) = line.split_once('\t') else { continue };
        let mut words = head.split(' ');
        let (mode, object) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        let parts: Vec<&str> = name.split('/').collect();
        let ours = match parts.as_slice() {
            ["cassette.json" | VARIABLES_FILE] => true,
            [folder, file] => is_plain_name(folder) && file.ends_with(".json") && is_plain_name(file),
            _ => false,
        };
        if ours && !mode.starts_with("100") {
            return Err(RevisionError::Link { name: name.to_owned() });
        }
        files.extend(ours.then(|| Blob { name: name.to_owned(), object: object.to_owned() }));
    }
    Ok(files)
}

/// Writes the files into `folder`, all by one git.
fn put_down(git: Git<'_>, files: &[Blob], folder: &Path, step: &mut dyn FnMut(usize)) -> Result<(), RevisionError> {
    let mut git = git.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut orders), Some(answers)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(RevisionError::Failed { reason: "it has no pipes".to_owned() });
    };
    let wanted: String = files.iter().map(|file| format!("{}\n", file.object)).collect();
    // Both pipes are full before either end is through.
    let asking = std::thread::spawn(move || orders.write_all(wanted.as_bytes()));
    let mut answers = BufReader::new(answers);
    let written = files.iter().try_for_each(|file| {
        step(files.len());
        let path = folder.join(&file.name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, blob(&mut answers)?)?;
        Ok(())
    });
    drop(answers);
    let _ = asking.join();
    git.wait()?;
    written
}

/// The next answer of `git cat-file --batch`: a line `OBJECT blob SIZE`, the bytes, a newline.
fn blob(answers: &mut impl BufRead) -> Result<Vec<u8>, RevisionError> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    let size = line.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
    let size: usize = size.ok_or_else(|| RevisionError::Failed { reason: line.trim_end().to_owned() })?;
    let mut bytes = vec![0; size];
    answers.read_exact(&mut bytes)?;
    answers.read_exact(&mut [0])?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::parse_revision;

    #[test]
    fn a_revision_is_written_as_git_writes_it() {
        assert_eq!(parse_revision("main:cassettes/x/"), Some(("main", "cassettes/x")));
        assert_eq!(parse_revision("HEAD~2:./x"), Some(("HEAD~2", "./x")));
        for other in ["cassettes/x", ":cassettes/x", "main:", "--upload-pack=x:y", "main:/"] {
            assert_eq!(parse_revision(other), None, "{other}");
        }
    }
}
