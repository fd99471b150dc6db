//! What is wrong with a file.

use super::entry_place::EntryPlace;
use super::names::Names;
use crate::app::Rules;
use crate::cassette::text::begins_as_entry;
use crate::cassette::{self, CassetteError, Leak, VARIABLES_FILE, Variables, Warden, is_cassette, policy_of};
use crate::command::takes::recorded::unkept_header;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Entry, Misspelt, utf8, with_causes};
use crate::redact::{Finding, Redaction, credentials_in, scan_text, unkept_headers};
use std::collections::HashMap;
use std::fs;
use std::io;
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
    /// Nobody knows what stands in it.
    Unread { file: PathBuf, reason: String },
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In its name, or a folder's.
    Name,
    Pointer(String),
    Line(usize),
}

impl Verdict {
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    pub(super) fn file(&self) -> &Path {
        match self {
            Self::Secret { file, .. } | Self::Invalid { file, .. } | Self::Unread { file, .. } => file,
        }
    }

    /// For programs.
    pub(super) fn json(&self, names: &Names) -> String {
        let object = match self {
            Self::Secret { file, place, what } => {
                let mut object = serde_json::json!({ "file": names.shown(file), "found": what });
                match place {
                    Place::Name => {}
                    Place::Pointer(pointer) => object["pointer"] = pointer.as_str().into(),
                    Place::Line(line) => object["line"] = (*line).into(),
                }
                object
            }
            Self::Invalid { file, reason } => {
                serde_json::json!({ "file": names.shown(file), "invalid": names.hidden(reason) })
            }
            Self::Unread { file, reason } => {
                serde_json::json!({ "file": names.shown(file), "unread": names.hidden(reason) })
            }
        };
        format!("{object}\n")
    }

    /// For people.
    pub(super) fn text(&self, names: &Names) -> String {
        match self {
            Self::Secret { file, place, what } => {
                let file = names.shown(file);
                match place {
                    Place::Name => format!("{file}: {what} in its name"),
                    Place::Pointer(pointer) => format!("{file}: {what} at {pointer}"),
                    Place::Line(line) => format!("{file}:{line}: {what}"),
                }
            }
            // The reason names the file.
            Self::Invalid { reason, .. } | Self::Unread { reason, .. } => names.hidden(reason),
        }
    }
}

/// Judges files, those of cassettes by their cassette's rules.
pub(super) struct Judge {
    pub(super) rules: Rules,
    /// By the folder of the cassette.
    cassettes: Mutex<HashMap<PathBuf, Result<Arc<Known>, Flaw>>>,
}

/// Why a file cannot be judged as what it should be.
#[derive(Clone)]
enum Flaw {
    /// It is damaged, or its cassette is.
    Invalid(String),
    /// It is none that may be read.
    NoFile(String),
    Unread(String),
}

impl From<CassetteError> for Flaw {
    fn from(error: CassetteError) -> Self {
        let reason = with_causes(&error);
        match error {
            CassetteError::Read { .. } => Self::Unread(reason),
            CassetteError::NotAFile { .. } => Self::NoFile(reason),
            _ => Self::Invalid(reason),
        }
    }
}

/// What is known of a cassette.
struct Known {
    redaction: Redaction,
    /// Whether a later ramtape may have kept what this one does not.
    is_of_newer: bool,
}

