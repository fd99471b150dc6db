//! Where each session stands, and what answers its next request.

use super::choices::{Choices, Made};
use super::group::{Cursor, group, of_session};
use super::history::History;
use super::rank::{Standing, best};
use super::sequences::Signature;
use super::waiting::{Stuck, Wait, Waiter, following, passing_status, stuck};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Page, Take};
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

/// A request for which a take is to be chosen.
pub struct Ask<'a> {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The session that asks, if it is named.
    pub session: Option<&'a str>,
    /// The page size asked for.
    pub max_results: Option<u32>,
    /// What would mark a later request as this one's repetition.
    pub repeats: Vec<Repeat>,
    /// Whether a read gets the last take of its group at once.
    pub at_once: bool,
    /// Which takes can answer it.
    pub can_answer: &'a dyn Fn(&Take) -> bool,
}

/// The take that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its place in the entry.
    pub take: usize,
    /// Whether it repeats an earlier answer, and nothing moved.
    pub is_repeat: bool,
    /// What to tell of a waiter that goes nowhere; once for each.
    pub stuck: Option<Stuck>,
    /// Whether this is the first of the takes that follow where a waiter would have gone nowhere.
    pub went_on: bool,
}

/// Takes among which a session goes on: one fingerprint's, for one page size, recorded after one history.
type Group = (Fingerprint, Option<u32>, Signature);

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
    /// By fingerprint: its writes that concern that, among the takes that they were read for.
    made: HashMap<Fingerprint, (Arc<Choices>, Made)>,
    /// By fingerprint and page size: whose turn it is until the next write.
    turns: HashMap<(Fingerprint, Option<u32>), Turn>,
    places: HashMap<Group, (Cursor, Waiter)>,
    last: HashMap<Fingerprint, usize>,
    repeats: HashMap<(Fingerprint, Repeat), usize>,
    order: VecDeque<(Fingerprint, Repeat)>,
}

impl Choice {
    const fn of(take: usize) -> Self {
        Self { take, is_repeat: false, stuck: None, went_on: false }
    }
}

impl Session {
    /// The take of `entry` that answers `ask`; a write moves the history. `choices` is asked for only where there are several
    /// takes. `None` where no take can answer.
    pub fn choose(&mut self, entry: &Entry, choices: impl FnOnce() -> Arc<Choices>, ask: Ask<'_>) -> Option<Choice> {
        let chosen = match entry.takes.as_slice() {
            [] => return None,
            [_] => Choice { is_repeat: self.repeated(&ask).is_some(), ..Choice::of(0) },
            takes => self.choose_among(takes, &choices(), &ask)?,
        };
        if !chosen.is_repeat {
            self.last.insert(ask.fingerprint, chosen.take);
            self.remember(ask.fingerprint, ask.repeats, chosen.take);
            if let Some(take) = entry.takes.get(chosen.take).filter(|take| take.id.is_some()) {
                self.history.replayed(&ask.fingerprint, chosen.take, take);
                self.replayed_writes += 1;
            }
        }
        Some(chosen)
    }

