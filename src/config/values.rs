//! Single values, checked.

use super::ConfigError;
use std::borrow::Cow;

/// A value that has a default.
pub(super) fn required<T>(value: Option<T>, key: &'static str) -> Result<T, ConfigError> {
    value.ok_or(ConfigError::Missing { key })
}

/// A limit: nothing works with a limit of 0.
pub(super) fn count<N: From<u8> + PartialEq + ToString>(value: Option<N>, key: &'static str) -> Result<N, ConfigError> {
    let value = required(value, key)?;
    if value == N::from(0) { Err(refused(key, "0", "at least 1 is needed")) } else { Ok(value) }
}

/// Why a value makes no sense.
pub(super) fn refused(key: &'static str, value: impl ToString, reason: impl Into<Cow<'static, str>>) -> ConfigError {
    ConfigError::Value { key, value: value.to_string(), reason: reason.into() }
}
