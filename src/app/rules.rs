//! The redaction of a cassette: the configured rules, its own, and the key.

use crate::cassette::{Broken, Warden};
use crate::config::{Config, RedactConfig};
use crate::engine;
use crate::fingerprint::Fingerprint;
use crate::interaction::{Entry, with_causes};
use crate::redact::{Allowed, Key, KeySource, Policy, Redaction, Rule};
use crate::service::Service;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// The file of the key beside a cassette's `cassette.json`.
pub(crate) const KEY_FILE: &str = "redaction.key";

/// What the configuration says of redaction.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    redact: RedactConfig,
    allowed: Vec<Allowed>,
    service: Arc<Service>,
    /// Whether nothing new is recorded: then no key is needed.
    only_seals: bool,
    /// Whether a cassette that states no rules goes on without.
    only_own: bool,
}

impl Rules {
    pub(crate) fn of(config: &Config) -> Self {
        let (redact, allowed) = (config.redact.clone(), config.allowed.clone());
        Self { redact, allowed, service: Arc::clone(&config.service), only_seals: false, only_own: false }
    }

    /// The same, for what writes as text what was recorded before.
    pub(crate) fn only_sealing(self) -> Self {
        Self { only_seals: true, ..self }
    }

    /// The same, for what writes as text takes of cassettes with the same rules: the configured ones are not theirs.
    pub(crate) fn only_own(self) -> Self {
        Self { only_own: true, ..self.only_sealing() }
    }

    /// What to say where the cassette in `root` has other rules than the configuration.
    pub(super) fn differing(&self, root: &Path, own: &Policy) -> Option<String> {
        let configured = &self.redact.policy;
        let asks = configured.accounts || !configured.rules.is_empty();
        if !asks || (configured.accounts, &configured.rules) == (own.accounts, &own.rules) {
            return None;
        }
        let only = |these: &[Rule], those: &[Rule]| these.iter().filter(|rule| !those.contains(rule)).count();
        let mut differences = Vec::new();
        if configured.accounts != own.accounts {
            let (here, there) = if own.accounts {
                ("the cassette", "the configuration")
            } else {
                ("the configuration", "the cassette")
            };
            differences.push(format!("{here} pseudonymises accounts, {there} does not"));
        }
        for (count, whose) in [
            (only(&configured.rules, &own.rules), "in the configuration alone"),
            (only(&own.rules, &configured.rules), "in the cassette alone"),
        ] {
            if count > 0 {
                differences.push(format!("{count} of the rules are {whose}"));
            }
        }
        if differences.is_empty() {
            differences.push("the rules stand in another order".to_owned());
        }
        Some(format!(
            "the redaction rules in {} are in force, not the configured ones ({}); to change them, delete the cassette and \
             record it anew",
            root.join("cassette.json").display(),
            differences.join("; ")
        ))
    }

    /// The key that is kept elsewhere than beside the cassette; `None` where none is configured.
    fn outside(&self, recording: bool) -> Result<Option<Key>, String> {
        if let Some(key) = &self.redact.key {
            return Ok(Key::of_text(key.expose()));
        }
        let Some(path) = &self.redact.key_file else { return Ok(None) };
        match read(path)? {
            Some(key) => Ok(Some(key)),
            None if recording => make(path, 0o600).map(Some),
            None => Ok(None),
        }
    }

    /// Where the key of the cassette in `root` is. Its own comes first: what is recorded was made with it.
    fn key(&self, root: &Path, policy: &Policy, recording: bool) -> Result<KeySource, String> {
        let beside = root.join(KEY_FILE);
        if let Some(key) = read(&beside)? {
            return Ok(KeySource::Known(key));
        }
        let outside = self.outside(recording)?;
        let is_outside = self.redact.key.is_some() || self.redact.key_file.is_some();
        match (outside, policy.key_check.as_deref()) {
            (Some(key), None) => Ok(KeySource::Known(key)),
            (Some(key), Some(check)) if key.check() == check => Ok(KeySource::Known(key)),
            (Some(_), Some(_)) if recording => Err(
                "it was recorded with another redaction key than the one given: recorded with two keys, equal values would \
                 no longer be equal"
                    .to_owned(),
            ),
            (None, Some(_)) if recording => Err(
                "it was recorded with a redaction key that is kept elsewhere: give it in RAMTAPE_REDACT_KEY, or as key_file \
                 in [redact]"
                    .to_owned(),
            ),
            (None, None) if recording && !is_outside => {
                let make_it = move || match read(&beside)? {
                    Some(key) => Ok(key),
                    None => make(&beside, 0o644),
                };
                Ok(KeySource::MadeWhenNeeded(Box::new(make_it)))
            }
            _ => Ok(KeySource::Missing(random()?)),
        }
    }
}

impl Warden for Rules {
    fn policy(&self, recording: bool) -> Result<Policy, String> {
        if self.only_own {
            return Ok(Policy::default());
        }
        // A key that is kept elsewhere is named, so that nobody goes on recording with another one.
        let key_check = self.outside(recording && !self.only_seals)?.map(|key| key.check());
        Ok(Policy { key_check, ..self.redact.policy.clone() })
    }

    fn redaction(&self, root: &Path, policy: Policy, recording: bool) -> Result<Redaction, String> {
        let key = self.key(root, &policy, recording && !self.only_seals)?;
        Redaction::new(policy, key).map_err(|error| error.to_string())
    }

    fn prove(&self, redaction: &Redaction, fingerprint: &Fingerprint, entry: &Entry) -> Result<(), Broken> {
        engine::prove(&self.service, redaction, fingerprint, entry)
    }

    fn allows(&self, path: &str, value: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.allows(path, value))
    }
}

/// The key in the file at `path`; `None` where there is no file.
fn read(path: &Path) -> Result<Option<Key>, String> {
    match fs::read_to_string(path) {
        Ok(text) => match Key::of_text(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(format!("{} holds no redaction key: at least 22 characters, chosen at random", path.display())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {}", path.display(), with_causes(&error))),
    }
}

/// Makes a key and its file.
fn make(path: &Path, mode: u32) -> Result<Key, String> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |error: io::Error| format!("cannot write the redaction key {}: {error}", path.display());
    let text = Key::text_of(random_bytes()?);
    let opened = File::options().write(true).create_new(true).mode(mode).open(path);
    opened
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all()))
        .map_err(failed)?;
    Key::of_text(&text).ok_or_else(|| "no key can be made".to_owned())
}

fn random() -> Result<Key, String> {
    Key::of_text(&Key::text_of(random_bytes()?)).ok_or_else(|| "no key can be made".to_owned())
}

fn random_bytes() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    Ok(bytes)
}
