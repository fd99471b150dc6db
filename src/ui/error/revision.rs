//! Why a cassette in git cannot be read.

use std::io;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// There is no git.
    #[error("git cannot be run: reading {revision} needs it")]
    NoGit {
        /// What was asked for.
        revision: String,
        /// Why.
        source: io::Error,
    },
    /// git does not know the revision, or there is no repository.
    #[error("git has no revision {revision:?} here{reason}")]
    NoRevision {
        /// The revision.
        revision: String,
        /// What git said, if it said something.
        reason: String,
    },
    /// The revision has no such folder.
    #[error("the revision {revision:?} has no folder {path:?}; paths begin at the repository's root, or with ./ here")]
    NoFolder {
        /// The revision.
        revision: String,
        /// The path in it.
        path: String,
    },
    /// The folder is no cassette.
    #[error("{revision}:{path} is no cassette: it has no cassette.json")]
    NoCassette {
        /// The revision.
        revision: String,
        /// The path in it.
        path: String,
    },
    /// A file of the cassette is a link.
    #[error("{name} in the revision is a link, which no cassette has")]
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
    #[error("the files of the revision cannot be read")]
    Io(#[from] io::Error),
}
