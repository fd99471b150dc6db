//! Writes the body of a successful answer: compact, members in a fixed order, numbers as RAM writes them.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// The members of an answer, in the order they are written.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<(&'static str, Box<RawValue>)>);

impl Members {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.0.push((name, raw(value)));
        self
    }

    /// Leaves the member out where there is no value.
    pub(super) fn with_some(self, name: &'static str, value: Option<&(impl Serialize + ?Sized)>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        raw(self).get().as_bytes().to_vec()
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A value as JSON text that is copied from here on.
pub(super) fn raw(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    // The simulator's types have neither maps with odd keys nor failing serializers.
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// One item of a listing. Items are listed in the order of their keys, which pages continue from.
#[derive(Debug)]
pub(super) struct ListItem {
    pub(super) key: String,
    pub(super) json: Box<RawValue>,
}

impl ListItem {
    pub(super) fn new(key: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Self {
        Self { key: key.into(), json: raw(value) }
    }
}

/// A time. RAM writes epoch seconds with a fraction, sometimes in Java's scientific notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) milliseconds: u64,
    pub(super) scientific: bool,
}

impl Moment {
    fn spelled(self) -> String {
        if !self.scientific {
            return format!("{}.{:03}", self.milliseconds / 1000, self.milliseconds % 1000);
        }
        let digits = self.milliseconds.to_string();
        let (first, rest) = digits.split_at(1);
        let exponent = digits.len().saturating_sub(4);
        let rest = rest.trim_end_matches('0');
        format!("{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest })
    }
}

/// As its own spelling, which a floating-point number would lose.
impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.spelled()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Members, Moment};

    #[test]
    fn times_keep_their_spelling() {
        let plain = Moment { milliseconds: 1_632_342_984_382, scientific: false };
        let scientific = Moment { scientific: true, ..plain };
        let round = Moment { milliseconds: 1_632_342_984_000, scientific: true };
        let members = Members::new().with("a", &plain).with("b", &[scientific, round]);
        let expected = br#"{"a":1632342984.382,"b":[1.632342984382E9,1.632342984E9]}"#;
        assert_eq!(members.to_json(), expected);
    }
}
