//! The takes that answer in turn (rules 7 and 10).

use super::best_take::{BestTake, SessionStanding, select_best_take};
use super::take_histories::TakeHistories;
use crate::model::Take;
use serde::{Deserialize, Serialize};

/// The takes that answer in turn.
#[derive(Debug)]
pub(super) struct TakeGroup {
    /// The take whose history is the best; the others have the same.
    pub(super) best: BestTake,
    pub(super) takes: Vec<usize>,
    /// All takes of the session that recorded them.
    pub(super) own: Vec<usize>,
}

/// Which take of a group is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    /// Each as often as it was recorded in a row, the last one for ever.
    InTurn,
    /// The first: of a write that brings something, what the session was given already is none of them.
    FirstNotGiven,
    /// The last again: of a write that brings something, the session was given all.
    AllGiven,
    /// The last at once, as `--poll final` wants it.
    SkippedToLast,
    /// What was recorded later, in turn: the session waited for what its group does not lead to.
    Later,
    /// The last of what was recorded later.
    LastOfLater,
}

impl TakeGroup {
    /// The takes of `candidates` that answer a session that stands where `standing` says; `None` only where there are no
    /// candidates.
    pub(super) fn select(
        histories: &TakeHistories,
        takes: &[Take],
        candidates: &[usize],
        standing: &SessionStanding<'_>,
        max_results: Option<u32>,
    ) -> Option<Self> {
        let best = select_best_take(histories, candidates, standing)?;
        let own = takes_of_same_session(takes, candidates, best.take);
        let group = group_takes(histories, takes, &own, best.take, max_results);
        Some(Self { best, takes: group, own })
    }

    /// The take that is given in `turn`, where the session has come to `cursor`.
    pub(super) fn give(&self, takes: &[Take], turn: Turn, cursor: &mut GroupCursor) -> Option<usize> {
        match turn {
            Turn::InTurn => cursor.next_take(takes, &self.takes),
            Turn::FirstNotGiven => self.takes.first().copied(),
            Turn::AllGiven | Turn::SkippedToLast | Turn::Later | Turn::LastOfLater => self.takes.last().copied(),
        }
    }
}

impl Turn {
    /// That of a write whose takes are `histories`; `was_given` says whether one of its candidates was given already.
    pub(super) fn of_write(histories: &TakeHistories, was_given: bool) -> Self {
        match (histories.bring_arns(), was_given) {
            (true, false) => Self::FirstNotGiven,
            (true, true) => Self::AllGiven,
            (false, _) => Self::InTurn,
        }
    }
}

/// Those of `own`, takes of the session that recorded `best` in recorded order, that were recorded after the same history: for
/// the page size asked, where there are any.
fn group_takes(
    histories: &TakeHistories,
    takes: &[Take],
    own: &[usize],
    best: usize,
    max_results: Option<u32>,
) -> Vec<usize> {
    let history = histories.signature_of(best);
    let all: Vec<usize> = own.iter().copied().filter(|take| histories.signature_of(*take) == history).collect();
    let is_asked = |take: &usize| takes.get(*take).is_some_and(|take| take.max_results == max_results);
    let of_size: Vec<usize> = all.iter().copied().filter(is_asked).collect();
    drop_chain_prefixes(takes, if of_size.is_empty() { all } else { of_size })
}

/// Those of `candidates` that the session of take `of` recorded: what others recorded is a story of its own.
fn takes_of_same_session(takes: &[Take], candidates: &[usize], of: usize) -> Vec<usize> {
    let session = |take: usize| takes.get(take).map(|take| take.session.as_deref());
    candidates.iter().copied().filter(|take| session(*take) == session(of)).collect()
}

/// `group` without chains that were recorded in part, where the one before or behind goes on from there.
fn drop_chain_prefixes(takes: &[Take], group: Vec<usize>) -> Vec<usize> {
    let mut whole: Vec<usize> = Vec::with_capacity(group.len());
    for take in group {
        let pair = whole.last().and_then(|last| Some((takes.get(*last)?, takes.get(take)?)));
        match pair {
            Some((before, next)) if before.goes_on_in(next) => drop(whole.pop()),
            Some((before, next)) if next.goes_on_in(before) => continue,
            _ => {}
        }
        whole.push(take);
    }
    whole
}

/// How far a session has come in a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupCursor {
    /// How many answers it was given.
    served: u32,
}

impl GroupCursor {
    /// That of a session which was given `served` answers.
    pub(super) const fn at(served: u32) -> Self {
        Self { served }
    }

    /// How many answers it was given.
    pub(super) const fn served(self) -> u32 {
        self.served
    }

    /// The next take of `group`: each as often as it was recorded in a row, the last one for ever. `None` only where there is
    /// none.
    pub(super) fn next_take(&mut self, takes: &[Take], group: &[usize]) -> Option<usize> {
        let mut left = u64::from(self.served);
        self.served = self.served.saturating_add(1);
        for take in group {
            let times = takes.get(*take).map_or(1, |take| u64::from(take.times));
            if left < times {
                return Some(*take);
            }
            left -= times;
        }
        group.last().copied()
    }
}
