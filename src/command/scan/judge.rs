//! What is wrong with a file.

use crate::app::Rules;
use crate::cassette::{self, CassetteError, Leak, Warden, is_cassette, policy_of};
use crate::fingerprint::Fingerprint;
use crate::interaction::with_causes;
use crate::redact::{Redaction, credentials_in};
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// A secret stands in it.
    Secret {
        file: PathBuf,
        /// Where.
        place: Place,
        /// What it is.
        what: String,
    },
    /// It is of a cassette, and is damaged or answers nothing.
    Invalid { file: PathBuf, reason: String },
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Pointer(String),
    Line(usize),
}

impl Verdict {
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    pub(super) fn json(&self) -> String {
        let object = match self {
            Self::Secret { file, place: Place::Pointer(pointer), what } => {
                serde_json::json!({ "file": file.to_string_lossy(), "found": what, "pointer": pointer })
            }
            Self::Secret { file, place: Place::Line(line), what } => {
                serde_json::json!({ "file": file.to_string_lossy(), "found": what, "line": line })
            }
            Self::Invalid { file, reason } => {
                serde_json::json!({ "file": file.to_string_lossy(), "invalid": reason })
            }
        };
        format!("{object}\n")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { file, place: Place::Pointer(pointer), what } => {
                write!(f, "{}: {what} at {pointer}", file.display())
            }
            Self::Secret { file, place: Place::Line(line), what } => write!(f, "{}:{line}: {what}", file.display()),
            // The reason names the file.
            Self::Invalid { reason, .. } => f.write_str(reason),
        }
    }
}

/// Judges files, those of cassettes by their cassette's rules.
pub(super) struct Judge {
    rules: Rules,
    /// By the folder of the cassette.
    cassettes: Mutex<HashMap<PathBuf, Result<Arc<Redaction>, String>>>,
}

impl Judge {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, cassettes: Mutex::default() }
    }

    /// What is wrong with the file at `path`.
    pub(super) fn judge(&self, path: &Path) -> Vec<Verdict> {
        let judged = match entry_of(path) {
            Some((root, folder, fingerprint)) => self.entry(path, root, folder, &fingerprint),
            None => self.other(path),
        };
        judged.unwrap_or_else(|reason| vec![Verdict::Invalid { file: path.to_owned(), reason }])
    }

    fn entry(&self, path: &Path, root: &Path, folder: &str, fp: &Fingerprint) -> Result<Vec<Verdict>, String> {
        let redaction = self.redaction(root)?;
        let judge = cassette::Judge { warden: &self.rules, redaction: &redaction };
        match judge.inspect(root, path, folder, fp) {
            Ok(()) => Ok(Vec::new()),
            Err(CassetteError::Secret { leaks, .. }) => Ok(leaks.into_iter().map(|leak| secret(path, leak)).collect()),
            Err(error) => Err(with_causes(&error)),
        }
    }

    /// The rules of the cassette in `root`. They are read once.
    fn redaction(&self, root: &Path) -> Result<Arc<Redaction>, String> {
        let mut cassettes = self.cassettes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cassettes.entry(root.to_owned()).or_insert_with(|| {
            let policy = policy_of(root).map_err(|error| with_causes(&error))?.unwrap_or_default();
            self.rules.redaction(root, policy, false).map(Arc::new)
        });
        known.clone()
    }

    fn other(&self, path: &Path) -> Result<Vec<Verdict>, String> {
        let root = path.parent().unwrap_or(path);
        let of_cassette = is_cassette(root);
        // The key that stands beside a cassette, or the cassettes of sessions, stands there by choice.
        if path.file_name().is_some_and(|name| name == cassette::KEY_FILE)
            && (of_cassette || cassette::below(root).is_ok_and(|cassettes| !cassettes.is_empty()))
        {
            return Ok(Vec::new());
        }
        if of_cassette && path.file_name().is_some_and(|name| name == "cassette.json") {
            self.redaction(root)?;
        }
        let bytes = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let found =
            credentials_in(&text).into_iter().filter(|(_, found)| !self.rules.allows(path, found.value.expose()));
        let verdict = |(line, found): (usize, crate::redact::Finding)| Verdict::Secret {
            file: path.to_owned(),
            place: Place::Line(line),
            what: found.what,
        };
        Ok(found.map(verdict).collect())
    }
}

fn secret(path: &Path, leak: Leak) -> Verdict {
    let line = leak.place.strip_prefix("line ").and_then(|line| line.parse().ok());
    let place = line.map_or(Place::Pointer(leak.place), Place::Line);
    Verdict::Secret { file: path.to_owned(), place, what: leak.what }
}

/// The cassette, the folder and the fingerprint of a file that is an entry's.
fn entry_of(path: &Path) -> Option<(&Path, &str, Fingerprint)> {
    let fingerprint = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
    let folder = path.parent()?;
    let root = folder.parent()?;
    is_cassette(root).then_some((root, folder.file_name()?.to_str()?, fingerprint))
}
