//! Which history the takes that answer were recorded after (rule 6).

use super::choices::{Choices, Made};
use super::sequences::Signature;
use std::cmp::Reverse;

/// Where a session stands when it asks.
pub(super) struct Standing<'a> {
    /// Its writes that concern the request.
    pub(super) made: &'a Made,
    /// All its writes, by their place in the cassette's lines; those that are not there have none.
    pub(super) writes: &'a [Option<usize>],
}

impl Standing<'_> {
    /// Whether its latest write is the one in the place `after`; `None` stands for no write at all.
    fn is_right_after(&self, after: Option<usize>) -> bool {
        match self.writes.last() {
            None => after.is_none(),
            Some(latest) => latest.is_some() && *latest == after,
        }
    }
}

/// The history of the best of `candidates`, takes in recorded order; `None` only where there is none. The same history comes
/// before any other; then the longest common end, what was recorded right after the session's latest write, the smallest
/// difference, and what was recorded last.
pub(super) fn best_history(choices: &Choices, candidates: &[usize], standing: &Standing<'_>) -> Option<Signature> {
    let same = standing.made.signature();
    if candidates.iter().any(|take| choices.signature_of(*take) == same) {
        return Some(same);
    }
    let mut differences = None;
    let mut best: Option<(usize, (Reverse<usize>, bool))> = None;
    let mut tied: Vec<usize> = Vec::new();
    for take in candidates {
        let elsewhere = !standing.is_right_after(choices.after(*take));
        let rank = (Reverse(choices.common_end(*take, standing.made)), elsewhere);
        match &best {
            Some((_, better)) if *better < rank => continue,
            Some((_, equal)) if *equal == rank => {}
            _ => tied.clear(),
        }
        best = Some((*take, rank));
        tied.push(*take);
    }
    let nearest = match tied.as_slice() {
        [] => return None,
        [only] => *only,
        _ => {
            let differences = differences.get_or_insert_with(|| choices.differences(standing.made));
            // Of equal ones `min_by_key` gives the first: the last recorded, seen from behind.
            *tied.iter().rev().min_by_key(|take| choices.difference_of(**take, differences))?
        }
    };
    Some(choices.signature_of(nearest))
}
