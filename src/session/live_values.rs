//! The live values of volatile members that each session's writes gave, and the names that they have in a cassette.

use crate::fingerprint::Fingerprint;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many live values of one name are remembered: a write whose last take is replayed again and again gives a new one
/// every time.
const MAX_VALUES: usize = 16;

/// How many values of one listing are told apart that a session's reads bring first.
const MAX_FROM_READS: usize = 1024;

/// The name of the value that a write's request had at `pointer`, a JSON pointer: that, behind the write's id.
#[must_use]
pub fn binding_name(write: &str, pointer: &str) -> String {
    format!("{write}:{pointer}")
}

/// What stands in the names of values that reads brought first; a write's id has a `#` there.
const READ_MARK: char = '@';

/// How the names begin of values that requests for `listing` (folder and fingerprint) bring first.
#[must_use]
pub fn read_binding_prefix(folder: &str, listing: &Fingerprint) -> String {
    format!("{folder}/{listing}{READ_MARK}")
}

/// What one session calls what: its live values by name and back.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// By name; the latest value last.
    values: HashMap<String, VecDeque<String>>,
    /// By value; the earliest name of those that have it.
    names: HashMap<String, String>,
}

impl Bindings {
    /// Gives `name` the live value `value`. An earlier value of the name is still known by it; a value that a write has named
    /// already keeps that name. One that a read brought gets it instead: reads are numbered as they come, and a test that runs
    /// alone must call its values what it called them among others. The empty string stands in too many places to be told from others and is not bound.
    pub fn bind(&mut self, name: String, value: &str) {
        if value.is_empty() {
            return;
        }
        let known = self.names.entry(value.to_owned()).or_insert_with(|| name.clone());
        if known.contains(READ_MARK) {
            known.clone_from(&name);
        }
        let values = self.values.entry(name.clone()).or_default();
        values.retain(|earlier| earlier != value);
        values.push_back(value.to_owned());
        if values.len() > MAX_VALUES
            && let Some(oldest) = values.pop_front()
            && self.names.get(&oldest) == Some(&name)
        {
            self.names.remove(&oldest);
        }
    }

    /// Gives `value` a name, if it has none: the next of those that begin with `prefix` and tell of the place `pointer`.
    fn bind_from_read(&mut self, prefix: &str, pointer: &str, value: &str) {
        if self.names.contains_key(value) {
            return;
        }
        let name = |number: usize| binding_name(&format!("{prefix}{number}"), pointer);
        if let Some(free) = (1..=MAX_FROM_READS).map(name).find(|name| !self.values.contains_key(name)) {
            self.bind(free, value);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of `value`, if it is one of the session's live values.
    #[must_use]
    pub fn name_of(&self, value: &str) -> Option<&str> {
        self.names.get(value).map(String::as_str)
    }

    /// The latest live value called `name`.
    #[must_use]
    pub fn value_of(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.back().map(String::as_str)
    }
}

/// The bindings of all sessions.
#[derive(Debug, Default)]
pub struct LiveValues {
    /// Whether anything was ever bound: most replays ask no further.
    any: AtomicBool,
    /// By session; callers that name none have the empty name, which no session has.
    sessions: Mutex<HashMap<String, Arc<Bindings>>>,
}

impl LiveValues {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Bindings>>> {
        self.sessions.lock()
    }

    /// The bindings of the session called `session`; `None` where it has none.
    pub fn get(&self, session: Option<&str>) -> Option<Arc<Bindings>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.sessions().get(session.unwrap_or_default()).cloned()
    }

    /// Binds the values that the request of the write `write` had in its volatile members, each with its place; gives all that
    /// the session has then.
    pub fn bind_from_write<'a>(
        &self,
        session: Option<&str>,
        write: &str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Arc<Bindings> {
        self.change(session, values, |bindings, pointer, value| bindings.bind(binding_name(write, pointer), value))
    }

    /// As [`Self::bind_from_write`], for values that a read brings first, where their names begin with `prefix`. What has a name keeps it.
    pub fn bind_from_read<'a>(
        &self,
        session: Option<&str>,
        prefix: &str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Arc<Bindings> {
        self.change(session, values, |bindings, pointer, value| bindings.bind_from_read(prefix, pointer, value))
    }

    fn change<'a>(
        &self,
        session: Option<&str>,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
        change: impl Fn(&mut Bindings, &str, &str),
    ) -> Arc<Bindings> {
        let mut sessions = self.sessions();
        let bindings = sessions.entry(session.unwrap_or_default().to_owned()).or_default();
        for (pointer, value) in values {
            change(Arc::make_mut(bindings), pointer, value);
            self.any.store(true, Ordering::Release);
        }
        Arc::clone(bindings)
    }

