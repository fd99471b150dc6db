//! What the scan reports.

use std::io;
use std::path::{Path, PathBuf};

/// A problem that the scan found in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Problem {
    /// There is a secret in it.
    Secret {
        file: PathBuf,
        /// Where.
        place: SecretPlace,
        /// What it is.
        what: String,
    },
    /// It belongs to a cassette, and is damaged or would answer nothing.
    Invalid { file: PathBuf, reason: String },
    /// It could not be read.
    Unread { file: PathBuf, reason: String },
}

/// Where in a file a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SecretPlace {
    /// In the name of the file or folder.
    Name,
    /// A JSON pointer.
    Pointer(String),
    /// A line, counted from 1.
    Line(usize),
}

impl Problem {
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    pub(super) fn file(&self) -> &Path {
        match self {
            Self::Secret { file, .. } | Self::Invalid { file, .. } | Self::Unread { file, .. } => file,
        }
    }

    /// One JSON object and a line break. `hide` takes the secrets out of names.
    pub(super) fn to_json(&self, hide: impl Fn(&str) -> String) -> String {
        let object = match self {
            Self::Secret { file, place, what } => {
                let mut object = serde_json::json!({ "file": hide(&file.to_string_lossy()), "found": what });
                match place {
                    SecretPlace::Name => {}
                    SecretPlace::Pointer(pointer) => object["pointer"] = pointer.as_str().into(),
                    SecretPlace::Line(line) => object["line"] = (*line).into(),
                }
                object
            }
            Self::Invalid { file, reason } => {
                serde_json::json!({ "file": hide(&file.to_string_lossy()), "invalid": hide(reason) })
            }
            Self::Unread { file, reason } => {
                serde_json::json!({ "file": hide(&file.to_string_lossy()), "unread": hide(reason) })
            }
        };
        format!("{object}\n")
    }

    /// What a person reads. `hide` takes the secrets out of names.
    pub(super) fn to_text(&self, hide: impl Fn(&str) -> String) -> String {
        match self {
            Self::Secret { file, place, what } => {
                let file = hide(&file.to_string_lossy());
                match place {
                    SecretPlace::Name => format!("{file}: {what} in its name"),
                    SecretPlace::Pointer(pointer) => format!("{file}: {what} at {pointer}"),
                    SecretPlace::Line(line) => format!("{file}:{line}: {what}"),
                }
            }
            // The reason names the file.
            Self::Invalid { reason, .. } | Self::Unread { reason, .. } => hide(reason),
        }
    }
}

/// The problem of a file or folder that could not be read.
pub(super) fn unread(path: &Path, error: &io::Error) -> Problem {
    Problem::Unread { file: path.to_owned(), reason: format!("cannot read {}: {error}", path.display()) }
}

/// The problem of a file of a cassette that is wrong for this reason.
pub(super) fn invalid(file: &Path, reason: String) -> Problem {
    Problem::Invalid { file: file.to_owned(), reason }
}
