//! Why cassettes cannot be shared.

use crate::cassette::CassetteError;
use crate::lock_file::LockError;
use crate::model::{counted, shell_path};
use crate::remote::RemoteError;
use std::io;
use std::path::PathBuf;

/// Why a cassette cannot be brought together with `cassettes.lock` and the object store.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The lock is damaged.
    #[error("{}: {source}", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What is wrong with it.
        source: LockError,
    },
    /// git left a conflict in the lock.
    #[error("{}: {source}: `ramtape pull` merges both sides, as long as the merge is not committed", path.display())]
    LockConflict {
        /// The lock.
        path: PathBuf,
        /// Where.
        source: LockError,
    },
    /// The lock names something that no cassette holds.
    #[error("{} names {name:?}, which is no file of a cassette: remove that line", path.display())]
    ForeignName {
        /// The lock.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The lock was exchanged during a push.
    #[error("{} changed during the push, which has left it as it is now: run `ramtape push` again", path.display())]
    LockChanged {
        /// The lock.
        path: PathBuf,
    },
    /// The cassette is somewhere else.
    #[error(
        "the cassette {} is not below {}, the folder of cassettes.lock (links are followed): only cassettes below it are pushed and \
         pulled",
        root.display(),
        folder.display()
    )]
    Outside {
        /// The cassette's folder.
        root: PathBuf,
        /// The lock's folder.
        folder: PathBuf,
    },
    /// The lock names something newer.
    #[error(
        "cassettes.lock names {} of {} that {} not here yet: run `ramtape pull` first",
        counted(*files as u64, "file", "files"),
        root.display(),
        if *files == 1 { "is" } else { "are" }
    )]
    Behind {
        /// The cassette's folder.
        root: PathBuf,
        /// How many files.
        files: usize,
    },
    /// Files were changed here and by others, and cannot be merged.
    #[error(
        "nothing was pulled: {}. Choose with `ramtape pull --ours` (keep what is here) or `ramtape pull --theirs` (take what \
         cassettes.lock names)",
        describe(files)
    )]
    Conflicts {
        /// Each file, and why.
        files: Vec<(PathBuf, String)>,
    },
    /// A file was changed while it was sent.
    #[error("{} changed during the push, and cassettes.lock is as it was: run `ramtape push` again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// No remote is named.
    #[error(
        "no remote is set: say where the recorded files are kept with `url` in the table [remote] of ramtape.toml, \
         RAMTAPE_REMOTE_URL or --remote, such as s3://bucket/prefix"
    )]
    NoRemote,
    /// A run needs files that cannot be pulled into.
    #[error(
        "{} changed here and by others: run `ramtape pull --cassette {}` before this command",
        counted(*files as u64, "file was", "files were"),
        shell_path(root)
    )]
    RunConflict {
        /// The cassette's folder.
        root: PathBuf,
        /// How many files.
        files: usize,
    },
    /// git cannot tell what is needed.
    #[error("nothing was removed: {reason}")]
    Git {
        /// What is wrong and what to do.
        reason: String,
    },
    /// The cassette cannot be changed.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// The object store failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// How many files are named in an error.
const NAMED: usize = 5;

fn describe(files: &[(PathBuf, String)]) -> String {
    let mut told: Vec<String> =
        files.iter().take(NAMED).map(|(path, reason)| format!("{}: {reason}", path.display())).collect();
    told.extend((files.len() > NAMED).then(|| format!("and {} more", files.len() - NAMED)));
    told.join("; ")
}
