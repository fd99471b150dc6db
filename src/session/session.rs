//! Where each session stands, and which take answers its next request.

use super::best_take::SessionStanding;
use super::candidates::find_candidates;
use super::session_history::SessionHistory;
use super::take_group::{GroupCursor, TakeGroup, Turn};
use super::take_histories::{ConcerningWrites, TakeHistories};
use super::take_query::{RetryKey, TakeQuery};
use super::waiters::{StuckWaiter, WaitOutcome, Waiter, find_later_takes, find_stuck_waiter, transitional_status};
use super::write_sequences::HistorySignature;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Page, Take};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// How many answered requests a session remembers for clients that retry.
const REMEMBERED_RETRIES: usize = 1024;

/// The take that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeChoice {
    /// Its place in the entry.
    pub take: usize,
    /// Whether it repeats an earlier answer, and nothing moved.
    pub is_retry: bool,
    /// A waiter that gets no further, reported once for each.
    pub stuck: Option<StuckWaiter>,
    /// Whether this is the first of the later takes that a stuck waiter is given.
    pub advanced: bool,
    /// Where the session stood, where there was a choice.
    pub position: Option<ChoicePosition>,
}

/// Where a session stood when it chose between takes: with the session's writes, all that the choice can be explained by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoicePosition {
    /// How many writes it had made.
    pub writes: usize,
    /// How many answers the group of takes had given it; of those recorded later, where its turn was one of them.
    pub served: u32,
    /// Which of the takes it was to get.
    pub turn: Turn,
}

/// Takes among which a session goes on: one fingerprint's, for one page size, recorded after one history.
type GroupKey = (Fingerprint, Option<u32>, HistorySignature);

/// One session's position in the cassette.
#[derive(Debug)]
pub struct Session {
    /// The writes made or replayed.
    pub history: SessionHistory,
    /// Whether it has recorded a write: from then on upstream has a state of its own.
    pub recorded_write: bool,
    /// How many writes it has only replayed.
    pub replayed_writes: u64,
    /// Counts the writes begun: reads that straddle one are not the same read.
    pub epoch: u64,
    /// By fingerprint: its writes that concern that, among the takes that they were read for.
    concerning: HashMap<Fingerprint, (Arc<TakeHistories>, ConcerningWrites)>,
    /// By fingerprint and page size: the group that answers until the next write.
    active_groups: HashMap<(Fingerprint, Option<u32>), ActiveGroup>,
    cursors: HashMap<GroupKey, (GroupCursor, Waiter)>,
    last_takes: HashMap<Fingerprint, usize>,
    retries: LruCache<(Fingerprint, RetryKey), usize>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            history: SessionHistory::default(),
            recorded_write: false,
            replayed_writes: 0,
            epoch: 0,
            concerning: HashMap::new(),
            active_groups: HashMap::new(),
            cursors: HashMap::new(),
            last_takes: HashMap::new(),
            // Filled only where clients name their attempts: no room is taken before.
            retries: LruCache::unbounded(),
        }
    }
}

impl TakeChoice {
    fn new(take: usize) -> Self {
        Self { take, is_retry: false, stuck: None, advanced: false, position: None }
    }

    fn retry(take: usize) -> Self {
        Self { is_retry: true, ..Self::new(take) }
    }
}

impl Session {
    /// The take of `entry` that answers `query`; a write moves the history. `histories` is asked for only where there are
    /// several takes. `None` where no take can answer.
    pub fn select_take(
        &mut self,
        entry: &Entry,
        histories: impl FnOnce() -> Arc<TakeHistories>,
        query: TakeQuery<'_>,
    ) -> Option<TakeChoice> {
        let chosen = match entry.takes.as_slice() {
            [] => return None,
            [_] => TakeChoice { is_retry: self.find_retried(&query).is_some(), ..TakeChoice::new(0) },
            [first, ..] if first.id.is_some() => self.select_write(&entry.takes, &histories(), &query)?,
            takes => self.select_read(takes, &histories(), &query)?,
        };
        if !chosen.is_retry {
            self.last_takes.insert(query.fingerprint, chosen.take);
            self.remember_for_retries(query.fingerprint, query.retry_keys, chosen.take);
            if let Some(take) = entry.takes.get(chosen.take).filter(|take| take.id.is_some()) {
                self.history.push_replayed(&query.fingerprint, chosen.take, take);
                self.replayed_writes += 1;
            }
        }
        Some(chosen)
    }

