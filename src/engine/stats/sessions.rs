//! Who has asked how often: counted for every session, without a lock for callers that name none.

use crate::session::Sessions;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many names are kept of callers who were proved, and how many of others: anybody may give a new one with every request.
pub(in crate::engine) const MAX_SESSIONS: usize = 10_000;

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
pub(in crate::engine) struct SessionCounters {
    pub(in crate::engine) requests: AtomicU64,
    pub(in crate::engine) replayed: AtomicU64,
    pub(in crate::engine) recorded: AtomicU64,
    pub(in crate::engine) missed: AtomicU64,
    /// Whether a caller of this session was proved, or had no need to be.
    pub(in crate::engine) proved: AtomicBool,
}

impl SessionCounters {
    /// Whether it has a place that nobody can take who was never proved: upstream's word for what is recorded is a proof too.
    fn is_proved(&self) -> bool {
        self.proved.load(Ordering::Relaxed) || self.recorded.load(Ordering::Relaxed) > 0
    }

    /// Whether anything came of its requests.
    fn has_activity(&self) -> bool {
        let came = |counter: &AtomicU64| counter.load(Ordering::Relaxed) > 0;
        self.is_proved() || came(&self.replayed) || came(&self.missed)
    }
}

/// The counters of all sessions.
#[derive(Debug, Default)]
pub(in crate::engine) struct SessionStats {
    unnamed: SessionCounters,
    named: RwLock<NamedSessions>,
}

#[derive(Debug)]
struct NamedSessions {
    all: BTreeMap<String, Arc<SessionCounters>>,
    /// For how many more names there is room without a look at all of them: of callers who were never proved, and of others.
    room: [usize; 2],
}

impl Default for NamedSessions {
    fn default() -> Self {
        Self { all: BTreeMap::new(), room: [MAX_SESSIONS; 2] }
    }
}

/// The counters of the session that a request belongs to.
pub(in crate::engine) enum CountersRef<'a> {
    Unnamed(&'a SessionCounters),
    Named(Arc<SessionCounters>),
}

impl Deref for CountersRef<'_> {
    type Target = SessionCounters;

    fn deref(&self) -> &SessionCounters {
        match self {
            Self::Unnamed(counters) => counters,
            Self::Named(counters) => counters,
        }
    }
}

impl SessionStats {
    /// The counters of the session called `name`, made on first sight.
    pub(in crate::engine) fn get_or_create(&self, name: Option<&str>) -> CountersRef<'_> {
        let Some(name) = name else { return CountersRef::Unnamed(&self.unnamed) };
        CountersRef::Named(self.get(name).unwrap_or_else(|| self.named_mut().get_or_create(name)))
    }

    fn get(&self, name: &str) -> Option<Arc<SessionCounters>> {
        self.named().all.get(name).cloned()
    }

    fn named(&self) -> RwLockReadGuard<'_, NamedSessions> {
        self.named.read()
    }

    fn named_mut(&self) -> RwLockWriteGuard<'_, NamedSessions> {
        self.named.write()
    }

    /// As [`Self::get_or_create`], for a request that has just come; `None` where its session is new and there are too many already.
    /// `proved` says that its caller is, without a look at the signature. Where room is short, names that came to nothing
    /// are forgotten, in `sessions` too.
    pub(in crate::engine) fn enter(
        &self,
        name: Option<&str>,
        proved: bool,
        sessions: &Sessions,
    ) -> Option<CountersRef<'_>> {
        let Some(name) = name else { return Some(CountersRef::Unnamed(&self.unnamed)) };
        let known = self.get(name).or_else(|| self.named_mut().enter(name, proved, sessions))?;
        if proved && !known.proved.load(Ordering::Relaxed) {
            known.proved.store(true, Ordering::Relaxed);
        }
        Some(CountersRef::Named(known))
    }

    /// Whether anything came of what the session called `name` asked for.
    pub(in crate::engine) fn has_activity(&self, name: Option<&str>) -> bool {
        match name {
            Some(name) => self.get(name).is_some_and(|counters| counters.has_activity()),
            None => self.unnamed.requests.load(Ordering::Relaxed) > 0,
        }
    }

    /// What the session called `name` has asked for so far, be it nothing.
    pub(in crate::engine) fn state(&self, name: &str, sessions: &Sessions) -> SessionState {
        read_state(Some(name), &self.get(name).unwrap_or_default(), sessions)
    }

    /// Takes back that the session called `name`, or callers that name none, have recorded anything; gives how many answers.
    pub(in crate::engine) fn uncount_recorded(&self, name: Option<&str>) -> u64 {
        self.get_or_create(name).recorded.swap(0, Ordering::Relaxed)
    }

    /// All that have asked and got something, by name, with their positions in `sessions`; the unnamed one first.
    pub(in crate::engine) fn list(&self, sessions: &Sessions) -> Vec<SessionState> {
        let named = self.named();
        let unnamed = self.has_activity(None).then(|| read_state(None, &self.unnamed, sessions));
        let named = named.all.iter().filter(|(_, counters)| counters.has_activity());
        unnamed.into_iter().chain(named.map(|(name, counters)| read_state(Some(name), counters, sessions))).collect()
    }
}

