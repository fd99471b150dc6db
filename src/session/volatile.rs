//! The live values of volatile members that each session's writes gave, and the names that they have in a cassette.

use crate::interaction::json;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many live values of one name are remembered: a write whose last take is replayed again and again gives a new one
/// every time.
const REMEMBERED: usize = 16;

/// The name of the value that a write's request had in `member`: the write's id, and a JSON pointer into the request.
#[must_use]
pub fn binding_name(write: &str, member: &str) -> String {
    format!("{write}:/{}", json::pointer_step(member))
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
    /// Gives `name` the live value `value`. An earlier value of the name is still known by it; a value that has a name
    /// already keeps it. The empty string stands in too many places to be told from others and is not bound.
    pub fn bind(&mut self, name: String, value: &str) {
        if value.is_empty() {
            return;
        }
        self.names.entry(value.to_owned()).or_insert_with(|| name.clone());
        let values = self.values.entry(name.clone()).or_default();
        values.retain(|earlier| earlier != value);
        values.push_back(value.to_owned());
        if values.len() > REMEMBERED
            && let Some(oldest) = values.pop_front()
            && self.names.get(&oldest) == Some(&name)
        {
            self.names.remove(&oldest);
        }
    }

    /// The same, but for these values.
    #[must_use]
    pub fn without<'v>(&self, values: impl Iterator<Item = &'v str>) -> Self {
        let mut others = self.clone();
        values.for_each(|value| {
            others.names.remove(value);
        });
        others
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
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bindings of the session that `session` names; it is asked for the name only where anything is bound at all.
    pub fn of(&self, session: impl FnOnce() -> Option<String>) -> Option<Arc<Bindings>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.sessions().get(session().as_deref().unwrap_or_default()).cloned()
    }

    /// Binds the values that the request of the write `write` had in its volatile members; gives all that the session
    /// has then.
    pub fn bind<'a>(
        &self,
        session: Option<&str>,
        write: &str,
        members: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Arc<Bindings> {
        let mut sessions = self.sessions();
        let bindings = sessions.entry(session.unwrap_or_default().to_owned()).or_default();
        for (member, value) in members {
            Arc::make_mut(bindings).bind(binding_name(write, member), value);
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
        assert_eq!(binding_name("create/x#1", "name"), "create/x#1:/name");
        assert_eq!(binding_name("create/x#1", "a/b~c"), "create/x#1:/a~1b~0c");
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
        assert_eq!((bindings.names.len(), bindings.values.len()), (REMEMBERED + 1, 2));
    }

    #[test]
    fn sessions_do_not_know_each_others_values() {
        let live = LiveValues::default();
        let mut asked = false;
        assert!(
            live.of(|| {
                asked = true;
                None
            })
            .is_none()
        );
        assert!(!asked, "nobody needs the name");
        let bound = live.bind(Some("s"), "w", [("name", "x")]);
        assert_eq!(bound.name_of("x"), Some("w:/name"));
        assert!(live.of(|| None).is_none());
        assert_eq!(live.of(|| Some("s".into())).unwrap().value_of("w:/name"), Some("x"));
        assert_eq!((live.reset(Some("s")), live.reset(Some("s"))), (true, false));
        assert!(live.of(|| Some("s".into())).is_none());
    }
}