    /// The take that answered the request which `query` repeats, and how that is known.
    fn find_retried<'q>(&self, query: &'q TakeQuery<'_>) -> Option<(usize, &'q RetryKey)> {
        let known = |key: &'q RetryKey| Some((*self.retries.peek(&(query.fingerprint, key.clone()))?, key));
        query.retry_keys.iter().find_map(known)
    }

    fn select_read(
        &mut self,
        takes: &[Take],
        histories: &Arc<TakeHistories>,
        query: &TakeQuery<'_>,
    ) -> Option<TakeChoice> {
        if let Some((take, _)) = self.find_retried(query)
            && !is_retryable_error(takes.get(take)?, &histories.rules().transient_errors)
        {
            return Some(TakeChoice::retry(take));
        }
        let listing = (query.fingerprint, query.max_results);
        let writes = self.history.len();
        let is_current = |group: &ActiveGroup| group.writes == writes && Arc::ptr_eq(&group.histories, histories);
        if !self.active_groups.get(&listing).is_some_and(is_current) {
            let group = self.select_group(takes, histories, query)?;
            self.active_groups.insert(listing, group);
        }
        let (group, (_, concerning)) = (self.active_groups.get(&listing)?, self.concerning.get(&query.fingerprint)?);
        let (cursor, waiter) = self.cursors.entry((listing.0, listing.1, group.history)).or_default();
        group.next_take(takes, concerning, (cursor, waiter), query.skip_to_last)
    }

    /// The takes of a read that answer in turn, as the session stands now.
    fn select_group(
        &mut self,
        takes: &[Take],
        histories: &Arc<TakeHistories>,
        query: &TakeQuery<'_>,
    ) -> Option<ActiveGroup> {
        let candidates = find_candidates(takes, histories, &self.history, query, |_, _| {});
        let standing = locate_session(&mut self.concerning, &mut self.history, histories, query.fingerprint);
        let group = TakeGroup::select(histories, takes, &candidates, &standing, query.max_results)?;
        let last = takes.get(*group.takes.last()?)?;
        Some(ActiveGroup {
            writes: standing.writes.len(),
            history: histories.signature_of(group.best.take),
            is_transitional: transitional_status(last, &histories.rules().passing).is_some(),
            group,
            histories: Arc::clone(histories),
        })
    }

    /// A write is no poll: each gets its own answer, in turn, however reads are answered.
    fn select_write(
        &mut self,
        takes: &[Take],
        histories: &Arc<TakeHistories>,
        query: &TakeQuery<'_>,
    ) -> Option<TakeChoice> {
        let candidates = find_candidates(takes, histories, &self.history, query, |_, _| {});
        let was_served = |take: &&usize| self.history.was_served(&query.fingerprint, **take);
        let served: Vec<usize> = candidates.iter().filter(was_served).copied().collect();
        let retried = self.find_retried(query).map(|(take, key)| (take, key.clone()));
        let standing = locate_session(&mut self.concerning, &mut self.history, histories, query.fingerprint);
        // That it was sent again was recorded too: then this is the next one.
        let is_next = |take: &usize| standing.has_history(histories, *take) && !served.contains(take);
        if let Some((take, key)) = retried
            && !is_retryable_error(takes.get(take)?, &histories.rules().transient_errors)
            && !(matches!(key, RetryKey::IdempotencyToken(_)) && candidates.iter().any(is_next))
        {
            return Some(TakeChoice::retry(take));
        }
        let group = TakeGroup::select(histories, takes, &candidates, &standing, query.max_results)?;
        let key = (query.fingerprint, query.max_results, histories.signature_of(group.best.take));
        let cursor = &mut self.cursors.entry(key).or_default().0;
        // Of those that bring ARNs, what was served is none of the candidates, until all were.
        let turn = Turn::of_write(histories, !served.is_empty());
        let position = ChoicePosition { writes: self.history.len(), served: cursor.served(), turn };
        let take = group.give(takes, turn, cursor)?;
        Some(TakeChoice { position: Some(position), ..TakeChoice::new(take) })
    }

    fn remember_for_retries(&mut self, fingerprint: Fingerprint, keys: Vec<RetryKey>, take: usize) {
        for key in keys {
            self.retries.put((fingerprint, key), take);
            if self.retries.len() > REMEMBERED_RETRIES {
                self.retries.pop_lru();
            }
        }
    }

    /// The take that the session was last answered from; `None` where it never had to choose.
    #[must_use]
    pub fn last_take(&self, fingerprint: Fingerprint) -> Option<usize> {
        self.last_takes.get(&fingerprint).copied()
    }
}

