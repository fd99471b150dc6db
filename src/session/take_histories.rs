//! One request's takes as the rule sees them (rules 2 to 5): which of the cassette's writes concern the request, and after
//! which of those each take was recorded. Made once, when a choice first has to be made.

use super::recorded_write::{OperationRules, SeenStrings};
use super::write_sequences::{Counts, HistorySignature, Sequences, Undo};
use super::write_tree::WriteTree;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use std::collections::HashMap;
use std::sync::Arc;

/// The takes of one fingerprint, and the histories that they were recorded after.
#[derive(Debug)]
pub struct TakeHistories {
    tree: Arc<WriteTree>,
    seen: SeenStrings,
    /// By place of a write that concerns this request: the number of what it asked for.
    kinds: HashMap<usize, u32>,
    /// The histories, each behind the one that it goes on from. The first is that without a write.
    histories: Vec<RecordedHistory>,
    takes: Vec<TakePosition>,
}

/// The concerning writes up to one of them, in order.
#[derive(Clone, Copy, Debug)]
struct RecordedHistory {
    /// The place of the last of them.
    place: usize,
    /// The history without the last of them.
    before: usize,
    /// What that asked for.
    kind: u32,
    /// How many in it asked for the same.
    repeats: u32,
    signature: HistorySignature,
}

/// A take, and the history that it was recorded after.
#[derive(Debug)]
struct TakePosition {
    history: usize,
    /// The write that came right before it, whether it concerns the request or not.
    after: Option<usize>,
    brings_arns: bool,
}

/// A write of the line that is gone along; where it concerns the request, what it asks for and how to take it back.
struct TreeStep {
    place: usize,
    concerns: Option<(u32, Undo)>,
}

impl TakeHistories {
    /// The takes of `entry`, among the writes `tree` of its cassette.
    #[must_use]
    pub fn build(fingerprint: &Fingerprint, entry: &Entry, tree: &Arc<WriteTree>, rules: &OperationRules) -> Self {
        let seen = SeenStrings::from_entry(entry, rules);
        let mut made = Self {
            tree: Arc::clone(tree),
            seen,
            kinds: HashMap::new(),
            histories: vec![RecordedHistory {
                place: 0,
                before: 0,
                kind: 0,
                repeats: 0,
                signature: HistorySignature::default(),
            }],
            takes: Vec::with_capacity(entry.takes.len()),
        };
        let histories = made.read_histories();
        let after = |take: &Take| tree.find(take.session.as_deref(), take.after.as_deref()?);
        made.takes.extend(entry.takes.iter().enumerate().map(|(at, take)| {
            let after = after(take);
            let write = tree.position_of_take(fingerprint, at).and_then(|place| tree.get(place));
            TakePosition {
                history: after.and_then(|after| histories.get(after)).copied().unwrap_or_default(),
                after,
                brings_arns: write.is_some_and(|placed| placed.write.brings_arns()),
            }
        }));
        made
    }

    /// The writes that these were found among.
    #[must_use]
    pub const fn write_tree(&self) -> &Arc<WriteTree> {
        &self.tree
    }

    pub(super) const fn rules(&self) -> &OperationRules {
        self.seen.rules()
    }

