//! The environment: the only place that reads it.

use super::redact::REDACT_KEY;
use super::{ConfigError, RawConfig};
use crate::model::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// How a variable's text becomes a value.
#[derive(Clone, Copy)]
enum ValueFormat {
    Text,
    Number,
    Switch,
    List,
}

/// Every key that a variable can set, with the table it stands in.
const KEYS: [(Option<&str>, &str, ValueFormat); 48] = [
    (None, "cassette", ValueFormat::Text),
    (None, "cassette_per_session", ValueFormat::Switch),
    (None, "session", ValueFormat::Text),
    (None, "record_mode", ValueFormat::Text),
    (None, "door", ValueFormat::Text),
    (None, "poll", ValueFormat::Text),
    (None, "listen", ValueFormat::Text),
    (None, "tls", ValueFormat::Switch),
    (None, "allow_remote", ValueFormat::Switch),
    (None, "allowed_hosts", ValueFormat::List),
    (None, "allowed_tunnels", ValueFormat::List),
    (None, "region", ValueFormat::Text),
    (None, "services", ValueFormat::List),
    (None, "upstream", ValueFormat::Text),
    (None, "allowed_networks", ValueFormat::List),
    (None, "profile", ValueFormat::Text),
    (None, "ca_bundle", ValueFormat::Text),
    (None, "ca_folder", ValueFormat::Text),
    (None, "ca_regions", ValueFormat::List),
    (None, "read_only", ValueFormat::Switch),
    (None, "allow_any_client", ValueFormat::Switch),
    (None, "record_errors", ValueFormat::Switch),
    (None, "strict", ValueFormat::Switch),
    (None, "pages", ValueFormat::Text),
    (Some("redact"), "pseudonymize", ValueFormat::Text),
    (Some("redact"), "key_file", ValueFormat::Text),
    (Some("limits"), "request_body_bytes", ValueFormat::Number),
    (Some("limits"), "response_body_bytes", ValueFormat::Number),
    (Some("limits"), "header_bytes", ValueFormat::Number),
    (Some("limits"), "header_count", ValueFormat::Number),
    (Some("limits"), "header_time_seconds", ValueFormat::Number),
    (Some("limits"), "idle_time_seconds", ValueFormat::Number),
    (Some("limits"), "total_time_seconds", ValueFormat::Number),
    (Some("limits"), "connections", ValueFormat::Number),
    (Some("limits"), "http2_streams", ValueFormat::Number),
    (Some("limits"), "tunnels", ValueFormat::Number),
    (Some("limits"), "tunnel_time_seconds", ValueFormat::Number),
    (Some("limits"), "memory_bytes", ValueFormat::Number),
    (Some("limits"), "upstream_connect_time_seconds", ValueFormat::Number),
    (Some("limits"), "upstream_answer_time_seconds", ValueFormat::Number),
    (Some("remote"), "url", ValueFormat::Text),
    (Some("remote"), "endpoint", ValueFormat::Text),
    (Some("remote"), "allow_http", ValueFormat::Switch),
    (Some("remote"), "path_style", ValueFormat::Switch),
    (Some("remote"), "region", ValueFormat::Text),
    (Some("remote"), "profile", ValueFormat::Text),
    (Some("remote"), "account", ValueFormat::Text),
    (Some("remote"), "connections", ValueFormat::Number),
];

/// The variable with the capability key.
const KEY: &str = "RAMTAPE_KEY";
/// Names the binary, for the packages for Python and Node.js that start it.
const BINARY: &str = "RAMTAPE_BINARY";
/// 128 bits take 22 characters of 6 bits.
const SHORTEST_KEY: usize = 22;

/// The environment and the working directory, as they were when the process started.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
}

