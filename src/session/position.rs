//! Where each session stands.

use super::history::History;
use crate::fingerprint::Fingerprint;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many choices a session remembers for clients that retry.
const REMEMBERED: usize = 1024;

/// Which take a request was answered from: what a retry of it gets again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    invocation: String,
    fingerprint: Fingerprint,
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
    cursors: HashMap<(Fingerprint, Option<u32>), usize>,
    last: HashMap<Fingerprint, usize>,
    choices: HashMap<Asked, usize>,
    order: VecDeque<Asked>,
}

impl Session {
    /// The take to answer with, of `candidates` (indices of takes, in recorded order), for callers that asked for page size
    /// `group`: each once, in order, the last one for ever. A retry gets the same again and moves nothing. `None` only
    /// where there is no candidate.
    pub fn choose(
        &mut self,
        fingerprint: Fingerprint,
        group: Option<u32>,
        candidates: &[usize],
        invocation: Option<&str>,
    ) -> Option<usize> {
        let asked = invocation.map(|invocation| Asked { invocation: invocation.to_owned(), fingerprint });
        if let Some(take) = asked.as_ref().and_then(|asked| self.choices.get(asked)) {
            return Some(*take);
        }
        let cursor = self.cursors.entry((fingerprint, group)).or_default();
        let take = *candidates.get(*cursor).or(candidates.last())?;
        *cursor = (*cursor + 1).min(candidates.len());
        self.last.insert(fingerprint, take);
        if let Some(asked) = asked {
            self.remember(asked, take);
        }
        Some(take)
    }

    /// The take that the session was last answered from; `None` where it never had to choose.
    #[must_use]
    pub fn current(&self, fingerprint: Fingerprint) -> Option<usize> {
        self.last.get(&fingerprint).copied()
    }

    fn remember(&mut self, asked: Asked, take: usize) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.choices.remove(&oldest);
        }
        self.order.push_back(asked.clone());
        self.choices.insert(asked, take);
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

    #[test]
    fn each_take_once_in_order_the_last_for_ever_and_retries_move_nothing() {
        let mut session = Session::default();
        let fingerprint = Fingerprint::of("x");
        assert_eq!(session.current(fingerprint), None);
        let mut choose = |invocation| session.choose(fingerprint, None, &[2, 5, 7], invocation);
        assert_eq!(choose(Some("a")), Some(2));
        assert_eq!(choose(Some("a")), Some(2));
        assert_eq!(choose(Some("b")), Some(5));
        assert_eq!(choose(None), Some(7));
        assert_eq!(choose(None), Some(7));
        assert_eq!(choose(Some("a")), Some(2));
        assert_eq!(session.current(fingerprint), Some(7));
        assert_eq!(session.choose(fingerprint, Some(9), &[], None), None);
    }

    #[test]
    fn the_memory_for_retries_is_bounded() {
        let mut session = Session::default();
        for n in 0..5000 {
            session.choose(Fingerprint::of("x"), None, &[0], Some(&n.to_string()));
        }
        assert_eq!((session.choices.len(), session.order.len()), (REMEMBERED, REMEMBERED));
    }
}