    /// Goes along all tree; gives, by place of a write, the history that ends with it or with the latest one before it that
    /// concerns the request.
    fn read_histories(&mut self) -> Vec<usize> {
        let tree = Arc::clone(&self.tree);
        let mut by_place = Vec::with_capacity(tree.writes().len());
        let (mut numbers, mut sequences) = (HashMap::new(), Sequences::default());
        // The line that leads to the write at hand.
        let mut line: Vec<TreeStep> = Vec::new();
        let mut counts = Counts::default();
        for (place, placed) in tree.writes().iter().enumerate() {
            while line.last().is_some_and(|step| Some(step.place) != placed.before) {
                if let Some(TreeStep { concerns: Some((kind, undo)), .. }) = line.pop() {
                    sequences.pop(undo);
                    counts.take(kind);
                }
            }
            let before = placed.before.and_then(|before| by_place.get(before)).copied().unwrap_or_default();
            let write = &placed.write;
            if !write.concerns(&self.seen) {
                by_place.push(before);
                line.push(TreeStep { place, concerns: None });
                continue;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let kind = *numbers.entry(write.kind).or_insert(next);
            let repeats = counts.add(kind);
            let signature =
                self.histories.get(before).map(|recorded: &RecordedHistory| recorded.signature).unwrap_or_default();
            let (signature, undo) = sequences.push(signature, write.kind, &write.things);
            self.kinds.insert(place, kind);
            by_place.push(self.histories.len());
            self.histories.push(RecordedHistory { place, before, kind, repeats, signature });
            line.push(TreeStep { place, concerns: Some((kind, undo)) });
        }
        by_place
    }

    /// Whether the takes record a write that brings something.
    pub(super) fn bring_arns(&self) -> bool {
        self.takes.iter().any(|take| take.brings_arns)
    }

    /// What tells the history that `take` was recorded after from others.
    pub(super) fn signature_of(&self, take: usize) -> HistorySignature {
        self.history_index(take)
            .and_then(|history| self.histories.get(history))
            .map(|it| it.signature)
            .unwrap_or_default()
    }

    /// The place of the write that take `take` was recorded right after.
    pub(super) fn preceding_write(&self, take: usize) -> Option<usize> {
        self.takes.get(take)?.after
    }

    fn history_index(&self, take: usize) -> Option<usize> {
        Some(self.takes.get(take)?.history)
    }

    /// How many of its last writes the history of `take` has in common with `made`.
    pub(super) fn common_suffix(&self, take: usize, made: &ConcerningWrites) -> usize {
        let mut history = self.history_index(take).unwrap_or_default();
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
    pub(super) fn distances(&self, made: &ConcerningWrites) -> HistoryDistances {
        let counts = made.counts();
        let mut distances = Vec::with_capacity(self.histories.len());
        distances.push(made.kinds.len());
        for recorded in self.histories.iter().skip(1) {
            let without = distances.get(recorded.before).copied().unwrap_or_default();
            let is_made = recorded.repeats <= counts.get(recorded.kind);
            distances.push(if is_made { without.saturating_sub(1) } else { without + 1 });
        }
        HistoryDistances(distances)
    }

    pub(super) fn distance_of(&self, take: usize, distances: &HistoryDistances) -> usize {
        self.history_index(take).and_then(|history| distances.0.get(history)).copied().unwrap_or(usize::MAX)
    }

    /// How often each request was written in the history of `take`.
    fn count_writes(&self, take: usize) -> Counts {
        let mut counts = Counts::default();
        let mut history = self.history_index(take).unwrap_or_default();
        while let Some(recorded) = self.histories.get(history).filter(|_| history != 0) {
            counts.add(recorded.kind);
            history = recorded.before;
        }
        counts
    }

    /// Whether the history of `later` lacks none of the writes in that of `take`.
    pub(super) fn contains_history(&self, later: usize, take: usize) -> bool {
        self.count_writes(later).contain(&self.count_writes(take))
    }

    /// The operations of the writes in the history of `take` that `made` lacks, in order.
    pub(super) fn missing_writes(&self, take: usize, made: &ConcerningWrites) -> Vec<String> {
        let (mut counts, mut missing_writes) = (made.counts(), Vec::new());
        for place in self.history_of(take) {
            let is_made = self.kinds.get(&place).is_some_and(|kind| counts.take(*kind));
            if !is_made {
                missing_writes.extend(self.tree.get(place).map(|placed| placed.write.operation.clone()));
            }
        }
        missing_writes
    }

    /// The places of the writes in the history of `take`, in order.
    pub(super) fn history_of(&self, take: usize) -> Vec<usize> {
        let mut places = Vec::new();
        let mut history = self.history_index(take).unwrap_or_default();
        while let Some(recorded) = self.histories.get(history).filter(|_| history != 0) {
            places.push(recorded.place);
            history = recorded.before;
        }
        places.reverse();
        places
    }

    /// Whether the write in `place` concerns the request.
    pub(super) fn is_concerned_by(&self, place: usize) -> bool {
        self.kinds.contains_key(&place)
    }
}

/// How many writes a session has made that each recorded history does not have, and the other way round.
#[derive(Debug)]
pub(super) struct HistoryDistances(Vec<usize>);

/// The writes of a session that concern one request: as far as they were read, and no write is read twice.
#[derive(Debug, Default)]
pub(super) struct ConcerningWrites {
    /// How many of the session's writes were read.
    read: usize,
    /// What each of the concerning ones asked for.
    kinds: Vec<u32>,
    sequences: Sequences,
    signature: HistorySignature,
}

impl ConcerningWrites {
    /// Reads those of `places`, the session's writes by their place in the cassette's tree, that were not read yet.
    pub(super) fn read_new(&mut self, histories: &TakeHistories, places: &[Option<usize>]) {
        for place in places.iter().skip(self.read) {
            let concerning = place.and_then(|place| Some((*histories.kinds.get(&place)?, place)));
            let Some((kind, placed)) = concerning.and_then(|(kind, place)| Some((kind, histories.tree.get(place)?)))
            else {
                continue;
            };
            self.kinds.push(kind);
            let (write, things) = (placed.write.kind, &placed.write.things);
            self.signature = self.sequences.push(self.signature, write, things).0;
        }
        self.read = places.len();
    }

    pub(super) const fn signature(&self) -> HistorySignature {
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
