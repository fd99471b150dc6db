//! `RecordingPolicy`: what the cassette's owner decides over what is written into it.

use crate::fingerprint::Fingerprint;
use crate::model::{Entry, OperationName, SecretMembers};
use crate::redact::{Key, KeySource, Redaction, RedactionSpec};
use crate::session::OperationRules;
use std::error::Error;
use std::path::Path;

/// Where an entry does not answer its own requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenEntry {
    /// JSON pointer to the place, in the entry's file.
    pub pointer: String,
    /// What is wrong there.
    pub reason: String,
}

/// Why a policy cannot give what a recording needs. Its texts continue a sentence about the cassette.
pub type PolicyError = Box<dyn Error + Send + Sync>;

/// Supplies the redaction rules, the key and the checks before a write.
pub trait RecordingPolicy: Send + Sync {
    /// The rules that a new cassette in `root` gets. Where `recording`, the key that they name may be made.
    ///
    /// # Errors
    /// Where that key cannot be read or made, or is not the one it has to be.
    fn redaction_spec(&self, root: &Path, recording: bool) -> Result<RedactionSpec, PolicyError>;

    /// The rules of the cassette in `root` at work. Its key is found here; where `recording`, it may be made.
    ///
    /// # Errors
    /// Where the key is not there and has to be, or is another one.
    fn redaction(&self, root: &Path, spec: RedactionSpec, recording: bool) -> Result<Redaction, PolicyError>;

    /// Writes the file of `key`, which was made for the cassette in `root` when the first value needed one, and has the
    /// cassette name it. Called before anything is stored that may hold a pseudonym made with it.
    ///
    /// # Errors
    /// Where the file cannot be written, or there is another key by now.
    fn keep_key(&self, root: &Path, key: &Key) -> Result<(), PolicyError>;

    /// Replays an entry against its own requests.
    ///
    /// # Errors
    /// Where one of them would not get its answer.
    fn prove(&self, redaction: &Redaction, fingerprint: &Fingerprint, entry: &Entry) -> Result<(), BrokenEntry>;

    /// What the service's table adds to what the takes of `operation` show.
    fn operation_rules(&self, operation: &OperationName) -> OperationRules;

    /// The members that hold secrets in requests and answers of `operation`, besides those that are called like secrets.
    fn secret_members(&self, operation: &OperationName) -> SecretMembers<'_>;

    /// Whether what looks like a secret in the file at `path` is none.
    fn allows(&self, path: &Path, value: &str) -> bool;
}

/// The built-in rules, with a key that everybody has: for those who record without a configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultPolicy;

impl RecordingPolicy for DefaultPolicy {
    fn redaction_spec(&self, _: &Path, _: bool) -> Result<RedactionSpec, PolicyError> {
        Ok(RedactionSpec::default())
    }

    fn redaction(&self, _: &Path, spec: RedactionSpec, _: bool) -> Result<Redaction, PolicyError> {
        Ok(Redaction::new(spec, KeySource::Known(Key::public()))?)
    }

    fn keep_key(&self, _: &Path, _: &Key) -> Result<(), PolicyError> {
        Ok(())
    }

    fn prove(&self, _: &Redaction, _: &Fingerprint, _: &Entry) -> Result<(), BrokenEntry> {
        Ok(())
    }

    fn operation_rules(&self, _: &OperationName) -> OperationRules {
        OperationRules::default()
    }

    fn secret_members(&self, _: &OperationName) -> SecretMembers<'_> {
        SecretMembers::default()
    }

    fn allows(&self, _: &Path, _: &str) -> bool {
        false
    }
}
