//! The built-in defaults.

use super::{ConfigError, RawConfig};

/// `config/ramtape.toml`, as the user would write it: it documents every key, and is parsed by the same code.
pub const DEFAULTS: &str = include_str!("../../config/ramtape.toml");

/// The built-in defaults.
///
/// # Errors
/// Never in a build that passed its tests.
pub(super) fn defaults() -> Result<RawConfig, ConfigError> {
    toml::from_str(DEFAULTS).map_err(|source| ConfigError::Defaults { source })
}
