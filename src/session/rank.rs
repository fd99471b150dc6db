//! The take whose history is the best (rule 6).

use super::choices::{Choices, Made};
use std::cmp::Reverse;

/// Where a session stands when it asks.
pub(super) struct Standing<'a> {
    /// Its writes that concern the request.
    pub(super) made: &'a Made,
    /// All its writes, by their place in the cassette's lines; those that are not there have none.
    pub(super) writes: &'a [Option<usize>],
}

impl Standing<'_> {
    /// Whether `take` was recorded after the same history.
    pub(super) fn has_history(&self, choices: &Choices, take: usize) -> bool {
        choices.signature_of(take) == self.made.signature()
    }

    /// Whether `take` was not recorded right after the session's latest write, and whether another session recorded that.
    fn is_elsewhere(&self, choices: &Choices, take: usize) -> (bool, bool) {
        let latest = self.writes.last().copied().flatten();
        let after = choices.after(take);
        let session =
            |place: Option<usize>| place.and_then(|place| choices.lines().at(place)).map(|placed| &placed.session);
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
pub(super) fn best(choices: &Choices, candidates: &[usize], standing: &Standing<'_>) -> Option<usize> {
    let same = candidates.iter().rev().filter(|take| standing.has_history(choices, **take));
    // Several sessions can have it: the one whose latest write this is goes on.
    if let Some(same) = same.min_by_key(|take| standing.is_elsewhere(choices, **take)) {
        return Some(*same);
    }
    let mut best: Option<(Reverse<usize>, bool)> = None;
    let mut tied: Vec<usize> = Vec::new();
    for take in candidates {
        let elsewhere = !standing.is_right_after(choices.after(*take));
        let rank = (Reverse(choices.common_end(*take, standing.made)), elsewhere);
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
            let differences = choices.differences(standing.made);
            // Of equal ones `min_by_key` gives the first: the last recorded, seen from behind.
            tied.into_iter().rev().min_by_key(|take| choices.difference_of(*take, &differences))
        }
    }
}
