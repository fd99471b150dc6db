//! The takes that answer in turn (rules 7 and 10).

use super::take_histories::TakeHistories;
use crate::model::Take;

/// Those of `own`, takes of the session that recorded `best` in recorded order, that were recorded after the same history: for
/// the page size asked, where there are any.
pub(super) fn group_takes(
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
pub(super) fn takes_of_same_session(takes: &[Take], candidates: &[usize], of: usize) -> Vec<usize> {
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
    served: u64,
}

impl GroupCursor {
    /// How many answers it was given.
    pub(super) const fn served(self) -> u64 {
        self.served
    }

    /// The next take of `group`: each as often as it was recorded in a row, the last one for ever. `None` only where there is
    /// none.
    pub(super) fn next_take(&mut self, takes: &[Take], group: &[usize]) -> Option<usize> {
        let mut left = self.served;
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
