//! The redaction of a cassette: the configured rules, its own, and the key.

use super::keys::{self, KeyError, KeyFiles};
use crate::cassette::{self, BrokenEntry, KEY_FILE, PolicyError, RecordingPolicy};
use crate::config::{Config, RedactConfig};
use crate::engine;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, OperationName, SecretMembers, counted};
use crate::redact::{Allowed, Direction, Key, KeySource, KeyUnavailable, Redaction, RedactionSpec, Rule, Selector};
use crate::service::Service;
use crate::session::OperationRules;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What the configuration says of redaction.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    redact: RedactConfig,
    allowed: Vec<Allowed>,
    /// Where the paths begin that those speak of.
    base: Option<PathBuf>,
    /// A folder, and the one that it stands in for.
    read_apart: Option<(PathBuf, PathBuf)>,
    service: Arc<Service>,
    /// The parent of one cassette a session: those have one key.
    sessions: Option<PathBuf>,
    /// The text of the key that this run has made for its cassettes, of which the file may be still to come.
    new_key: Arc<Mutex<Option<String>>>,
    /// What the cassettes of sessions that were there before name their key by, once it was looked for.
    sessions_key: Arc<OnceLock<Option<String>>>,
    /// Whether nothing new is recorded: then no key is needed.
    only_seals: bool,
    /// Whether a cassette that states no rules goes on without.
    only_own: bool,
    /// The key that a cassette gets which names none, by [`Key::check`]; none is made then.
    named: Option<String>,
}

impl Rules {
    pub(crate) fn from_config(config: &Config) -> Self {
        Self {
            redact: config.redact.clone(),
            allowed: config.allowed.clone(),
            base: config.folder.as_deref().map(real),
            read_apart: None,
            service: Arc::clone(&config.service),
            sessions: config.cassette_per_session.then(|| config.cassette.clone()),
            new_key: Arc::default(),
            sessions_key: Arc::default(),
            only_seals: false,
            only_own: false,
            named: None,
        }
    }

    /// The same, for what writes as text what was recorded before.
    pub(crate) fn only_sealing(self) -> Self {
        Self { only_seals: true, ..self }
    }

    /// The same, for what writes as text takes of cassettes with the same rules: the configured ones are not theirs.
    pub(crate) fn only_own(self) -> Self {
        Self { only_own: true, ..self.only_sealing() }
    }

    /// The same, for takes with pseudonyms that were made with the key of which [`Key::check`] is `check`.
    pub(crate) fn naming(self, check: Option<String>) -> Self {
        Self { named: check, ..self }
    }

    /// Whether the key of which [`Key::check`] is `check` is where that of the cassette in `root` may be.
    ///
    /// # Errors
    /// Where a key cannot be read.
    pub(crate) fn has_key(&self, root: &Path, check: &str) -> Result<bool, KeyError> {
        let named = RedactionSpec { key_check: Some(check.to_owned()), ..RedactionSpec::default() };
        Ok(matches!(self.keys(root, false)?.source(&named, false)?, KeySource::Known(_)))
    }

    /// The same, where the cassette is recorded in the folder `apart` and belongs in `root`.
    pub(crate) fn standing_in(self, apart: &Path, root: &Path) -> Self {
        Self { read_apart: Some((apart.to_owned(), root.to_owned())), ..self }
    }

    /// What to say where the cassette in `root` has other rules than the configuration.
    pub(super) fn describe_differences(&self, root: &Path, own: &RedactionSpec) -> Option<String> {
        let configured = &self.redact.spec;
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
        for (count, place) in [
            (only(&configured.rules, &own.rules), "only in the configuration"),
            (only(&own.rules, &configured.rules), "only in the cassette"),
        ] {
            if count > 0 {
                differences.push(format!("{} {place}", counted(count as u64, "rule is", "rules are")));
            }
        }
        if differences.is_empty() {
            differences.push("the rules are in another order".to_owned());
        }
        Some(format!(
            "the redaction rules in {} apply, not the configured ones ({}); to change them, delete the cassette \
                and record it again",
            root.join("cassette.json").display(),
            differences.join("; ")
        ))
    }

