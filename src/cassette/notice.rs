//! What opening a cassette brought to light and people should know.

use super::journal::LostPages;
use crate::model::{counted, shell_path};
use std::fmt;
use std::path::PathBuf;

/// Something worth a line. `Display` is that line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Takes that no text holds yet are in use.
    Pending {
        /// The cassette's folder.
        root: PathBuf,
        /// For how many requests.
        entries: usize,
    },
    /// What a recording left pending was written as text.
    Sealed {
        /// For how many requests.
        entries: usize,
    },
    /// A take could not be written as text and stays in the store.
    NotSealed {
        /// The operation's folder and the fingerprint.
        name: String,
        /// Why.
        reason: String,
    },
    /// The store's index was damaged, and is made anew.
    DamagedIndex {
        /// What was wrong.
        reason: String,
        /// Where the damaged one is.
        aside: PathBuf,
    },
    /// The journal was damaged, and nothing tells what is gone.
    DamagedJournal {
        /// The journal.
        path: PathBuf,
    },
    /// A take that was acknowledged is gone, or its last pages are.
    Lost {
        /// The operation's folder and the fingerprint.
        name: String,
        /// How many pages were acknowledged.
        acknowledged: u32,
        /// How many are left.
        left: u32,
    },
    /// Another process has the store: the text is read directly.
    InUse {
        /// Whether that process has recorded takes that are not in the text yet.
        pending: bool,
    },
    /// The folder is no cassette.
    NoCassette,
    /// There is no store: the text is read directly.
    NoStore {
        /// Why.
        reason: String,
    },
}

impl Notice {
    pub(super) fn lost(LostPages { folder, fingerprint, acknowledged, left }: LostPages) -> Self {
        Self::Lost { name: format!("{folder}/{fingerprint}"), acknowledged, left }
    }

    /// Whether a recorded answer is gone.
    #[must_use]
    pub const fn is_loss(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::DamagedJournal { .. })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending { root, entries } => write!(
                f,
                "answers to {} are in the store only (a recording was killed, or they were refused as text); they are used; \
                 `ramtape seal --cassette {}` writes them as text, or says why it cannot",
                counted(*entries, "request", "requests"),
                shell_path(root)
            ),
            Self::Sealed { entries } => {
                let requests = counted(*entries, "request", "requests");
                write!(f, "answers to {requests}, left by an interrupted recording, were written as text")
            }
            Self::NotSealed { name, reason } => {
                write!(f, "{name} could not be written as text and stays in the store: {reason}")
            }
            Self::DamagedIndex { reason, aside } => write!(
                f,
                "the store's index was damaged ({reason}) and is rebuilt; nothing is lost. The damaged one is in {}",
                aside.display()
            ),
            Self::DamagedJournal { path } => write!(
                f,
                "LOST: {} is damaged, and answers recorded shortly before ramtape was killed are gone; which ones is not \
                 known: record again",
                path.display()
            ),
            Self::Lost { name, acknowledged, left: 0 } => {
                write!(
                    f,
                    "LOST: a recorded answer of {name} ({acknowledged} pages) is no longer in the store: record it again"
                )
            }
            Self::Lost { name, acknowledged, left } => write!(
                f,
                "LOST: of a recorded answer of {name} only {left} of {acknowledged} pages are left: record it again"
            ),
            Self::InUse { pending: false } => {
                f.write_str("another ramtape has the store open; the text is read directly")
            }
            Self::InUse { pending: true } => f.write_str(
                "another ramtape has the store open and takes in it that are not in the text yet; the text is read \
                 directly, without them",
            ),
            Self::NoCassette => f.write_str(
                "the folder is not a cassette, as it has no cassette.json: every request will be a miss. Check its \
                 path",
            ),
            Self::NoStore { reason } => write!(f, "no store is used ({reason}); the text is read directly"),
        }
    }
}
