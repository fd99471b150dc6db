//! The take whose history is the best (rule 6).

use super::take_histories::{ConcerningWrites, TakeHistories};
use serde::Serialize;

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
    pub(super) fn is_right_after(&self, after: Option<usize>) -> bool {
        match self.writes.last() {
            None => after.is_none(),
            Some(latest) => latest.is_some() && *latest == after,
        }
    }
}

/// The take whose history is the best, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BestTake {
    pub(super) take: usize,
    pub(super) rule: DecidingRule,
}

/// What set the best history apart from those of the other takes that could answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DecidingRule {
    /// No other take could answer.
    OnlyTake,
    /// All takes that could answer were recorded after one history, which is not the session's.
    OneHistory,
    /// It is the history that the session has.
    SameHistory,
    /// It has more of its last writes in common with the session's.
    LongestCommonEnd,
    /// It was recorded right after the write that is the session's latest.
    RightAfterLatestWrite,
    /// It differs by fewer writes from the session's.
    SmallestDifference,
    /// It was recorded last of those that fit as well.
    RecordedLast,
}

/// The best of `candidates`, takes in recorded order; `None` only where there is none. The same history comes before any other;
/// then the longest common end, what was recorded right after the session's latest write, the smallest difference, and what was
/// recorded last.
pub(super) fn select_best_take(
    histories: &TakeHistories,
    candidates: &[usize],
    standing: &SessionStanding<'_>,
) -> Option<BestTake> {
    if let [only] = candidates {
        return Some(BestTake { take: *only, rule: DecidingRule::OnlyTake });
    }
    let same = candidates.iter().rev().filter(|take| standing.has_history(histories, **take));
    // Several sessions can have it: the one whose latest write this is goes on.
    if let Some(same) = same.min_by_key(|take| standing.is_elsewhere(histories, **take)) {
        return Some(BestTake { take: *same, rule: DecidingRule::SameHistory });
    }
    let mut rule = DecidingRule::OneHistory;
    let mut tied = candidates.to_vec();
    let mut narrow = |tied: &mut Vec<usize>, by: DecidingRule, badness: &dyn Fn(usize) -> usize| {
        let least = tied.iter().map(|take| badness(*take)).min();
        let before = tied.len();
        tied.retain(|take| Some(badness(*take)) == least);
        if tied.len() < before {
            rule = by;
        }
    };
    narrow(&mut tied, DecidingRule::LongestCommonEnd, &|take| {
        usize::MAX - histories.common_suffix(take, standing.concerning)
    });
    narrow(&mut tied, DecidingRule::RightAfterLatestWrite, &|take| {
        usize::from(!standing.is_right_after(histories.preceding_write(take)))
    });
    if tied.len() > 1 {
        let distances = histories.distances(standing.concerning);
        narrow(&mut tied, DecidingRule::SmallestDifference, &|take| histories.distance_of(take, &distances));
    }
    let take = *tied.last()?;
    let is_other = |other: &usize| histories.signature_of(*other) != histories.signature_of(take);
    if tied.iter().any(is_other) {
        rule = DecidingRule::RecordedLast;
    }
    Some(BestTake { take, rule })
}