    /// Forgets a session's values. Says whether it had any.
    pub fn reset(&self, session: Option<&str>) -> bool {
        self.sessions().remove(session.unwrap_or_default()).is_some()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn a_name_points_into_the_request() {
        assert_eq!(binding_name("create/x#1", "/name"), "create/x#1:/name");
    }

    #[test]
    fn values_that_reads_bring_are_told_apart_and_keep_their_names() {
        let live = LiveValues::default();
        let prefix = read_binding_prefix("get", &Fingerprint::from_bytes([0; 10]));
        let bring = |value: &str| drop(live.bind_from_read(None, &prefix, [("/principal", value)]));
        ["p", "q", "p"].iter().for_each(|value| bring(value));
        live.bind_from_write(None, "associate/x#1", [("/principals/0", "q")]);
        let bound = live.get(None).unwrap();
        let name = |number: u8| format!("get/aaaaaaaaaaaaaaaa@{number}:/principal");
        assert_eq!((bound.name_of("p"), bound.value_of(&name(2))), (Some(&*name(1)), Some("q")));
        assert_eq!(bound.name_of("q"), Some("associate/x#1:/principals/0"), "from its write on it is named after that");
        assert_eq!(bound.value_of("associate/x#1:/principals/0"), Some("q"));
    }

    #[test]
    fn the_earliest_name_of_a_value_and_the_latest_value_of_a_name() {
        let mut bindings = Bindings::default();
        bindings.bind("a".into(), "1");
        bindings.bind("b".into(), "1");
        bindings.bind("b".into(), "2");
        assert_eq!((bindings.name_of("1"), bindings.name_of("2")), (Some("a"), Some("b")));
        assert_eq!((bindings.value_of("a"), bindings.value_of("b")), (Some("1"), Some("2")));
        bindings.bind("b".into(), "");
        assert_eq!((bindings.name_of(""), bindings.value_of("b")), (None, Some("2")));
    }

    #[test]
    fn a_write_replayed_for_ever_is_remembered_in_bounded_memory() {
        let mut bindings = Bindings::default();
        bindings.bind("other".into(), "0");
        for n in 0..1000 {
            bindings.bind("a".into(), &n.to_string());
        }
        assert_eq!((bindings.value_of("a"), bindings.name_of("999")), (Some("999"), Some("a")));
        assert_eq!((bindings.name_of("984"), bindings.name_of("983")), (Some("a"), None));
        assert_eq!(bindings.name_of("0"), Some("other"));
        assert_eq!((bindings.names.len(), bindings.values.len()), (MAX_VALUES + 1, 2));
    }

    #[test]
    fn sessions_do_not_know_each_others_values() {
        let live = LiveValues::default();
        assert!(live.get(None).is_none());
        let bound = live.bind_from_write(Some("s"), "w", [("/name", "x")]);
        assert_eq!(bound.name_of("x"), Some("w:/name"));
        assert!(live.get(None).is_none());
        assert_eq!(live.get(Some("s")).unwrap().value_of("w:/name"), Some("x"));
        assert_eq!((live.reset(Some("s")), live.reset(Some("s"))), (true, false));
        assert!(live.get(Some("s")).is_none());
    }
}
