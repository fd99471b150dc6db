//! What must hold before a text is written, and of any that stands in a cassette: no secret in it, and an answer to every
//! one of its requests.

use crate::cassette::entry_text::{checked, written};
use crate::cassette::error::{CassetteError, Leak};
use crate::cassette::path::{entry_path, read_file};
use crate::cassette::policy::{BrokenEntry, RecordingPolicy};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::redact::{Redaction, scan_text};
use data_encoding::BASE64;
use std::borrow::Cow;
use std::path::Path;

/// By whom and by what something is checked.
#[derive(Clone, Copy)]
pub struct Validator<'a> {
    /// Who knows what is allowed.
    pub policy: &'a dyn RecordingPolicy,
    /// The cassette's rules.
    pub redaction: &'a Redaction,
}

impl Validator<'_> {
    /// Checks `entry`, which is or will be the file at `path` and has this text.
    ///
    /// # Errors
    /// [`CassetteError::Secret`], else [`CassetteError::BrokenEntry`].
    pub(crate) fn prove(&self, path: &Path, fp: &Fingerprint, entry: &Entry, text: &str) -> Result<(), CassetteError> {
        self.search_text(path, entry, text)?;
        let broken =
            |BrokenEntry { pointer, reason }| CassetteError::BrokenEntry { path: path.to_owned(), pointer, reason };
        self.policy.prove(self.redaction, fp, entry).map_err(broken)
    }

    /// Checks `entry`, as its file in the cassette in `root` has it or would have it.
    ///
    /// # Errors
    /// [`CassetteError::Secret`], else [`CassetteError::BrokenEntry`], and where it has no text.
    pub fn validate(&self, root: &Path, fp: &Fingerprint, entry: &Entry) -> Result<(), CassetteError> {
        let path = entry_path(root, &entry.operation.folder(), fp)?;
        self.prove(&path, fp, entry, &written(entry, &path)?)
    }

    /// Looks for secrets in `entry`, as its file in the cassette in `root` has it or would have it.
    ///
    /// # Errors
    /// [`CassetteError::Secret`], and where it has no text.
    pub fn search(&self, root: &Path, fp: &Fingerprint, entry: &Entry) -> Result<(), CassetteError> {
        let path = entry_path(root, &entry.operation.folder(), fp)?;
        self.search_text(&path, entry, &written(entry, &path)?)
    }

    fn search_text(&self, path: &Path, entry: &Entry, text: &str) -> Result<(), CassetteError> {
        let leaks = self.leaks(path, entry, text);
        if leaks.is_empty() { Ok(()) } else { Err(CassetteError::Secret { path: path.to_owned(), leaks }) }
    }

    /// Judges the file at `path`, of the cassette in `root`, as it stands; gives what it holds, or `None` where it is gone.
    ///
    /// # Errors
    /// As [`CassetteError`] says: where it cannot be read, is damaged, holds a secret, or answers nothing.
    pub fn inspect(
        &self,
        root: &Path,
        path: &Path,
        folder: &str,
        fp: &Fingerprint,
    ) -> Result<Option<Entry>, CassetteError> {
        let Some((bytes, _)) = read_file(root, path)? else { return Ok(None) };
        let entry = checked(&bytes, path, folder, fp)?;
        self.prove(path, fp, &entry, &String::from_utf8_lossy(&bytes))?;
        Ok(Some(entry))
    }

    fn leaks(&self, path: &Path, entry: &Entry, text: &str) -> Vec<Leak> {
        let (mut leaks, mut values) = (Vec::new(), Vec::new());
        for found in self.redaction.scan_entry(entry, self.policy.secret_members(&entry.operation)) {
            if !self.policy.allows(path, found.value.expose()) {
                leaks.push(Leak { what: found.what, place: found.pointer });
            }
            values.push(found.value);
        }
        // The text as a whole is looked through too: nothing may depend on how an entry is taken apart.
        for (line, found) in scan_text(&legible(text)) {
            if !values.contains(&found.value) && !self.policy.allows(path, found.value.expose()) {
                leaks.push(Leak { what: found.what, place: format!("line {line}") });
            }
        }
        leaks
    }
}

/// `text` with what bodies of bytes say in place of their base64, which can look like a key by chance, line for line.
fn legible(text: &str) -> Cow<'_, str> {
    const NAME: &str = "\"base64\": \"";
    if !text.contains(NAME) {
        return Cow::Borrowed(text);
    }
    let said = |line: &str| {
        let (name, rest) = line.split_once(NAME).filter(|(before, _)| before.trim().is_empty())?;
        let (value, rest) = rest.split_once('"')?;
        let bytes = BASE64.decode(value.as_bytes()).ok()?;
        Some(format!("{name}{NAME}{}\"{rest}", String::from_utf8_lossy(&bytes).replace('\n', " ")))
    };
    let lines = text.lines().map(|line| said(line).map_or(Cow::Borrowed(line), Cow::Owned));
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}
