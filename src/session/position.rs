//! Where each session stands.

use super::history::History;
use crate::fingerprint::Fingerprint;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many choices a session remembers for clients that retry.
const REMEMBERED: usize = 1024;

/// What marks a request as a repetition of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// A client's retry: the same `amz-sdk-invocation-id`.
    Invocation(String),
    /// A write that names itself: the same idempotency token.
    Token(String),
}

/// Takes among which a session goes on: one fingerprint's, for one page size, recorded after one history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// The page size asked for.
    pub max_results: Option<u32>,
    /// The latest write that they were recorded after.
    pub after: Option<String>,
}

/// One session's position.
#[derive(Debug, Default)]
pub struct Session {
    /// The writes made or replayed.
    pub history: History,
    /// Whether it has recorded a write: from then on upstream has a state of its own.
    pub recorded_write: bool,
    /// How many writes it has only replayed.
    pub replayed_writes: u64,
    /// Counts the writes begun: reads that straddle one are not the same read.
    pub epoch: u64,
    cursors: HashMap<Group, usize>,
    last: HashMap<Fingerprint, usize>,
    choices: HashMap<(Fingerprint, Repeat), usize>,
    order: VecDeque<(Fingerprint, Repeat)>,
}

impl Session {
    /// The take that a repeated request was answered from: it gets the same again, and nothing moves.
    #[must_use]
    pub fn repeated(&self, fingerprint: Fingerprint, repeats: &[Repeat]) -> Option<usize> {
        repeats.iter().find_map(|repeat| self.choices.get(&(fingerprint, repeat.clone())).copied())
    }

    /// The next take of `group`, whose takes are `takes` (indices, in recorded order): each once, the last one for ever.
    /// With `at_once` the last one right away. `None` only where there is none.
    pub fn next_of(&mut self, group: Group, takes: &[usize], at_once: bool) -> Option<usize> {
        let fingerprint = group.fingerprint;
        let cursor = self.cursors.entry(group).or_default();
        let take = *if at_once { takes.last() } else { takes.get(*cursor).or(takes.last()) }?;
        *cursor = (*cursor + 1).min(takes.len());
        self.last.insert(fingerprint, take);
        Some(take)
    }

    /// Remembers what a request was answered from, for its repetitions.
    pub fn remember(&mut self, fingerprint: Fingerprint, repeats: Vec<Repeat>, take: usize) {
        for repeat in repeats {
            let asked = (fingerprint, repeat);
            if self.order.len() == REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.choices.remove(&oldest);
            }
            self.order.push_back(asked.clone());
            self.choices.insert(asked, take);
        }
    }

    /// The take that the session was last answered from; `None` where it never had to choose.
    #[must_use]
    pub fn current(&self, fingerprint: Fingerprint) -> Option<usize> {
        self.last.get(&fingerprint).copied()
    }
}

/// All sessions of a run.
#[derive(Debug, Default)]
pub struct Sessions {
    named: Mutex<HashMap<Option<String>, Arc<Mutex<Session>>>>,
}

impl Sessions {
    /// The session called `name`, made on first sight.
    #[must_use]
    pub fn named(&self, name: Option<&str>) -> Arc<Mutex<Session>> {
        let mut named = lock(&self.named);
        if let Some(session) = named.get(&name.map(str::to_owned)) {
            return Arc::clone(session);
        }
        Arc::clone(named.entry(name.map(str::to_owned)).or_default())
    }

    /// The session called `name`, if it was ever needed.
    #[must_use]
    pub fn known(&self, name: Option<&str>) -> Option<Arc<Mutex<Session>>> {
        lock(&self.named).get(&name.map(str::to_owned)).cloned()
    }

    /// Forgets the session called `name`, unless somebody is at work with it. Says whether there is none now.
    pub fn forget_idle(&self, name: &str) -> bool {
        let (mut named, name) = (lock(&self.named), Some(name.to_owned()));
        let is_idle = named.get(&name).is_none_or(|session| Arc::strong_count(session) == 1);
        if is_idle {
            named.remove(&name);
        }
        is_idle
    }

    /// Rewinds a session: it stands again where it stood at its start. Says whether there was one.
    pub fn reset(&self, name: Option<&str>) -> bool {
        lock(&self.named).remove(&name.map(str::to_owned)).is_some()
    }
}

/// Sessions hold plain data that is whole after every step, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        Group { fingerprint: Fingerprint::of("x"), max_results: None, after: None }
    }

    #[test]
    fn each_take_once_in_order_the_last_for_ever() {
        let mut session = Session::default();
        assert_eq!(session.current(group().fingerprint), None);
        let takes = [2, 5, 7];
        let served: Vec<_> = (0..5).map(|_| session.next_of(group(), &takes, false)).collect();
        assert_eq!(served, [Some(2), Some(5), Some(7), Some(7), Some(7)]);
        assert_eq!(session.current(group().fingerprint), Some(7));
        assert_eq!(session.next_of(Group { max_results: Some(9), ..group() }, &takes, false), Some(2));
        assert_eq!(session.next_of(Group { after: Some("w".into()), ..group() }, &takes, true), Some(7));
        assert_eq!(session.next_of(Group { max_results: Some(1), ..group() }, &[], false), None);
    }

    #[test]
    fn a_repetition_gets_the_same_take_and_the_memory_for_it_is_bounded() {
        let mut session = Session::default();
        let fingerprint = group().fingerprint;
        let repeats = |n: usize| vec![Repeat::Invocation(n.to_string()), Repeat::Token(n.to_string())];
        session.remember(fingerprint, repeats(1), 4);
        assert_eq!(session.repeated(fingerprint, &[Repeat::Token("1".into())]), Some(4));
        assert_eq!(session.repeated(fingerprint, &repeats(1)), Some(4));
        assert_eq!(session.repeated(Fingerprint::of("y"), &repeats(1)), None);
        assert_eq!(session.repeated(fingerprint, &[]), None);
        for n in 2..5000 {
            session.remember(fingerprint, repeats(n), 0);
        }
        assert_eq!((session.choices.len(), session.order.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(session.repeated(fingerprint, &repeats(1)), None);
    }
}