/// Where the session of `history` stands, among writes that concern `fingerprint`.
fn locate_session<'s>(
    concerning: &'s mut HashMap<Fingerprint, (Arc<TakeHistories>, ConcerningWrites)>,
    history: &'s mut SessionHistory,
    histories: &Arc<TakeHistories>,
    fingerprint: Fingerprint,
) -> SessionStanding<'s> {
    let known = concerning.entry(fingerprint).or_insert_with(|| (Arc::clone(histories), ConcerningWrites::default()));
    if !Arc::ptr_eq(&known.0, histories) {
        *known = (Arc::clone(histories), ConcerningWrites::default());
    }
    let writes = history.positions_in(histories.write_tree());
    known.1.read_new(histories, writes);
    SessionStanding { concerning: &known.1, writes }
}

/// The takes of a read that answer in turn until the session writes again.
#[derive(Debug)]
struct ActiveGroup {
    histories: Arc<TakeHistories>,
    /// How many writes the session had made.
    writes: usize,
    /// The history that they were recorded after.
    history: HistorySignature,
    group: TakeGroup,
    /// Whether the last of them shows a status that changes by itself.
    is_transitional: bool,
}

impl ActiveGroup {
    /// The next take of the group; or, for a stuck waiter, the next of those recorded later.
    fn next_take(
        &self,
        takes: &[Take],
        concerning: &ConcerningWrites,
        (cursor, waiter): (&mut GroupCursor, &mut Waiter),
        skip_to_last: bool,
    ) -> Option<TakeChoice> {
        let last = *self.group.takes.last()?;
        let turn = if skip_to_last { Turn::SkippedToLast } else { Turn::InTurn };
        let mut position = ChoicePosition { writes: self.writes, served: cursor.served(), turn };
        let mut chosen = TakeChoice { position: Some(position), ..TakeChoice::new(last) };
        if !waiter.has_advanced() {
            chosen.take = self.group.give(takes, turn, cursor)?;
            if chosen.take != last || !self.is_transitional {
                return Some(chosen);
            }
            match waiter.note_wait((last, takes.get(last)?.times), self.writes) {
                WaitOutcome::KeepWaiting => return Some(chosen),
                WaitOutcome::ReportStuck => {
                    chosen.stuck = find_stuck_waiter(&self.histories, takes, &self.group.own, last, concerning);
                    return Some(chosen);
                }
                WaitOutcome::Advance => {}
            }
        }
        let later = find_later_takes(&self.histories, takes, &self.group.own, last);
        chosen.advanced = !waiter.has_advanced() && !later.is_empty();
        if !later.is_empty() {
            position.served = u32::try_from(waiter.advanced()).unwrap_or(u32::MAX);
            position.turn = if skip_to_last { Turn::LastOfLater } else { Turn::Later };
            chosen.position = Some(position);
        }
        chosen.take = waiter.next_of_later(&later, skip_to_last).unwrap_or(last);
        Some(chosen)
    }
}

/// Whether a client that gets `take` asks again: a fault of the service, too many requests, or an error that is one of
/// `transient`.
fn is_retryable_error(take: &Take, transient: &[String]) -> bool {
    let by_kind = |page: &Page| page.error_kind().is_some_and(|kind| transient.contains(&kind));
    take.pages.last().is_some_and(|page| page.status >= 500 || page.status == 429 || by_kind(page))
}

#[cfg(test)]
mod tests;
