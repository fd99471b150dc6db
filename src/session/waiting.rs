//! Waiters that a replay would keep for ever (rule 8): what they wait for stands in a take that only follows writes which the
//! session has not made.

use super::choices::{Choices, Made};
use crate::json::{self, Kind, Node};
use crate::model::Take;

/// How often the last take of a group is given in a row before a waiter counts as stuck.
const PATIENCE: u32 = 7;

/// A waiter that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// What it sees: a status that passes by itself.
    pub status: String,
    /// What would end it, where that is recorded.
    pub ending: Option<Ending>,
    /// Whether later takes follow from here on.
    pub goes_on: bool,
}

/// A take that would end a waiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its status; `None` where it has none: what is waited for is gone.
    pub status: Option<String>,
    /// The operations of the writes that it was recorded after and the session has not made.
    pub lacking: Vec<String>,
}

/// How often a session was given the last take of a group in a row, and how far it went on from there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiter {
    take: usize,
    /// How many writes the session had made then.
    writes: usize,
    given: u32,
    /// How many of the takes that follow it was given.
    beyond: usize,
    is_told: bool,
}

impl Waiter {
    /// Whether it was given what follows its group: from then on its place is there.
    pub(super) const fn is_beyond(&self) -> bool {
        self.beyond > 0
    }

    /// The next of `following`, the last one for ever.
    pub(super) fn next(&mut self, following: &[usize]) -> Option<usize> {
        let next = following.get(self.beyond).or(following.last()).copied();
        self.beyond += 1;
        next
    }

    /// Notes that `take`, the last of its group, is about to be given to a session that has made `writes`. Says what that makes
    /// of it.
    pub(super) fn wait(&mut self, (take, times): (usize, u32), writes: usize) -> Wait {
        if (self.take, self.writes) != (take, writes) {
            (self.take, self.writes, self.given) = (take, writes, 0);
        }
        let patience = PATIENCE.max(times);
        if self.given >= patience {
            return Wait::Over;
        }
        self.given += 1;
        if self.given == patience && !std::mem::replace(&mut self.is_told, true) { Wait::Stuck } else { Wait::Patient }
    }
}

/// What becomes of a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// It gets the same once more.
    Patient,
    /// So it does, and it is told that this leads nowhere.
    Stuck,
    /// It gets what follows, if anything does.
    Over,
}

/// The takes that follow `last`, the last of a group that shows something in passing: those of `candidates` recorded later
/// that lack none of its writes, up to the first that has settled.
pub(super) fn following(choices: &Choices, takes: &[Take], candidates: &[usize], last: usize) -> Vec<usize> {
    let later = candidates.iter().copied().filter(|take| *take > last && choices.contains_history(*take, last));
    let mut following = Vec::new();
    for take in later {
        following.push(take);
        if takes.get(take).is_none_or(|take| passing_status(take, &choices.rules().passing).is_none()) {
            break;
        }
    }
    following
}

/// What is to be told of a session that waits at `last`.
pub(super) fn stuck(
    choices: &Choices,
    takes: &[Take],
    candidates: &[usize],
    last: usize,
    made: &Made,
) -> Option<Stuck> {
    let shown = takes.get(last)?;
    let passing = &choices.rules().passing;
    let status = passing_status(shown, passing)?;
    let differs = |take: &&Take| take.pages != shown.pages;
    if !candidates.iter().filter_map(|take| takes.get(*take)).any(|take| differs(&take)) {
        return None;
    }
    let ends = |take: &&usize| takes.get(**take).is_some_and(|take| passing_status(take, passing).is_none());
    let ending = candidates.iter().filter(|take| **take > last).find(ends);
    let ending = ending
        .map(|take| Ending { status: takes.get(*take).and_then(first_status), lacking: choices.lacking(*take, made) });
    Some(Stuck { status, ending, goes_on: !following(choices, takes, candidates, last).is_empty() })
}

/// The first status of `take` that is one of `passing`.
pub(super) fn passing_status(take: &Take, passing: &[String]) -> Option<String> {
    if passing.is_empty() {
        return None;
    }
    statuses(take).into_iter().find(|status| passing.contains(status))
}

fn first_status(take: &Take) -> Option<String> {
    statuses(take).into_iter().next()
}

/// The texts of all members called `status`.
fn statuses(take: &Take) -> Vec<String> {
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
