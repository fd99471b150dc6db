//! The calls of a run as lanes: one for each session, with a mark for each call and a line for each wait.
//!
//! What lies too close together to be told apart is one mark, so a picture of any run has a bounded size.

use super::window::Window;
use crate::engine::{Call, CallOutcome, OutcomeKind};
use crate::fingerprint::Fingerprint;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// A picture has so many lanes at most: those of the sessions with the most calls.
const MAX_LANES: usize = 40;
/// How many marks fit beside each other.
pub(super) const COLUMNS: u64 = 80;
/// How many marks a picture has at most, about: where there are more, the columns are made wider.
const MAX_MARKS: usize = 600;
/// How many waits a picture has at most: the longest.
const MAX_WAITS: usize = 150;

/// The lanes of a picture.
pub(super) struct Lanes<'a> {
    pub(super) window: Window,
    /// The unnamed session first, the others in the order of their first calls.
    pub(super) lanes: Vec<Lane<'a>>,
    /// How many sessions have calls in the window and no lane.
    pub(super) left_out: usize,
}

/// A session's lane.
pub(super) struct Lane<'a> {
    pub(super) session: Option<&'a str>,
    /// How many calls it has in the window.
    pub(super) calls: usize,
    pub(super) marks: Vec<Mark<'a>>,
    pub(super) waits: Vec<Wait<'a>>,
}

/// A call, or several that lie close together; times are in microseconds since the run's first call.
pub(super) struct Mark<'a> {
    /// The first of the worst.
    pub(super) call: &'a Call,
    pub(super) look: Look,
    pub(super) from: u64,
    pub(super) to: u64,
    /// How many calls it stands for.
    pub(super) count: usize,
    /// How many of them missed.
    pub(super) misses: usize,
}

/// A request that was asked again and again.
pub(super) struct Wait<'a> {
    pub(super) operation: &'a str,
    pub(super) polls: usize,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What a call looks like; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Look {
    Replayed,
    Recorded,
    PassedOn,
    /// Replayed to a waiter that was found to get no further.
    Stuck,
    Refused,
    Missed,
}

impl Look {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Replayed, Self::Recorded, Self::PassedOn, Self::Stuck, Self::Refused, Self::Missed];

    pub(super) const fn of_call(call: &Call) -> Self {
        match &call.outcome {
            CallOutcome::Replayed(chosen) if chosen.stuck.is_some() => Self::Stuck,
            CallOutcome::Replayed(_) => Self::Replayed,
            CallOutcome::Recorded => Self::Recorded,
            CallOutcome::PassedOn => Self::PassedOn,
            CallOutcome::Missed { .. } => Self::Missed,
            CallOutcome::Refused { .. } => Self::Refused,
        }
    }
}

impl<'a> Lanes<'a> {
    /// The lanes of `calls` in `window`; `origin` is when the run's first call came.
    pub(super) fn arrange(calls: impl IntoIterator<Item = &'a Call>, origin: u64, window: Window) -> Self {
        let mut sessions: BTreeMap<Option<&str>, Vec<(u64, &Call)>> = BTreeMap::new();
        for call in calls {
            let from = call.at.saturating_sub(origin);
            if window.shows(from, from.saturating_add(call.took)) {
                sessions.entry(call.session.as_deref()).or_default().push((from, call));
            }
        }
        let mut shown: Vec<_> = sessions.into_iter().collect();
        let left_out = shown.len().saturating_sub(MAX_LANES);
        shown.sort_by_key(|(_, calls)| Reverse(calls.len()));
        shown.truncate(MAX_LANES);
        for (_, calls) in &mut shown {
            calls.sort_by_key(|(from, call)| (*from, call.number));
        }
        shown.sort_by_key(|(session, calls)| (session.is_some(), calls.first().map(|(from, _)| *from)));
        let lane = |(session, calls): &(_, Vec<_>), columns| Lane {
            session: *session,
            calls: calls.len(),
            marks: gather_marks(calls, window, columns),
            waits: find_waits(calls, window),
        };
        let mut columns = COLUMNS;
        loop {
            let mut lanes: Vec<_> = shown.iter().map(|session| lane(session, columns)).collect();
            if columns <= 5 || lanes.iter().map(|lane| lane.marks.len()).sum::<usize>() <= MAX_MARKS {
                keep_longest_waits(&mut lanes);
                return Self { window, lanes, left_out };
            }
            columns /= 2;
        }
    }
}

