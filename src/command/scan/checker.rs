//! Checks one file: for secrets, and by its cassette's rules where it is recorded.

use super::entry_place::{EntryPlace, holds_cassettes};
use super::problem::{Problem, SecretPlace, invalid, unread};
use crate::app::Rules;
use crate::cassette::{
    self, CassetteError, Leak, RecordingPolicy, VARIABLES_FILE, Variables, is_cassette, read_redaction_spec,
};
use crate::command::takes::recorded::unkept_header;
use crate::entry_file::begins_as_entry;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Entry, Misspelt, utf8, with_causes};
use crate::redact::{Finding, Redaction, find_credentials, scan_text, unkept_headers};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Checks files, those of a cassette by the cassette's rules.
pub(super) struct FileChecker {
    pub(super) rules: Rules,
    /// What is known of each cassette, by its folder.
    cassettes: Mutex<HashMap<PathBuf, Result<Arc<KnownCassette>, CheckError>>>,
}

/// Why a file cannot be checked as what it should be.
#[derive(Clone)]
enum CheckError {
    /// It is damaged, or its cassette is.
    Invalid(String),
    /// It is no regular file inside the cassette.
    NotAFile(String),
    /// It cannot be read.
    Unread(String),
}

impl From<CassetteError> for CheckError {
    fn from(error: CassetteError) -> Self {
        let reason = with_causes(&error);
        match error {
            CassetteError::Read { .. } => Self::Unread(reason),
            CassetteError::NotAFile { .. } => Self::NotAFile(reason),
            _ => Self::Invalid(reason),
        }
    }
}

/// The rules of a cassette.
struct KnownCassette {
    redaction: Redaction,
    /// Whether a later ramtape may have kept what this one does not.
    is_of_newer: bool,
}

