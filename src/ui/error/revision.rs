//! Why a cassette in git cannot be read.

use std::io;

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
