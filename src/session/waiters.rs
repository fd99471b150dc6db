//! Waiters that a replay would keep for ever (rule 8): what they wait for stands in a take that only follows writes which the
//! session has not concerning.

use super::take_histories::{ConcerningWrites, TakeHistories};
use crate::json::{self, Kind, Node};
use crate::model::Take;
use serde::{Deserialize, Serialize};

/// How often the last take of a group is given in a row before a waiter counts as stuck.
const MAX_REPEATS: u32 = 7;

/// A waiter that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StuckWaiter {
    /// What it sees: a status that passes by itself.
    pub status: String,
    /// What would end it, where that is recorded.
    pub ending: Option<WaiterEnd>,
    /// Whether later takes follow from here on.
    pub advances: bool,
}

/// A take that would end a waiter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaiterEnd {
    /// Its place in its entry, from 0.
    pub take: usize,
    /// Its status; `None` where it has none: what is waited for is gone.
    pub status: Option<String>,
    /// The operations of the writes that it was recorded after and the session has not concerning.
    pub missing_writes: Vec<String>,
}

/// How often a session was given the last take of a group in a row, and how far it went on from there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiter {
    take: usize,
    /// How many writes the session had concerning then.
    writes: usize,
    given: u32,
    /// How many of the takes that follow it was given.
    advanced: usize,
    is_reported: bool,
}

impl Waiter {
    /// That of a session which was given `advanced` of the takes that follow its group.
    pub(super) fn advanced_by(advanced: usize) -> Self {
        Self { advanced, ..Self::default() }
    }

    /// How many of the takes that follow its group it was given.
    pub(super) const fn advanced(&self) -> usize {
        self.advanced
    }

    /// Whether it was given what follows its group: from then on its place is there.
    pub(super) const fn has_advanced(&self) -> bool {
        self.advanced > 0
    }

    /// The next of `following`, the last one for ever, or at once.
    pub(super) fn next_of_later(&mut self, following: &[usize], skip_to_last: bool) -> Option<usize> {
        if skip_to_last {
            return following.last().copied();
        }
        let next = following.get(self.advanced).or(following.last()).copied();
        self.advanced += 1;
        next
    }

    /// Notes that `take`, the last of its group, is about to be given to a session that has concerning `writes`. Says what that makes
    /// of it.
    pub(super) fn note_wait(&mut self, (take, times): (usize, u32), writes: usize) -> WaitOutcome {
        if (self.take, self.writes) != (take, writes) {
            (self.take, self.writes, self.given) = (take, writes, 0);
        }
        let most = MAX_REPEATS.max(times);
        if self.given >= most {
            return WaitOutcome::Advance;
        }
        self.given += 1;
        if self.given == most && !std::mem::replace(&mut self.is_reported, true) {
            WaitOutcome::ReportStuck
        } else {
            WaitOutcome::KeepWaiting
        }
    }
}

/// What becomes of a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitOutcome {
    /// It gets the same once more.
    KeepWaiting,
    /// So it does, and it is told that this leads nowhere.
    ReportStuck,
    /// It gets what follows, if anything does.
    Advance,
}

/// The takes that follow `last`, the last of a group that shows something in passing: those of `candidates` recorded later
/// that lack none of its writes, up to the first that has settled.
pub(super) fn find_later_takes(
    histories: &TakeHistories,
    takes: &[Take],
    candidates: &[usize],
    last: usize,
) -> Vec<usize> {
    let later = candidates.iter().copied().filter(|take| *take > last && histories.contains_history(*take, last));
    let mut following = Vec::new();
    for take in later {
        following.push(take);
        if takes.get(take).is_none_or(|take| transitional_status(take, &histories.rules().passing).is_none()) {
            break;
        }
    }
    following
}

/// What is to be told of a session that waits at `last`.
pub(super) fn find_stuck_waiter(
    histories: &TakeHistories,
    takes: &[Take],
    candidates: &[usize],
    last: usize,
    concerning: &ConcerningWrites,
) -> Option<StuckWaiter> {
    let shown = takes.get(last)?;
    let passing = &histories.rules().passing;
    let status = transitional_status(shown, passing)?;
    let differs = |take: &&Take| take.pages != shown.pages;
    if !candidates.iter().filter_map(|take| takes.get(*take)).any(|take| differs(&take)) {
        return None;
    }
    let ends = |take: &&usize| takes.get(**take).is_some_and(|take| transitional_status(take, passing).is_none());
    let ending = candidates.iter().filter(|take| **take > last).find(ends);
    let ending = ending.map(|take| WaiterEnd {
        take: *take,
        status: takes.get(*take).and_then(first_status),
        missing_writes: histories.missing_writes(*take, concerning),
    });
    Some(StuckWaiter { status, ending, advances: !find_later_takes(histories, takes, candidates, last).is_empty() })
}

/// The first status of `take` that is one of `passing`.
pub(super) fn transitional_status(take: &Take, passing: &[String]) -> Option<String> {
    if passing.is_empty() {
        return None;
    }
    collect_statuses(take).into_iter().find(|status| passing.contains(status))
}

fn first_status(take: &Take) -> Option<String> {
    collect_statuses(take).into_iter().next()
}

/// The texts of all members called `status`.
fn collect_statuses(take: &Take) -> Vec<String> {
    let mut found = Vec::new();
    for page in &take.pages {
        let (bytes, _) = page.body.with_placeholders();
        if let Ok(root) = json::parse(&bytes) {
            add_statuses(&root, &mut found);
        }
    }
    found
}

fn add_statuses(node: &Node<'_>, found: &mut Vec<String>) {
    match &node.kind {
        Kind::Array(items) => items.iter().for_each(|item| add_statuses(item, found)),
        Kind::Object(members) => {
            for member in members {
                match member.value.text().filter(|_| member.key == "\"status\"") {
                    Some(text) => found.push(text.into_owned()),
                    None => add_statuses(&member.value, found),
                }
            }
        }
        _ => {}
    }
}
