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
        "{} and {} have different redaction rules in cassette.json: record one of them again with the rules of \
            the other",
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
        "{} and {} have different redaction keys, so one value has two pseudonyms: record one of them again \
            with the redaction.key of the other",
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
        "{}: answers to {} are only in the store: first write them as text with `ramtape seal --cassette {}`",
        root.display(),
        counted(*entries, "request", "requests"),
        shell_path(root)
    )]
    Pending {
        /// Where from.
        root: PathBuf,
        /// For how many requests.
        entries: usize,
    },
    /// A variable of one session with two values.
    #[error(
        "nothing was added: recorded variables have different values\n{}\n\
         record one cassette again with the values of the other, or under other session names",
        .clashes.join("\n")
    )]
    Variables {
        /// The variables, a line each.
        clashes: Vec<String>,
    },
    /// Answers that a replay could not tell apart.
    #[error(
        "nothing was added: two cassettes answer the same write of the same session differently\n{}\n\
         remove one of the answers first, or record under other session names",
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
            | Self::Pending { .. }
            | Self::Variables { .. }
            | Self::Clash { .. } => Exit::Failed,
        }
    }
}