    /// The take that an earlier request was answered from which `ask` repeats, and by what.
    fn repeated<'a>(&self, ask: &'a Ask<'_>) -> Option<(usize, &'a Repeat)> {
        let known = |repeat: &'a Repeat| Some((*self.repeats.get(&(ask.fingerprint, repeat.clone()))?, repeat));
        ask.repeats.iter().find_map(known)
    }

    fn choose_among(&mut self, takes: &[Take], choices: &Arc<Choices>, ask: &Ask<'_>) -> Option<Choice> {
        if takes.first()?.id.is_some() {
            self.choose_write(takes, choices, ask)
        } else {
            self.choose_read(takes, choices, ask)
        }
    }

    fn choose_read(&mut self, takes: &[Take], choices: &Arc<Choices>, ask: &Ask<'_>) -> Option<Choice> {
        if let Some((take, _)) = self.repeated(ask)
            && !asks_to_retry(takes.get(take)?, &choices.rules().transient_errors)
        {
            return Some(Choice { is_repeat: true, ..Choice::of(take) });
        }
        let listing = (ask.fingerprint, ask.max_results);
        let writes = self.history.len();
        let is_so_still = |turn: &Turn| turn.writes == writes && Arc::ptr_eq(&turn.choices, choices);
        if !self.turns.get(&listing).is_some_and(is_so_still) {
            let turn = self.turn(takes, choices, ask)?;
            self.turns.insert(listing, turn);
        }
        let (turn, (_, made)) = (self.turns.get(&listing)?, self.made.get(&ask.fingerprint)?);
        let (cursor, waiter) = self.places.entry((listing.0, listing.1, turn.history)).or_default();
        Poll { takes, turn, made }.next(cursor, waiter, ask.at_once)
    }

    /// Whose turn it is among the takes of a read, as the session stands now.
    fn turn(&mut self, takes: &[Take], choices: &Arc<Choices>, ask: &Ask<'_>) -> Option<Turn> {
        let candidates = self.candidates(takes, choices, ask);
        let standing = standing(&mut self.made, &mut self.history, choices, ask.fingerprint);
        let best = best(choices, &candidates, &standing)?;
        let own = of_session(takes, &candidates, best);
        let group = group(choices, takes, &own, best, ask.max_results);
        let last = takes.get(*group.last()?)?;
        Some(Turn {
            writes: standing.writes.len(),
            history: choices.signature_of(best),
            passes: passing_status(last, &choices.rules().passing).is_some(),
            group,
            own,
            choices: Arc::clone(choices),
        })
    }

    /// A write is no poll: each gets its own answer, in turn, however reads are answered.
    fn choose_write(&mut self, takes: &[Take], choices: &Arc<Choices>, ask: &Ask<'_>) -> Option<Choice> {
        let candidates = self.candidates(takes, choices, ask);
        let given = |take: &&usize| self.history.was_given(&ask.fingerprint, **take);
        let given: Vec<usize> = candidates.iter().filter(given).copied().collect();
        let repeated = self.repeated(ask).map(|(take, repeat)| (take, repeat.clone()));
        let standing = standing(&mut self.made, &mut self.history, choices, ask.fingerprint);
        // That it was sent again was recorded too: then this is the next one.
        let is_next = |take: &usize| standing.has_history(choices, *take) && !given.contains(take);
        if let Some((take, repeat)) = repeated
            && !asks_to_retry(takes.get(take)?, &choices.rules().transient_errors)
            && !(matches!(repeat, Repeat::Token(_)) && candidates.iter().any(is_next))
        {
            return Some(Choice { is_repeat: true, ..Choice::of(take) });
        }
        let best = best(choices, &candidates, &standing)?;
        let own = of_session(takes, &candidates, best);
        let group = group(choices, takes, &own, best, ask.max_results);
        // Of those that bring something, what was given is none of the candidates, until all were.
        let take = match (choices.bring_something(), given.is_empty()) {
            (true, true) => group.first().copied(),
            (true, false) => group.last().copied(),
            (false, _) => {
                let place = (ask.fingerprint, ask.max_results, choices.signature_of(best));
                self.places.entry(place).or_default().0.next(takes, &group)
            }
        };
        take.map(Choice::of)
    }

    /// The takes that can answer, in recorded order: those of the session's own name, where there are any; of a write that
    /// brings something those that were not given yet, where there are any.
    fn candidates(&self, takes: &[Take], choices: &Choices, ask: &Ask<'_>) -> Vec<usize> {
        let only = |from: Vec<usize>, is_wanted: &dyn Fn(usize, &Take) -> bool| {
            let wanted: Vec<usize> =
                from.iter().copied().filter(|at| takes.get(*at).is_some_and(|take| is_wanted(*at, take))).collect();
            if wanted.is_empty() { from } else { wanted }
        };
        let able = only((0..takes.len()).collect(), &|_, take| (ask.can_answer)(take));
        let own = only(able, &|_, take| take.session.as_deref() == ask.session);
        if choices.bring_something() {
            return only(own, &|at, _| !self.history.was_given(&ask.fingerprint, at));
        }
        own
    }

    /// Remembers what a request was answered from, for its repetitions.
    fn remember(&mut self, fingerprint: Fingerprint, repeats: Vec<Repeat>, take: usize) {
        for repeat in repeats {
            let asked = (fingerprint, repeat);
            if self.repeats.insert(asked.clone(), take).is_some() {
                continue;
            }
            self.order.push_back(asked);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.repeats.remove(&oldest);
            }
        }
    }

    /// The take that the session was last answered from; `None` where it never had to choose.
    #[must_use]
    pub fn current(&self, fingerprint: Fingerprint) -> Option<usize> {
        self.last.get(&fingerprint).copied()
    }
}