impl NamedSessions {
    /// The counters of the session called `name`, made if there is room for one more.
    fn enter(&mut self, name: &str, proved: bool, sessions: &Sessions) -> Option<Arc<SessionCounters>> {
        if self.all.contains_key(name) || self.has_room(proved, sessions) {
            Some(self.get_or_create(name))
        } else {
            None
        }
    }

    fn get_or_create(&mut self, name: &str) -> Arc<SessionCounters> {
        Arc::clone(self.all.entry(name.to_owned()).or_default())
    }

    /// Takes the room of one name, if there is any. Callers who were never proved take none from the others.
    fn has_room(&mut self, proved: bool, sessions: &Sessions) -> bool {
        let [unproved_room, proved_room] = &mut self.room;
        if *(if proved { &*proved_room } else { &*unproved_room }) == 0 {
            let in_use = |counters: &Arc<SessionCounters>| Arc::strong_count(counters) > 1;
            self.all
                .retain(|name, counters| counters.has_activity() || in_use(counters) || !sessions.forget_idle(name));
            let proved_names = self.all.values().filter(|counters| counters.is_proved()).count();
            *proved_room = MAX_SESSIONS.saturating_sub(proved_names);
            *unproved_room = MAX_SESSIONS.saturating_sub(self.all.len() - proved_names);
        }
        let room = if proved { proved_room } else { unproved_room };
        let has_room = *room > 0;
        *room = room.saturating_sub(1);
        has_room
    }
}

fn read_state(name: Option<&str>, counters: &SessionCounters, sessions: &Sessions) -> SessionState {
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let position = sessions.get(name).map(|session| {
        let session = session.lock();
        (session.history.latest_write().map(str::to_owned), session.history.len() as u64)
    });
    let (latest_write, writes) = position.unwrap_or_default();
    SessionState {
        name: name.map(str::to_owned),
        requests: load(&counters.requests),
        replayed: load(&counters.replayed),
        recorded: load(&counters.recorded),
        missed: load(&counters.missed),
        latest_write,
        writes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::stats::run::count;
    use crate::session::write_id;

    #[test]
    fn sessions_are_listed_by_name_with_their_positions() {
        let (session_stats, sessions) = (SessionStats::default(), Sessions::default());
        assert_eq!(session_stats.list(&sessions), []);
        let enter = |name| session_stats.enter(name, true, &sessions).map(|session| count(&session.requests));
        for name in [Some("b"), Some("a"), Some("b"), None] {
            assert_eq!(enter(name), Some(()));
        }
        let id = write_id("create", &crate::fingerprint::Fingerprint::hash("x"), None, 1);
        let session = sessions.get_or_create(Some("a"));
        session.lock().history.push_recorded(id.clone());
        let states = session_stats.list(&sessions);
        let seen: Vec<_> = states.iter().map(|s| (s.name.as_deref(), s.requests, s.writes)).collect();
        assert_eq!(seen, [(None, 1, 0), (Some("a"), 1, 1), (Some("b"), 2, 0)]);
        assert_eq!(states.get(1).and_then(|state| state.latest_write.clone()), Some(id));
        assert!(session_stats.has_activity(Some("a")) && !session_stats.has_activity(Some("c")));
    }

    #[test]
    fn new_names_are_refused_where_there_are_too_many_and_the_others_go_on() {
        let (session_stats, sessions) = (SessionStats::default(), Sessions::default());
        let enter = |name: &str| session_stats.enter(Some(name), true, &sessions).is_some();
        for number in 0..MAX_SESSIONS {
            assert!(enter(&number.to_string()));
        }
        assert!(!enter("one too many") && !session_stats.has_activity(Some("one too many")));
        assert!(enter("7") && session_stats.enter(None, true, &sessions).is_some());
    }

    #[test]
    fn names_of_callers_who_were_never_proved_take_no_room_from_the_others() {
        let (session_stats, sessions) = (SessionStats::default(), Sessions::default());
        let enter = |name: &str, proved| session_stats.enter(Some(name), proved, &sessions);
        // What came to nothing is not shown, and forgotten where room is short; not before its request has ended.
        let in_use = enter("in use", false);
        let position = sessions.get_or_create(Some("in flight"));
        for name in
            ["in flight", "gone"].into_iter().map(str::to_owned).chain((0..2 * MAX_SESSIONS).map(|n| n.to_string()))
        {
            drop(sessions.get_or_create(Some(&name)));
            assert!(enter(&name, false).is_some(), "{name}");
        }
        assert_eq!(session_stats.list(&sessions), []);
        let names = |name: &str| session_stats.get(name).is_some();
        assert_eq!([names("in use"), names("in flight"), names("gone")], [true, true, false]);
        assert!(sessions.get(Some("in flight")).is_some() && sessions.get(Some("gone")).is_none());
        drop((in_use, position));

        // What got answers from the cassette is kept, and counted apart.
        for n in 0..MAX_SESSIONS {
            assert!(enter(&format!("replayed {n}"), false).is_some_and(|session| {
                count(&session.replayed);
                true
            }));
        }
        assert!(enter("one too many", false).is_none());
        for n in 0..MAX_SESSIONS {
            assert!(enter(&format!("proved {n}"), true).is_some());
        }
        assert!(enter("one too many", true).is_none());
        assert_eq!(session_stats.list(&sessions).len(), 2 * MAX_SESSIONS);
    }
}
