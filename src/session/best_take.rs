//! The take whose history is the best (rule 6).

use super::take_histories::{ConcerningWrites, TakeHistories};
use std::cmp::Reverse;

/// Where a session stands when it asks.
pub(super) struct SessionStanding<'a> {
    /// Its writes that concern the request.
    pub(super) concerning: &'a ConcerningWrites,
    /// All its writes, by their place in the cassette's lines; those that are not there have none.
    pub(super) writes: &'a [Option<usize>],
}

impl SessionStanding<'_> {
    /// Whether `take` was recorded after the same history.
    pub(super) fn has_history(&self, histories: &TakeHistories, take: usize) -> bool {
        histories.signature_of(take) == self.concerning.signature()
    }

    /// Whether `take` was not recorded right after the session's latest write, and whether another session recorded that.
    fn is_elsewhere(&self, histories: &TakeHistories, take: usize) -> (bool, bool) {
        let latest = self.writes.last().copied().flatten();
        let after = histories.preceding_write(take);
        let session = |place: Option<usize>| {
            place.and_then(|place| histories.write_tree().get(place)).map(|placed| &placed.session)
        };
        (!self.is_right_after(after), session(latest) != session(after))
    }

    /// Whether its latest write is the one in the place `after`; `None` stands for no write at all.
    fn is_right_after(&self, after: Option<usize>) -> bool {
        match self.writes.last() {
            None => after.is_none(),
            Some(latest) => latest.is_some() && *latest == after,
        }
    }
}

/// The best of `candidates`, takes in recorded order; `None` only where there is none. The same history comes before any other;
/// then the longest common end, what was recorded right after the session's latest write, the smallest difference, and what was
/// recorded last.
pub(super) fn select_best_take(
    histories: &TakeHistories,
    candidates: &[usize],
    standing: &SessionStanding<'_>,
) -> Option<usize> {
    let same = candidates.iter().rev().filter(|take| standing.has_history(histories, **take));
    // Several sessions can have it: the one whose latest write this is goes on.
    if let Some(same) = same.min_by_key(|take| standing.is_elsewhere(histories, **take)) {
        return Some(*same);
    }
    let mut best: Option<(Reverse<usize>, bool)> = None;
    let mut tied: Vec<usize> = Vec::new();
    for take in candidates {
        let elsewhere = !standing.is_right_after(histories.preceding_write(*take));
        let rank = (Reverse(histories.common_suffix(*take, standing.concerning)), elsewhere);
        match &best {
            Some(better) if *better < rank => continue,
            Some(equal) if *equal == rank => {}
            _ => tied.clear(),
        }
        best = Some(rank);
        tied.push(*take);
    }
    match tied.as_slice() {
        [] => None,
        [only] => Some(*only),
        _ => {
            let distances = histories.distances(standing.concerning);
            // Of equal ones `min_by_key` gives the first: the last recorded, seen from behind.
            tied.into_iter().rev().min_by_key(|take| histories.distance_of(*take, &distances))
        }
    }
}