/// The marks of `calls`: what begins within a column's width of a mark is part of it, writes apart from reads.
fn gather_marks<'a>(calls: &[(u64, &'a Call)], window: Window, columns: u64) -> Vec<Mark<'a>> {
    let width = 1.0 / columns as f64;
    let mut marks: Vec<Mark> = Vec::new();
    // The last ones, of reads and of writes.
    let mut last = [None; 2];
    for (from, call) in calls {
        let (to, look) = (from.saturating_add(call.took), Look::of_call(call));
        let misses = usize::from(look == Look::Missed);
        let [reads, writes] = &mut last;
        let place = if call.is_write { writes } else { reads };
        let near = |mark: &Mark| window.share(*from) - window.share(mark.from) < width;
        let Some(mark) = place.and_then(|place: usize| marks.get_mut(place)).filter(|mark| near(mark)) else {
            *place = Some(marks.len());
            marks.push(Mark { call, look, from: *from, to, count: 1, misses });
            continue;
        };
        if look > mark.look {
            (mark.call, mark.look) = (call, look);
        }
        mark.to = mark.to.max(to);
        mark.count += 1;
        mark.misses += misses;
    }
    marks
}

/// The waits among `calls`: a read that is asked again with no write between.
fn find_waits<'a>(calls: &[(u64, &'a Call)], window: Window) -> Vec<Wait<'a>> {
    let mut waits: Vec<Wait> = Vec::new();
    let mut open: HashMap<Fingerprint, usize> = HashMap::new();
    for (from, call) in calls {
        if call.is_write {
            open.clear();
            continue;
        }
        // The pages of a listing have its fingerprint too, and are no waiting.
        let Some(request) = call.request.as_ref().filter(|request| !request.continues) else { continue };
        let place = *open.entry(request.fingerprint).or_insert(waits.len());
        match waits.get_mut(place) {
            Some(wait) => (wait.to, wait.polls) = (*from, wait.polls + 1),
            None => waits.push(Wait { operation: &call.operation, polls: 1, from: *from, to: *from }),
        }
    }
    let width = window.length() / COLUMNS;
    waits.retain(|wait| wait.polls > 1 && wait.to - wait.from > width);
    waits
}

fn keep_longest_waits(lanes: &mut [Lane]) {
    let mut lengths: Vec<u64> = lanes.iter().flat_map(|lane| &lane.waits).map(|wait| wait.to - wait.from).collect();
    if lengths.len() <= MAX_WAITS {
        return;
    }
    lengths.sort_unstable_by_key(|length| Reverse(*length));
    let shortest = lengths.get(MAX_WAITS).copied().unwrap_or_default();
    for lane in lanes {
        lane.waits.retain(|wait| wait.to - wait.from > shortest);
    }
}

/// What a session did, in numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SessionCounts {
    pub(super) calls: usize,
    pub(super) writes: usize,
    pub(super) misses: usize,
    pub(super) refused: usize,
    /// How many waiters were found to get no further.
    pub(super) stuck: usize,
}

/// What each session did, the one with the most calls first.
pub(super) fn count_sessions<'a>(calls: impl IntoIterator<Item = &'a Call>) -> Vec<(Option<&'a str>, SessionCounts)> {
    let mut sessions: BTreeMap<Option<&str>, SessionCounts> = BTreeMap::new();
    for call in calls {
        let counts = sessions.entry(call.session.as_deref()).or_default();
        let kind = call.outcome.kind();
        counts.calls += 1;
        counts.writes += usize::from(call.is_write);
        counts.misses += usize::from(kind == OutcomeKind::Missed);
        counts.refused += usize::from(kind == OutcomeKind::Refused);
        counts.stuck += usize::from(Look::of_call(call) == Look::Stuck);
    }
    let mut sessions: Vec<_> = sessions.into_iter().collect();
    sessions.sort_by_key(|(_, counts)| Reverse(counts.calls));
    sessions
}