    /// What to say of rules for answers alone, where requests can have what they redact.
    pub(super) fn describe_one_sided(&self, spec: &RedactionSpec) -> Vec<String> {
        let answers_only = spec.rules.iter().filter(|rule| rule.direction == Direction::Response);
        let told = answers_only.filter_map(|rule| {
            let member = match &rule.selector {
                Selector::Member(name) => name.as_str(),
                Selector::Pointer(pointer) => pointer.rsplit('/').find(|step| !is_index(step))?,
                Selector::Pattern(_) => return None,
            };
            let many = format!("{member}s");
            let holds = |members: &[String]| members.iter().any(|name| name == member || *name == many);
            let operations = self.service.operations().filter(|operation| holds(&operation.members));
            let operation = operations.map(|operation| &operation.name).min()?;
            Some(format!(
                "the redaction rule for {member:?} applies only to answers, but requests can have it too \
                    ({operation}): a client that sends back a value from an answer sends another value on \
                    replay, and misses. Remove in = \"response\" to redact both alike"
            ))
        });
        told.collect()
    }

    /// The key that is kept elsewhere than beside the cassette; `None` where none is configured.
    fn outside(&self, recording: bool) -> Result<Option<Key>, KeyError> {
        if let Some(key) = &self.redact.key {
            return Ok(Key::parse(key.expose()));
        }
        match &self.redact.key_file {
            Some(path) if recording => keys::read_or_make(path, 0o600).map(Some),
            Some(path) => keys::read(path),
            None => Ok(None),
        }
    }

    /// Where the key of the cassette in `root` may be.
    fn keys(&self, root: &Path, recording: bool) -> Result<KeyFiles, KeyError> {
        // Where its takes will be.
        let place = self.read_apart.as_ref().filter(|(apart, _)| apart == root).map_or(root, |(_, real)| real);
        let shared = self.shared(place);
        Ok(KeyFiles {
            beside: root.join(KEY_FILE),
            sessions: shared.as_deref().filter(|_| recording).and_then(|shared| self.named_by_sessions(shared)),
            shared,
            outside: self.outside(recording)?,
            is_outside: self.redact.key.is_some() || self.redact.key_file.is_some(),
            new: Arc::clone(&self.new_key),
        })
    }

    /// The file of the key that the cassette at `place` shares with those beside it, if it does.
    fn shared(&self, place: &Path) -> Option<PathBuf> {
        let is_of_sessions = self.sessions.is_some() && self.sessions.as_deref() == place.parent();
        // One session's cassette can be recorded or filled alone too.
        place.parent().map(|parent| parent.join(KEY_FILE)).filter(|key| is_of_sessions || key.exists())
    }

    /// What the cassettes beside the key's file `shared` name that key by. It is looked for once: what a run adds has it.
    fn named_by_sessions(&self, shared: &Path) -> Option<String> {
        self.sessions_key.get_or_init(|| keys::named_beside(shared)).clone()
    }

    /// The rules that a new cassette in `root` gets, as [`Self::redaction_spec`] gives them.
    fn make_policy(&self, root: &Path, recording: bool) -> Result<RedactionSpec, KeyError> {
        if self.only_own {
            return Ok(RedactionSpec::default());
        }
        // A key that is kept elsewhere is named, so that nobody goes on recording with another one.
        let key_check = match &self.named {
            Some(check) => Some(check.clone()),
            None => self.outside(recording && !self.only_seals)?.map(|key| key.check()),
        };
        let shared = self.shared(root).filter(|_| recording && !self.only_seals && self.named.is_none());
        let of_sessions = shared.and_then(|shared| self.named_by_sessions(&shared));
        if key_check.is_some() && of_sessions.is_some() && key_check != of_sessions {
            return Err(KeyError::OtherThanSessions);
        }
        Ok(RedactionSpec { key_check, ..self.redact.spec.clone() })
    }

