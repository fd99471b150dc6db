//! Why cassettes cannot be merged.

use crate::model::{counted, shell_path};
use crate::ui::Exit;
use std::path::PathBuf;

/// Why cassettes cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A cassette is named twice.
    #[error("{} and {} are the same cassette", into.display(), from.display())]
    Same {
        /// Where to.
        into: PathBuf,
        /// Where from.
        from: PathBuf,
    },
    /// Values in the one would stand for others in the other.
    #[error(
        "{} and {} have different redaction rules in their cassette.json: record one of them again under the other's",
        into.display(),
        from.display()
    )]
    OtherRules {
        /// Where to.
        into: PathBuf,
        /// Where from.
        from: PathBuf,
    },
    /// The same, though the rules are the same.
    #[error(
        "{} and {} have different redaction keys: one value has two stand-ins in them; record one of them again with the \
         other's redaction.key",
        into.display(),
        from.display()
    )]
    OtherKey {
        /// Where to.
        into: PathBuf,
        /// Where from.
        from: PathBuf,
    },
    /// Takes that nobody has judged yet.
    #[error(
        "{}: answers to {} are in the store only: write them as text with `ramtape seal --cassette {}` first",
        root.display(),
        counted(*entries, "request", "requests"),
        shell_path(root)
    )]
    Unsealed {
        /// Where from.
        root: PathBuf,
        /// For how many requests.
        entries: usize,
    },
    /// A variable of one session with two values.
    #[error(
        "nothing was added: these recorded variables have different values\n{}\n\
         record one of the cassettes again with the other's, or in sessions with different names",
        .clashes.join("\n")
    )]
    Variables {
        /// The variables, a line each.
        clashes: Vec<String>,
    },
    /// Answers that a replay could not tell apart.
    #[error(
        "nothing was added: the cassette has another answer to one and the same write of one session\n{}\n\
         remove it there first, or record in sessions with different names",
        .clashes.join("\n")
    )]
    Clash {
        /// The writes, a line each.
        clashes: Vec<String>,
    },
}

impl MergeError {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Same { .. } => Exit::Usage,
            Self::OtherRules { .. }
            | Self::OtherKey { .. }
            | Self::Unsealed { .. }
            | Self::Variables { .. }
            | Self::Clash { .. } => Exit::Failed,
        }
    }
}