impl FileChecker {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, cassettes: Mutex::default() }
    }

    /// The problems of the file at `path`.
    pub(super) fn check(&self, path: &Path) -> Vec<Problem> {
        let place = EntryPlace::in_cassette(path);
        let checked = match &place {
            // A link that leads nowhere, or out; or what nobody can read to its end.
            _ if !path.is_file() && path.symlink_metadata().is_ok() => {
                Err(CassetteError::NotAFile { path: path.to_owned() }.into())
            }
            Some(EntryPlace { root, folder, fingerprint: Some(fingerprint) }) => {
                self.check_entry(path, root, folder, fingerprint)
            }
            Some(_) => self.check_misnamed(path),
            None => self.check_other(path),
        };
        checked.unwrap_or_else(|flaw| match flaw {
            // It is searched all the same, as any other file.
            CheckError::Invalid(reason) => {
                let found = read_text(path).map(|text| self.secrets(path, find_credentials(&text))).unwrap_or_default();
                found.into_iter().chain([invalid(path, reason)]).collect()
            }
            CheckError::NotAFile(reason) => vec![invalid(path, reason)],
            CheckError::Unread(reason) => vec![Problem::Unread { file: path.to_owned(), reason }],
        })
    }

    fn check_entry(
        &self,
        path: &Path,
        root: &Path,
        folder: &str,
        fp: &Fingerprint,
    ) -> Result<Vec<Problem>, CheckError> {
        let known = self.load_cassette(root)?;
        let validator = cassette::Validator { policy: &self.rules, redaction: &known.redaction };
        match validator.inspect(root, path, folder, fp) {
            Ok(Some(entry)) if !known.is_of_newer => Ok(unkept(path, &entry)),
            Ok(_) => Ok(Vec::new()),
            Err(CassetteError::Secret { leaks, .. }) => Ok(leaks.into_iter().map(|leak| secret(path, leak)).collect()),
            Err(error) => Err(error.into()),
        }
    }

    /// The cassette in `root`. What it says of itself is read once.
    fn load_cassette(&self, root: &Path) -> Result<Arc<KnownCassette>, CheckError> {
        let mut cassettes = self.cassettes.lock();
        let known = cassettes.entry(root.to_owned()).or_insert_with(|| {
            let spec = read_redaction_spec(root)?.unwrap_or_default();
            let redaction = self.rules.redaction(root, spec, false);
            let redaction = redaction.map_err(|error| CheckError::Invalid(with_causes(&*error)))?;
            Ok(Arc::new(KnownCassette { redaction, is_of_newer: cassette::is_of_newer(root) }))
        });
        known.clone()
    }

    /// A JSON file where recorded ones stand, under a name that none of them has.
    fn check_misnamed(&self, path: &Path) -> Result<Vec<Problem>, CheckError> {
        let mut problems = self.check_other(path)?;
        // A cassette's own, in a folder of cassettes that is one itself.
        let is_own = |name: &std::ffi::OsStr| name == "cassette.json" || (name == VARIABLES_FILE && is_variables(path));
        if !path.file_name().is_some_and(is_own) {
            problems.push(invalid(path, with_causes(&CassetteError::Name { path: path.to_owned() })));
        }
        Ok(problems)
    }

    fn check_other(&self, path: &Path) -> Result<Vec<Problem>, CheckError> {
        let root = path.parent().unwrap_or(path);
        let of_cassette = is_cassette(root);
        // The key that stands beside a cassette, or the cassettes of sessions, stands there by choice.
        if path.file_name().is_some_and(|name| name == cassette::KEY_FILE) && (of_cassette || holds_cassettes(root)) {
            return Ok(Vec::new());
        }
        if of_cassette && path.file_name().is_some_and(|name| name == "cassette.json") {
            self.load_cassette(root)?;
        }
        if is_variables(path) {
            return self.check_variables(path, root);
        }
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => return Ok(vec![unread(path, &error)]),
        };
        let orphan = EntryPlace::without_cassette(path, &text);
        // An entry's copy is searched as the entry is; which rules hold for an orphan nobody knows.
        let is_copy = orphan.is_none() && begins_as_entry(&text).is_some();
        let found = if is_copy { scan_text(&text) } else { find_credentials(&text) };
        let orphan = orphan.map(|EntryPlace { root, .. }| {
            let reason = with_causes(&CassetteError::NoFormat { root: root.clone() });
            invalid(&root.join("cassette.json"), reason)
        });
        Ok(self.secrets(path, found).into_iter().chain(orphan).collect())
    }

    /// The recorded variables of the cassette in `root`, which stand in the file at `path`.
    fn check_variables(&self, path: &Path, root: &Path) -> Result<Vec<Problem>, CheckError> {
        let known = self.load_cassette(root)?;
        let validator = cassette::Validator { policy: &self.rules, redaction: &known.redaction };
        let leaks = validator.secrets_in_variables(root, &Variables::read(root)?);
        Ok(leaks.into_iter().map(|leak| secret(path, leak)).collect())
    }

    /// What was found in the file at `path`, but for what is allowed.
    fn secrets(&self, path: &Path, found: Vec<(usize, Finding)>) -> Vec<Problem> {
        let found = found.into_iter().filter(|(_, found)| !self.rules.allows(path, found.value.expose()));
        let problem = |(line, found): (usize, Finding)| Problem::Secret {
            file: path.to_owned(),
            place: SecretPlace::Line(line),
            what: found.what,
        };
        found.map(problem).collect()
    }
}

/// Whether the file at `path` holds the recorded variables of a cassette.
fn is_variables(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == VARIABLES_FILE) && path.parent().is_some_and(is_cassette)
}

/// The text in the file at `path`; UTF-16 is read as such, and what is no text becomes replacement characters.
fn read_text(path: &Path) -> io::Result<String> {
    let bytes = fs::read(path)?;
    let text = utf8(&bytes).unwrap_or_else(|Misspelt(text)| text.into_bytes().into());
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The headers in the file at `path` that no recording put there.
fn unkept(path: &Path, entry: &Entry) -> Vec<Problem> {
    let pages = entry.takes.iter().enumerate().flat_map(|(take, it)| {
        it.pages.iter().enumerate().map(move |(page, it)| (format!("/takes/{take}/pages/{page}/headers"), it))
    });
    let flaws = pages.flat_map(|(place, page)| {
        unkept_headers(page).map(move |name| format!("{place}/{}: {}", json::pointer_step(name), unkept_header()))
    });
    flaws.map(|flaw| invalid(path, format!("{}: {flaw}", path.display()))).collect()
}

fn secret(path: &Path, leak: Leak) -> Problem {
    let line = leak.place.strip_prefix("line ").and_then(|line| line.parse().ok());
    let place = line.map_or(SecretPlace::Pointer(leak.place), SecretPlace::Line);
    Problem::Secret { file: path.to_owned(), place, what: leak.what }
}