impl Judge {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, cassettes: Mutex::default() }
    }

    /// What is wrong with the file at `path`.
    pub(super) fn judge(&self, path: &Path) -> Vec<Verdict> {
        let place = EntryPlace::in_cassette(path);
        let judged = match &place {
            // A link that leads nowhere, or out; or what nobody can read to its end.
            _ if !path.is_file() && path.symlink_metadata().is_ok() => {
                Err(CassetteError::NotAFile { path: path.to_owned() }.into())
            }
            Some(EntryPlace { root, folder, fingerprint: Some(fingerprint) }) => {
                self.entry(path, root, folder, fingerprint)
            }
            Some(_) => self.misnamed(path),
            None => self.other(path),
        };
        judged.unwrap_or_else(|flaw| match flaw {
            // It is looked through all the same, as any file.
            Flaw::Invalid(reason) => {
                let found = read(path).map(|text| self.secrets(path, credentials_in(&text))).unwrap_or_default();
                found.into_iter().chain([invalid(path, reason)]).collect()
            }
            Flaw::NoFile(reason) => vec![invalid(path, reason)],
            Flaw::Unread(reason) => vec![Verdict::Unread { file: path.to_owned(), reason }],
        })
    }

    fn entry(&self, path: &Path, root: &Path, folder: &str, fp: &Fingerprint) -> Result<Vec<Verdict>, Flaw> {
        let known = self.known(root)?;
        let judge = cassette::Judge { warden: &self.rules, redaction: &known.redaction };
        match judge.inspect(root, path, folder, fp) {
            Ok(Some(entry)) if !known.is_of_newer => Ok(unkept(path, &entry)),
            Ok(_) => Ok(Vec::new()),
            Err(CassetteError::Secret { leaks, .. }) => Ok(leaks.into_iter().map(|leak| secret(path, leak)).collect()),
            Err(error) => Err(error.into()),
        }
    }

    /// The cassette in `root`. What it says of itself is read once.
    fn known(&self, root: &Path) -> Result<Arc<Known>, Flaw> {
        let mut cassettes = self.cassettes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cassettes.entry(root.to_owned()).or_insert_with(|| {
            let policy = policy_of(root)?.unwrap_or_default();
            let redaction = self.rules.redaction(root, policy, false).map_err(Flaw::Invalid)?;
            Ok(Arc::new(Known { redaction, is_of_newer: cassette::is_of_newer(root) }))
        });
        known.clone()
    }

    /// A JSON file where recorded ones stand, under a name that none of them has.
    fn misnamed(&self, path: &Path) -> Result<Vec<Verdict>, Flaw> {
        let mut verdicts = self.other(path)?;
        // A cassette's own, in a folder of cassettes that is one itself.
        let is_own = |name: &std::ffi::OsStr| name == "cassette.json" || (name == VARIABLES_FILE && is_variables(path));
        if !path.file_name().is_some_and(is_own) {
            verdicts.push(invalid(path, with_causes(&CassetteError::Name { path: path.to_owned() })));
        }
        Ok(verdicts)
    }

    fn other(&self, path: &Path) -> Result<Vec<Verdict>, Flaw> {
        let root = path.parent().unwrap_or(path);
        let of_cassette = is_cassette(root);
        // The key that stands beside a cassette, or the cassettes of sessions, stands there by choice.
        if path.file_name().is_some_and(|name| name == cassette::KEY_FILE)
            && (of_cassette || cassette::below(root).is_ok_and(|cassettes| !cassettes.is_empty()))
        {
            return Ok(Vec::new());
        }
        if of_cassette && path.file_name().is_some_and(|name| name == "cassette.json") {
            self.known(root)?;
        }
        if is_variables(path) {
            return self.variables(path, root);
        }
        let text = read(path).map_err(Flaw::Unread)?;
        let recorded = begins_as_entry(&text);
        let orphan = recorded.as_ref().and_then(|operation| EntryPlace::without_cassette(path, &operation.folder()));
        // An entry's copy is looked through as the entry is; which rules hold for an orphan nobody knows.
        let is_copy = recorded.is_some() && orphan.is_none();
        let found = if is_copy { scan_text(&text) } else { credentials_in(&text) };
        let orphan = orphan.map(|EntryPlace { root, .. }| {
            let reason = with_causes(&CassetteError::NoFormat { root: root.clone() });
            invalid(&root.join("cassette.json"), reason)
        });
        Ok(self.secrets(path, found).into_iter().chain(orphan).collect())
    }

    /// The recorded variables of the cassette in `root`, which stand in the file at `path`.
    fn variables(&self, path: &Path, root: &Path) -> Result<Vec<Verdict>, Flaw> {
        let known = self.known(root)?;
        let judge = cassette::Judge { warden: &self.rules, redaction: &known.redaction };
        let leaks = judge.secrets_in_variables(root, &Variables::read(root)?);
        Ok(leaks.into_iter().map(|leak| secret(path, leak)).collect())
    }

    /// What was found in the file at `path`, but for what is allowed.
    fn secrets(&self, path: &Path, found: Vec<(usize, Finding)>) -> Vec<Verdict> {
        let found = found.into_iter().filter(|(_, found)| !self.rules.allows(path, found.value.expose()));
        let verdict = |(line, found): (usize, Finding)| Verdict::Secret {
            file: path.to_owned(),
            place: Place::Line(line),
            what: found.what,
        };
        found.map(verdict).collect()
    }
}

/// Whether the file at `path` holds the recorded variables of a cassette.
fn is_variables(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == VARIABLES_FILE) && path.parent().is_some_and(is_cassette)
}

/// The text in the file at `path`; UTF-16 is read as such, and what is no text becomes replacement characters.
fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| cannot_read(path, &error))?;
    let text = utf8(&bytes).unwrap_or_else(|Misspelt(text)| text.into_bytes().into());
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

/// What there is to say of what could not be read.
pub(super) fn unread(path: &Path, error: &io::Error) -> Verdict {
    Verdict::Unread { file: path.to_owned(), reason: cannot_read(path, error) }
}

fn invalid(file: &Path, reason: String) -> Verdict {
    Verdict::Invalid { file: file.to_owned(), reason }
}

/// The headers in the file at `path` that no recording put there.
fn unkept(path: &Path, entry: &Entry) -> Vec<Verdict> {
    let pages = entry.takes.iter().enumerate().flat_map(|(take, it)| {
        it.pages.iter().enumerate().map(move |(page, it)| (format!("/takes/{take}/pages/{page}/headers"), it))
    });
    let flaws = pages.flat_map(|(place, page)| {
        unkept_headers(page).map(move |name| format!("{place}/{}: {}", json::pointer_step(name), unkept_header()))
    });
    flaws.map(|flaw| invalid(path, format!("{}: {flaw}", path.display()))).collect()
}

fn secret(path: &Path, leak: Leak) -> Verdict {
    let line = leak.place.strip_prefix("line ").and_then(|line| line.parse().ok());
    let place = line.map_or(Place::Pointer(leak.place), Place::Line);
    Verdict::Secret { file: path.to_owned(), place, what: leak.what }
}
