//! Recorded variables: values that a session's program was given while it was recorded, and gets again on replay.
//!
//! They stand in `variables.json` in the cassette's folder, by session and name, a value a line.

mod combine;
mod keep;
mod leaks;
mod rules;
mod text;

pub use combine::{VariableClash, combine_variables, merge_variable_texts};
pub use rules::{MOST_VARIABLES, VariableFlaw, check_variable};

use std::collections::BTreeMap;

/// The file, beside `cassette.json`. A cassette without recorded variables has none.
pub const VARIABLES_FILE: &str = "variables.json";

/// The recorded variables of a cassette. The session of callers that name none is called `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    sessions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Variables {
    /// The recorded value of variable `name` in `session`.
    #[must_use]
    pub fn value(&self, session: &str, name: &str) -> Option<&str> {
        self.sessions.get(session)?.get(name).map(String::as_str)
    }

    /// Gives variable `name` of `session` this value, whatever it had.
    pub fn set(&mut self, session: &str, name: &str, value: &str) {
        self.sessions.entry(session.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Takes out variable `name` of `session`.
    pub fn remove(&mut self, session: &str, name: &str) {
        if let Some(values) = self.sessions.get_mut(session) {
            values.remove(name);
        }
        self.sessions.retain(|_, values| !values.is_empty());
    }

    /// Keeps the variables of the sessions that `keeps` names, and drops the others.
    pub fn retain_sessions(&mut self, keeps: impl Fn(&str) -> bool) {
        self.sessions.retain(|session, _| keeps(session));
    }

    /// The variables that `other` does not have with the same value.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for (session, name, value) in
            self.all().filter(|(session, name, value)| other.value(session, name) != Some(*value))
        {
            left.set(session, name, value);
        }
        left
    }

    /// How many variables `session` has.
    #[must_use]
    pub fn count(&self, session: &str) -> usize {
        self.sessions.get(session).map_or(0, BTreeMap::len)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Every session with its variables, in order of their names.
    pub fn sessions(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
        self.sessions.iter().map(|(session, values)| (session.as_str(), values))
    }

    /// Every variable as session, name and value, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.sessions().flat_map(|(session, values)| {
            values.iter().map(move |(name, value)| (session, name.as_str(), value.as_str()))
        })
    }
}