/// Where the session of `history` stands, among writes that concern `fingerprint`.
fn standing<'s>(
    made: &'s mut HashMap<Fingerprint, (Arc<Choices>, Made)>,
    history: &'s mut History,
    choices: &Arc<Choices>,
    fingerprint: Fingerprint,
) -> Standing<'s> {
    let known = made.entry(fingerprint).or_insert_with(|| (Arc::clone(choices), Made::default()));
    if !Arc::ptr_eq(&known.0, choices) {
        *known = (Arc::clone(choices), Made::default());
    }
    let writes = history.places(choices.lines());
    known.1.read_on(choices, writes);
    Standing { made: &known.1, writes }
}

/// The takes of a read whose turn it is until the session writes again.
#[derive(Debug)]
struct Turn {
    choices: Arc<Choices>,
    /// How many writes the session had made.
    writes: usize,
    /// The history that they were recorded after.
    history: Signature,
    group: Vec<usize>,
    /// Whether the last of them shows a status in passing.
    passes: bool,
    /// All takes of the session that recorded them.
    own: Vec<usize>,
}

/// A read for which one of several takes is to be given.
struct Poll<'a> {
    takes: &'a [Take],
    turn: &'a Turn,
    made: &'a Made,
}

impl Poll<'_> {
    /// The next take of the group; or what follows it, for a waiter that would go nowhere.
    fn next(&self, cursor: &mut Cursor, waiter: &mut Waiter, at_once: bool) -> Option<Choice> {
        let (takes, Turn { choices, writes, group, passes, own, .. }) = (self.takes, self.turn);
        let last = *group.last()?;
        let mut chosen = Choice::of(last);
        if !waiter.is_beyond() {
            if !at_once {
                chosen.take = cursor.next(takes, group)?;
            }
            if chosen.take != last || !*passes {
                return Some(chosen);
            }
            match waiter.wait((last, takes.get(last)?.times), *writes) {
                Wait::Patient => return Some(chosen),
                Wait::Stuck => {
                    chosen.stuck = stuck(choices, takes, own, last, self.made);
                    return Some(chosen);
                }
                Wait::Over => {}
            }
        }
        let following = following(choices, takes, own, last);
        chosen.went_on = !waiter.is_beyond() && !following.is_empty();
        let follows = if at_once { following.last().copied() } else { waiter.next(&following) };
        chosen.take = follows.unwrap_or(last);
        Some(chosen)
    }
}

/// Whether a client that gets `take` asks again: a fault of the service, too many requests, or an error that is one of `transient`.
fn asks_to_retry(take: &Take, transient: &[String]) -> bool {
    let by_kind = |page: &Page| page.error_kind().is_some_and(|kind| transient.contains(&kind));
    take.pages.last().is_some_and(|page| page.status >= 500 || page.status == 429 || by_kind(page))
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
mod tests;