impl Environment {
    /// What this process was started with.
    ///
    /// # Errors
    /// Where the working directory is gone.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn current() -> Result<Self, ConfigError> {
        let folder = std::env::current_dir().map_err(|source| ConfigError::WorkingDirectory { source })?;
        Ok(Self { variables: std::env::vars_os().collect(), folder })
    }

    /// An environment of these variables, in `folder`.
    pub fn from_variables<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, folder: folder.into() }
    }

    /// The working directory.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The value of `name`; an empty one counts as absent, as it does for the AWS SDKs.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of `name` where it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.to_str()
    }

    /// The names of the variables that begin with `prefix`.
    pub fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.variables.keys().filter_map(|name| name.to_str()).filter(move |name| name.starts_with(prefix))
    }

    /// What the tools of Google's and Azure's object stores read. Some of it is secret.
    pub(super) fn store_variables(&self) -> Vec<(String, Secret)> {
        let names = ["GOOGLE_", "AZURE_", "IDENTITY_ENDPOINT"].into_iter().flat_map(|prefix| self.names(prefix));
        names.filter_map(|name| Some((name.to_owned(), Secret::new(self.text(name)?)))).collect()
    }

    /// Whether this is a continuous-integration run: `CI` is set, and not to `false` or `0`.
    #[must_use]
    pub fn is_ci(&self) -> bool {
        self.value("CI").is_some_and(|value| value != "false" && value != "0")
    }

    /// Whether the run's output is read by GitHub Actions.
    #[must_use]
    pub fn is_github_actions(&self) -> bool {
        self.value("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// The file of the page that GitHub Actions shows of the job.
    #[must_use]
    pub fn job_summary(&self) -> Option<&std::path::Path> {
        self.value("GITHUB_STEP_SUMMARY").map(std::path::Path::new)
    }

    /// The layer that `RAMTAPE_*` variables make.
    ///
    /// # Errors
    /// Where a value is not what its key accepts.
    pub(super) fn layer(&self) -> Result<RawConfig, ConfigError> {
        let mut layer = RawConfig::default();
        for (table, key, shape) in KEYS {
            let name = variable(table, key);
            let Some(value) = self.value(&name) else { continue };
            let one = parse(table, key, shape, value);
            layer = one.map_err(|error| ConfigError::Variable { name, reason: error.to_string() })?.over(layer);
        }
        Ok(layer)
    }

    /// The layer that the AWS variables make, below the user's file.
    pub(super) fn aws_layer(&self) -> RawConfig {
        let region = self.text("AWS_REGION").or_else(|| self.text("AWS_DEFAULT_REGION"));
        RawConfig {
            region: region.map(str::to_owned),
            ca_bundle: self.value("AWS_CA_BUNDLE").map(PathBuf::from),
            ca_folder: self.state_folder().map(|state| state.join("ramtape/ca")),
            ..RawConfig::default()
        }
    }

    /// Where programs keep what is the user's and no document (XDG base directories; a relative one counts as absent).
    fn state_folder(&self) -> Option<PathBuf> {
        let absolute = |name: &str| self.value(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
    }

    /// The capability key that `RAMTAPE_KEY` fixes.
    ///
    /// # Errors
    /// Where it is shorter than 128 bits can be, or would not stand in a URL.
    pub(super) fn key(&self) -> Result<Option<Secret>, ConfigError> {
        let Some(value) = self.value(KEY) else { return Ok(None) };
        let plain = |key: &&str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        match value.to_str().filter(plain).filter(|key| key.len() >= SHORTEST_KEY) {
            Some(key) => Ok(Some(Secret::new(key))),
            // The value is a secret: it is not repeated.
            None => Err(ConfigError::Variable {
                name: KEY.to_owned(),
                reason: format!("it needs at least {SHORTEST_KEY} characters of A-Z a-z 0-9 _ -, chosen at random"),
            }),
        }
    }

    /// The redaction key that `RAMTAPE_REDACT_KEY` gives.
    pub(super) fn redact_key(&self) -> Result<Option<Secret>, ConfigError> {
        let Some(value) = self.value(REDACT_KEY) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| ConfigError::Variable {
            name: REDACT_KEY.to_owned(),
            reason: "it is not Unicode".to_owned(),
        })?;
        Ok(Some(Secret::new(text)))
    }

    /// The variables that look like ramtape's and are not: most likely misspelt.
    #[must_use]
    pub fn unknown_variables(&self) -> Vec<String> {
        let known = |name: &str| {
            [KEY, REDACT_KEY, BINARY].contains(&name)
                || KEYS.iter().any(|(table, key, _)| variable(*table, key) == name)
        };
        // Kubernetes and old compose links set these for a service that is called ramtape.
        let of_a_link = |name: &str| {
            ["RAMTAPE_PORT", "RAMTAPE_SERVICE_", "RAMTAPE_NAME", "RAMTAPE_ENV_"].iter().any(|p| name.starts_with(p))
        };
        self.names("RAMTAPE_").filter(|name| !known(name) && !of_a_link(name)).map(str::to_owned).collect()
    }
}

/// The variable of a key.
fn variable(table: Option<&str>, key: &str) -> String {
    let path = table.map_or_else(|| key.to_owned(), |table| format!("{table}_{key}"));
    format!("RAMTAPE_{}", path.to_ascii_uppercase())
}

/// Why a variable's value cannot be used.
#[derive(Debug, thiserror::Error)]
enum ValueError {
    #[error("it is not Unicode")]
    NotUnicode,
    #[error("{0:?} is not a whole number")]
    NotANumber(String),
    #[error("{0:?} is neither true nor false")]
    NotASwitch(String),
    #[error("{0}")]
    Rejected(String),
}

/// A layer with one key in it, read by the code that reads files.
fn parse(table: Option<&str>, key: &str, shape: ValueFormat, value: &OsStr) -> Result<RawConfig, ValueError> {
    let text = value.to_str().ok_or(ValueError::NotUnicode)?;
    let value = match shape {
        ValueFormat::Text => toml::Value::String(text.to_owned()),
        ValueFormat::Number => toml::Value::Integer(text.parse().map_err(|_| ValueError::NotANumber(text.to_owned()))?),
        ValueFormat::Switch => toml::Value::Boolean(match text {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Err(ValueError::NotASwitch(text.to_owned())),
        }),
        ValueFormat::List => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>().into(),
    };
    let mut layer = toml::Table::from_iter([(key.to_owned(), value)]);
    if let Some(table) = table {
        layer = toml::Table::from_iter([(table.to_owned(), toml::Value::Table(layer))]);
    }
    RawConfig::deserialize(layer).map_err(|error: toml::de::Error| ValueError::Rejected(error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::RecordMode;
    use super::super::defaults::DEFAULTS;
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_variables(variables.iter().copied(), "/")
    }

    #[test]
    fn every_documented_key_has_a_variable_and_the_other_way_round() {
        let mut documented = Vec::new();
        let mut table = None;
        for line in DEFAULTS.lines() {
            if line.starts_with('[') {
                table = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
            } else if table == Some("operations") || line.starts_with("# [operations.") {
                break;
            } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ")
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
            {
                documented.push(variable(table, key));
            }
        }
        let known = KEYS.map(|(table, key, _)| variable(table, key));
        assert_eq!(documented, known);
    }

    #[test]
    fn variables_are_read_by_the_type_of_their_key() {
        let layer = environment(&[
            ("RAMTAPE_RECORD_MODE", "new_episodes"),
            ("RAMTAPE_READ_ONLY", "1"),
            ("RAMTAPE_ALLOWED_HOSTS", "ramtape, proxy.test"),
            ("RAMTAPE_LIMITS_CONNECTIONS", "7"),
            ("RAMTAPE_PROFILE", ""),
        ])
        .layer()
        .unwrap();
        assert_eq!(layer.record_mode, Some(RecordMode::NewEpisodes));
        assert_eq!(layer.read_only, Some(true));
        assert_eq!(layer.allowed_hosts.unwrap(), ["ramtape", "proxy.test"]);
        assert_eq!(layer.limits.connections, Some(7));
        assert_eq!(layer.profile, None);
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_it_accepts() {
        for (name, value, part) in [
            ("RAMTAPE_RECORD_MODE", "sometimes", "new_episodes"),
            ("RAMTAPE_LISTEN", "localhost", "socket address"),
            ("RAMTAPE_LIMITS_HEADER_COUNT", "many", "whole number"),
            ("RAMTAPE_LIMITS_HEADER_COUNT", "-1", "-1"),
            ("RAMTAPE_READ_ONLY", "perhaps", "neither true nor false"),
        ] {
            let error = environment(&[(name, value)]).layer().unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_weak_key_is_refused_and_not_shown() {
        for weak in ["0123456789abcdefghijk", "0123456789abcdefghijk/", "0123456789 abcdefghijkl"] {
            let error = environment(&[(KEY, weak)]).key().unwrap_err().to_string();
            assert!(error.contains("22") && !error.contains(weak), "{error}");
        }
        let good = "0123456789abcdefghi_-Z";
        assert_eq!(environment(&[(KEY, good)]).key().unwrap().unwrap().expose(), good);
        assert!(environment(&[]).key().unwrap().is_none());
    }

    #[test]
    fn misspelt_variables_are_found() {
        let environment =
            environment(&[("RAMTAPE_CASSETE", "x"), ("RAMTAPE_PORT_80_TCP", "x"), ("RAMTAPE_CASSETTE", "x")]);
        assert_eq!(environment.unknown_variables(), ["RAMTAPE_CASSETE"]);
    }

    #[test]
    fn the_authority_is_in_the_users_state_folder() {
        let folder = |variables: &[(&str, &str)]| environment(variables).aws_layer().ca_folder;
        assert_eq!(folder(&[("HOME", "/h")]), Some("/h/.local/state/ramtape/ca".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Some("/s/ramtape/ca".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_STATE_HOME", "s")]), Some("/h/.local/state/ramtape/ca".into()));
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn ci_can_be_switched_off() {
        assert!(environment(&[("CI", "true")]).is_ci());
        assert!(environment(&[("CI", "1")]).is_ci());
        for off in ["", "false", "0"] {
            assert!(!environment(&[("CI", off)]).is_ci());
        }
    }
}
