//! Who has asked how often: counted for every session, without a lock for callers that name none.

use crate::session::Sessions;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// How many names are kept: anybody may give a new one with every request.
pub(super) const MOST: usize = 10_000;

/// What a session has asked for, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionState {
    /// Its name; `None` for the one that callers share who name none.
    pub name: Option<String>,
    /// Requests, whatever came of them.
    pub requests: u64,
    /// Answers from the cassette.
    pub replayed: u64,
    /// Answers taken from upstream and stored.
    pub recorded: u64,
    /// Requests that had no take.
    pub missed: u64,
    /// The id of its latest write, recorded or replayed, since it was last rewound.
    pub latest_write: Option<String>,
    /// How many writes it has made since then.
    pub writes: u64,
}

impl SessionState {
    /// The same as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name,
            "requests": self.requests,
            "replayed": self.replayed,
            "recorded": self.recorded,
            "missed": self.missed,
            "latestWrite": self.latest_write,
            "writes": self.writes,
        })
    }
}

/// One session's counters.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) recorded: AtomicU64,
    pub(super) missed: AtomicU64,
}

/// The counters of all sessions.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    unnamed: Counters,
    named: RwLock<BTreeMap<String, Arc<Counters>>>,
}

/// The counters of the session that a request belongs to.
pub(super) enum Attending<'a> {
    Unnamed(&'a Counters),
    Named(Arc<Counters>),
}

impl Deref for Attending<'_> {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        match self {
            Self::Unnamed(counters) => counters,
            Self::Named(counters) => counters,
        }
    }
}

impl Attendance {
    /// The counters of the session called `name`, made on first sight.
    pub(super) fn of(&self, name: Option<&str>) -> Attending<'_> {
        let Some(name) = name else { return Attending::Unnamed(&self.unnamed) };
        let known = self.named.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        Attending::Named(known.unwrap_or_else(|| {
            let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(named.entry(name.to_owned()).or_default())
        }))
    }

    /// As [`Self::of`], for a request that has just come; `None` where its session is new and there are too many already.
    pub(super) fn come(&self, name: Option<&str>) -> Option<Attending<'_>> {
        let has_room = name.is_none_or(|name| {
            let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
            named.len() < MOST || named.contains_key(name)
        });
        has_room.then(|| self.of(name))
    }

    /// Whether the session called `name` has ever asked for anything.
    pub(super) fn has(&self, name: Option<&str>) -> bool {
        match name {
            Some(name) => self.named.read().unwrap_or_else(PoisonError::into_inner).contains_key(name),
            None => self.unnamed.requests.load(Ordering::Relaxed) > 0,
        }
    }

    /// All that have asked, by name, with their positions in `sessions`; the unnamed one first.
    pub(super) fn states(&self, sessions: &Sessions) -> Vec<SessionState> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let unnamed = self.has(None).then(|| state(None, &self.unnamed, sessions));
        unnamed.into_iter().chain(named.iter().map(|(name, counters)| state(Some(name), counters, sessions))).collect()
    }
}

fn state(name: Option<&str>, counters: &Counters, sessions: &Sessions) -> SessionState {
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let position = sessions.known(name).map(|session| {
        let session = session.lock().unwrap_or_else(PoisonError::into_inner);
        (session.history.latest().map(str::to_owned), session.history.len() as u64)
    });
    let (latest_write, writes) = position.unwrap_or_default();
    SessionState {
        name: name.map(str::to_owned),
        requests: of(&counters.requests),
        replayed: of(&counters.replayed),
        recorded: of(&counters.recorded),
        missed: of(&counters.missed),
        latest_write,
        writes,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::count;
    use super::*;
    use crate::session::write_id;

    #[test]
    fn sessions_are_listed_by_name_with_their_positions() {
        let (attendance, sessions) = (Attendance::default(), Sessions::default());
        assert_eq!(attendance.states(&sessions), []);
        count(&attendance.of(Some("b")).requests);
        count(&attendance.of(Some("a")).requests);
        count(&attendance.of(Some("b")).requests);
        count(&attendance.of(None).requests);
        let id = write_id("create", &crate::fingerprint::Fingerprint::of("x"), None, 1);
        let session = sessions.named(Some("a"));
        session.lock().unwrap_or_else(PoisonError::into_inner).history.moved_to(id.clone());
        let states = attendance.states(&sessions);
        let seen: Vec<_> = states.iter().map(|s| (s.name.as_deref(), s.requests, s.writes)).collect();
        assert_eq!(seen, [(None, 1, 0), (Some("a"), 1, 1), (Some("b"), 2, 0)]);
        assert_eq!(states.get(1).and_then(|state| state.latest_write.clone()), Some(id));
        assert!(attendance.has(Some("a")) && !attendance.has(Some("c")));
    }

    #[test]
    fn new_names_are_refused_where_there_are_too_many_and_the_others_go_on() {
        let attendance = Attendance::default();
        for number in 0..MOST {
            assert!(attendance.come(Some(&number.to_string())).is_some());
        }
        assert!(attendance.come(Some("one too many")).is_none() && !attendance.has(Some("one too many")));
        assert!(attendance.come(Some("7")).is_some() && attendance.come(None).is_some());
    }
}
