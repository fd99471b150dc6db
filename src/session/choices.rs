//! One request's takes as the rule sees them (rules 2 to 5): which of the cassette's writes concern the request, and after
//! which of those each take was recorded. Made once, when a choice first has to be made.

use super::lines::Lines;
use super::sequences::{Counts, Sequences, Signature, Undo};
use super::write::{OperationRules, Seen};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use std::collections::HashMap;
use std::sync::Arc;

/// The takes of one fingerprint, and the histories that they were recorded after.
#[derive(Debug)]
pub struct Choices {
    lines: Arc<Lines>,
    seen: Seen,
    /// By place of a write that concerns this request: the number of what it asked for.
    kinds: HashMap<usize, u32>,
    /// The histories, each behind the one that it goes on from. The first is that without a write.
    histories: Vec<Recorded>,
    takes: Vec<Placed>,
}

/// The concerning writes up to one of them, in order.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    /// The history without the last of them.
    before: usize,
    /// What that asked for.
    kind: u32,
    /// How many in it asked for the same.
    repeats: u32,
    signature: Signature,
}

/// A take, and the history that it was recorded after.
#[derive(Debug)]
struct Placed {
    history: usize,
    /// The write that came right before it, whether it concerns the request or not.
    after: Option<usize>,
    brings_something: bool,
}

/// A write of the line that is gone along; where it concerns the request, what it asks for and how to take it back.
struct Step {
    place: usize,
    concerns: Option<(u32, Undo)>,
}

impl Choices {
    /// The takes of `entry`, among the writes `lines` of its cassette.
    #[must_use]
    pub fn of(fingerprint: &Fingerprint, entry: &Entry, lines: &Arc<Lines>, rules: &OperationRules) -> Self {
        let seen = Seen::of(entry, rules);
        let mut choices = Self {
            lines: Arc::clone(lines),
            seen,
            kinds: HashMap::new(),
            histories: vec![Recorded { before: 0, kind: 0, repeats: 0, signature: Signature::default() }],
            takes: Vec::with_capacity(entry.takes.len()),
        };
        let histories = choices.read_histories();
        let after = |take: &Take| lines.place(take.session.as_deref(), take.after.as_deref()?);
        choices.takes.extend(entry.takes.iter().enumerate().map(|(at, take)| {
            let after = after(take);
            let write = lines.place_of_take(fingerprint, at).and_then(|place| lines.at(place));
            Placed {
                history: after.and_then(|after| histories.get(after)).copied().unwrap_or_default(),
                after,
                brings_something: write.is_some_and(|placed| placed.write.brings_something()),
            }
        }));
        choices
    }

    /// The writes that these were found among.
    #[must_use]
    pub const fn lines(&self) -> &Arc<Lines> {
        &self.lines
    }

    pub(super) const fn rules(&self) -> &OperationRules {
        self.seen.rules()
    }

