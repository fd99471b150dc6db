//! Why a configuration is of no use.

use crate::service::ServiceError;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is wrong with the configuration, and where it was written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The embedded defaults are damaged.
    #[error("the built-in defaults cannot be read")]
    Defaults {
        /// What the parser found.
        source: toml::de::Error,
    },
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file with an error in it.
    #[error("{} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, the key and what is accepted there.
        source: toml::de::Error,
    },
    /// A file that says something of no use; what alone a file can say: operations, actors, redaction rules, allowed values.
    #[error("{}", path.display())]
    Within {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: Box<ConfigError>,
    },
    /// A variable with an error in it.
    #[error("the variable {name} cannot be used: {reason}")]
    Variable {
        /// The variable.
        name: String,
        /// What is accepted there.
        reason: String,
    },
    /// An addition to the operation table that is malformed.
    #[error("[operations] or services cannot be used")]
    Operations {
        /// Which and why.
        source: ServiceError,
    },
    /// An actor that cannot be used.
    #[error("[actors.{label}] cannot be used: {reason}")]
    Actor {
        /// Its name.
        label: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A redaction rule that cannot be used.
    #[error("rule {number} of [[redact.rules]] cannot be used: {reason}")]
    Rule {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An allowed value that cannot be.
    #[error("entry {number} of [[scan.allow]] cannot be used: {reason}")]
    Allowed {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of the right type that makes no sense.
    #[error("{key} = {value:?}: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What is accepted.
        reason: Cow<'static, str>,
    },
    /// A key that the defaults should hold.
    #[error("{key} has no value")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// An address that others could reach.
    #[error("{address} can be reached from other machines: add --allow-remote if that is intended")]
    Remote {
        /// The address.
        address: SocketAddr,
    },
    /// The system gave no random bytes.
    #[error("cannot get random bytes from the system for the capability key")]
    Random {
        /// Why.
        source: getrandom::Error,
    },
    /// The working directory is gone.
    #[error("the working directory cannot be read")]
    WorkingDirectory {
        /// Why.
        source: std::io::Error,
    },
}

impl ConfigError {
    /// The same, where it stands in `file`.
    pub(super) fn within(self, file: Option<PathBuf>) -> Self {
        match (self, file) {
            (
                error @ (Self::Operations { .. } | Self::Actor { .. } | Self::Rule { .. } | Self::Allowed { .. }),
                Some(path),
            ) => Self::Within { path, source: Box::new(error) },
            (error, _) => error,
        }
    }
}