    /// The rules of the cassette in `root` with their key, as [`Self::redaction`] gives them.
    fn make_redaction(&self, root: &Path, mut spec: RedactionSpec, recording: bool) -> Result<Redaction, KeyError> {
        if let Some(check) = &self.named {
            return redaction_with_named_key(self.keys(root, false)?, check, spec, recording);
        }
        let may_make = recording && !self.only_seals;
        let source = self.keys(root, may_make)?.source(&spec, may_make)?;
        if let (true, KeySource::Known(key), None) = (recording, &source, &spec.key_check) {
            // Killed between the key and its name, or recorded before keys were named.
            cassette::name_key(root, &key.check())?;
            spec.key_check = Some(key.check());
        }
        Redaction::new(spec, source).map_err(KeyError::Rules)
    }
}

impl RecordingPolicy for Rules {
    fn redaction_spec(&self, root: &Path, recording: bool) -> Result<RedactionSpec, PolicyError> {
        self.make_policy(root, recording).map_err(PolicyError::from)
    }

    fn redaction(&self, root: &Path, spec: RedactionSpec, recording: bool) -> Result<Redaction, PolicyError> {
        self.make_redaction(root, spec, recording).map_err(PolicyError::from)
    }

    fn keep_key(&self, root: &Path, key: &Key) -> Result<(), PolicyError> {
        self.keys(root, true).and_then(|keys| keys.keep(key)).map_err(PolicyError::from)
    }

    fn prove(&self, redaction: &Redaction, fingerprint: &Fingerprint, entry: &Entry) -> Result<(), BrokenEntry> {
        engine::check_entry(&self.service, redaction, fingerprint, entry)
    }

    fn operation_rules(&self, operation: &OperationName) -> OperationRules {
        engine::operation_rules(&self.service, operation)
    }

    fn secret_members(&self, operation: &OperationName) -> SecretMembers<'_> {
        operation.service().map(|(service, _)| self.service.companions.secrets(service)).unwrap_or_default()
    }

    fn allows(&self, path: &Path, value: &str) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        let meant = self.read_apart.as_ref().and_then(|(apart, root)| Some(root.join(path.strip_prefix(apart).ok()?)));
        let path = real(meant.as_deref().unwrap_or(path));
        let from_base = self.base.as_ref().and_then(|base| path.strip_prefix(base).ok());
        let shown = from_base.unwrap_or(&path).to_string_lossy();
        self.allowed.iter().any(|allowed| allowed.allows(&shown, value))
    }
}

/// The rules `spec` with the key that `check` tells, and no other.
fn redaction_with_named_key(
    keys: KeyFiles,
    check: &str,
    mut spec: RedactionSpec,
    recording: bool,
) -> Result<Redaction, KeyError> {
    if recording {
        keys.copy_shared(check)?;
    }
    // What is to be named in `cassette.json` is named there once takes are.
    spec.key_check.get_or_insert_with(|| check.to_owned());
    let source = match keys.source(&spec, false)? {
        KeySource::Missing(_) => {
            KeySource::MadeWhenNeeded(Box::new(|| Err(KeyUnavailable(KeyError::NotBrought.to_string()))))
        }
        source => source,
    };
    Redaction::new(spec, source).map_err(KeyError::Rules)
}

/// Whether a step of a pointer leads into a list.
fn is_index(step: &str) -> bool {
    step == "*" || step.bytes().all(|byte| byte.is_ascii_digit())
}

/// `path` from the root on, links followed as far as there is something.
fn real(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = |above: &Path| Some((above.canonicalize().ok()?, whole.strip_prefix(above).ok()?));
    match whole.ancestors().find_map(found) {
        Some((there, rest)) if rest.as_os_str().is_empty() => there,
        Some((there, rest)) => there.join(rest),
        None => whole,
    }
}