    /// Goes along all lines; gives, by place of a write, the history that ends with it or with the latest one before it that
    /// concerns the request.
    fn read_histories(&mut self) -> Vec<usize> {
        let lines = Arc::clone(&self.lines);
        let mut by_place = Vec::with_capacity(lines.all().len());
        let (mut numbers, mut sequences) = (HashMap::new(), Sequences::default());
        // The line that leads to the write at hand.
        let mut line: Vec<Step> = Vec::new();
        let mut counts = Counts::default();
        for (place, placed) in lines.all().iter().enumerate() {
            while line.last().is_some_and(|step| Some(step.place) != placed.before) {
                if let Some(Step { concerns: Some((kind, undo)), .. }) = line.pop() {
                    sequences.pop(undo);
                    counts.take(kind);
                }
            }
            let before = placed.before.and_then(|before| by_place.get(before)).copied().unwrap_or_default();
            let write = &placed.write;
            if !write.concerns(&self.seen) {
                by_place.push(before);
                line.push(Step { place, concerns: None });
                continue;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let kind = *numbers.entry(write.kind).or_insert(next);
            let repeats = counts.add(kind);
            let signature =
                self.histories.get(before).map(|recorded: &Recorded| recorded.signature).unwrap_or_default();
            let (signature, undo) = sequences.push(signature, write.kind, &write.things);
            self.kinds.insert(place, kind);
            by_place.push(self.histories.len());
            self.histories.push(Recorded { before, kind, repeats, signature });
            line.push(Step { place, concerns: Some((kind, undo)) });
        }
        by_place
    }

    /// Whether the takes record a write that brings something.
    pub(super) fn bring_something(&self) -> bool {
        self.takes.iter().any(|take| take.brings_something)
    }

    /// What tells the history that `take` was recorded after from others.
    pub(super) fn signature_of(&self, take: usize) -> Signature {
        self.history_of(take).and_then(|history| self.histories.get(history)).map(|it| it.signature).unwrap_or_default()
    }

    /// The place of the write that take `take` was recorded right after.
    pub(super) fn after(&self, take: usize) -> Option<usize> {
        self.takes.get(take)?.after
    }

    fn history_of(&self, take: usize) -> Option<usize> {
        Some(self.takes.get(take)?.history)
    }

    /// How many of its last writes the history of `take` has in common with `made`.
    pub(super) fn common_end(&self, take: usize, made: &Made) -> usize {
        let mut history = self.history_of(take).unwrap_or_default();
        let mut common = 0;
        for kind in made.kinds.iter().rev() {
            match self.histories.get(history) {
                Some(recorded) if history != 0 && recorded.kind == *kind => history = recorded.before,
                _ => break,
            }
            common += 1;
        }
        common
    }

    /// For every history, how many writes it has that `made` has not, and the other way round.
    pub(super) fn differences(&self, made: &Made) -> Differences {
        let counts = made.counts();
        let mut differences = Vec::with_capacity(self.histories.len());
        differences.push(made.kinds.len());
        for recorded in self.histories.iter().skip(1) {
            let without = differences.get(recorded.before).copied().unwrap_or_default();
            let is_made = recorded.repeats <= counts.of(recorded.kind);
            differences.push(if is_made { without.saturating_sub(1) } else { without + 1 });
        }
        Differences(differences)
    }

    pub(super) fn difference_of(&self, take: usize, differences: &Differences) -> usize {
        self.history_of(take).and_then(|history| differences.0.get(history)).copied().unwrap_or(usize::MAX)
    }

    /// How often each request was written in the history of `take`.
    fn counts(&self, take: usize) -> Counts {
        let mut counts = Counts::default();
        let mut history = self.history_of(take).unwrap_or_default();
        while let Some(recorded) = self.histories.get(history).filter(|_| history != 0) {
            counts.add(recorded.kind);
            history = recorded.before;
        }
        counts
    }

    /// Whether the history of `later` lacks none of the writes in that of `take`.
    pub(super) fn contains_history(&self, later: usize, take: usize) -> bool {
        self.counts(later).contain(&self.counts(take))
    }

    /// The operations of the writes in the history of `take` that `made` lacks, in order.
    pub(super) fn lacking(&self, take: usize, made: &Made) -> Vec<String> {
        let (mut counts, mut lacking) = (made.counts(), Vec::new());
        let (mut next, mut line) = (self.after(take), Vec::new());
        while let Some((place, placed)) = next.and_then(|place| Some((place, self.lines.at(place)?))) {
            line.push(place);
            next = placed.before;
        }
        for place in line.into_iter().rev() {
            let Some(kind) = self.kinds.get(&place).copied() else { continue };
            if !counts.take(kind) {
                lacking.extend(self.lines.at(place).map(|placed| placed.write.operation.clone()));
            }
        }
        lacking
    }
}

/// How many writes a session has made that each recorded history does not have, and the other way round.
#[derive(Debug)]
pub(super) struct Differences(Vec<usize>);

/// The writes of a session that concern one request: as far as they were read, and no write is read twice.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// How many of the session's writes were read.
    read: usize,
    /// What each of the concerning ones asked for.
    kinds: Vec<u32>,
    sequences: Sequences,
    signature: Signature,
}

impl Made {
    /// Reads those of `places`, the session's writes by their place in the cassette's lines, that were not read yet.
    pub(super) fn read_on(&mut self, choices: &Choices, places: &[Option<usize>]) {
        for place in places.iter().skip(self.read) {
            let concerning = place.and_then(|place| Some((*choices.kinds.get(&place)?, place)));
            let Some((kind, placed)) = concerning.and_then(|(kind, place)| Some((kind, choices.lines.at(place)?)))
            else {
                continue;
            };
            self.kinds.push(kind);
            let (write, things) = (placed.write.kind, &placed.write.things);
            self.signature = self.sequences.push(self.signature, write, things).0;
        }
        self.read = places.len();
    }

    pub(super) const fn signature(&self) -> Signature {
        self.signature
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for kind in &self.kinds {
            counts.add(*kind);
        }
        counts
    }
}
