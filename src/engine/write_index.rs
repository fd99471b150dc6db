//! The writes of the cassette and how they follow each other: read once, when a choice first needs it.

use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::state::EngineState;
use crate::fingerprint::Fingerprint;
use crate::model::OperationName;
use crate::service::Service;
use crate::session::{OperationRules, TakeHistories, WriteTree};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What is known of the cassette's writes.
#[derive(Debug, Default)]
pub(super) struct WriteIndex {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    lines: Arc<WriteTree>,
    /// Links that lead to no write. The cassette is not read again for their sake.
    absent: HashSet<String>,
    /// By fingerprint, what the entries say that were asked for: where one comes to say something else, its file has changed, and
    /// so may the writes have.
    said: HashMap<Fingerprint, u64>,
}

impl Known {
    /// Notes what `prepared` says; whether it said something else before.
    fn has_changed(&mut self, prepared: &PreparedEntry) -> bool {
        let mut hasher = DefaultHasher::new();
        prepared.entry.takes.hash(&mut hasher);
        let said = hasher.finish();
        self.said.insert(prepared.fingerprint, said).is_some_and(|before| before != said)
    }

    /// Whether the write `id` is known to be there, or to be absent.
    fn has(&self, id: &str) -> bool {
        self.lines.find(None, id).is_some() || self.absent.contains(id)
    }
}

/// What the service's table adds to what the takes of `operation` show; little of an operation that it does not know.
#[must_use]
pub fn operation_rules(service: &Service, operation: &OperationName) -> OperationRules {
    let transient_errors = service.recording.transient_errors.clone();
    match service.operation_named(operation.as_str()) {
        Some(operation) => OperationRules {
            concerned_by_all: operation.concerned_by_all,
            concerned_by: operation.concerned_by.clone(),
            passing: operation.passing.clone(),
            transient_errors,
        },
        None => OperationRules { transient_errors, ..OperationRules::default() },
    }
}

impl EngineState {
    /// The takes of `prepared` as a choice sees them. The cassette's writes are read anew where one of those that these lead to
    /// is not known yet.
    pub(super) fn choices(&self, prepared: &PreparedEntry) -> Arc<TakeHistories> {
        let mut known = self.writes.known.lock();
        let mut choices = prepared.choices.lock();
        if let Some(choices) = choices.as_ref().filter(|choices| Arc::ptr_eq(choices.write_tree(), &known.lines)) {
            return Arc::clone(choices);
        }
        let ids = || prepared.entry.takes.iter().flat_map(|take| take.after.iter().chain(&take.id));
        if known.has_changed(prepared) || !ids().all(|id| known.has(id)) {
            known.lines = Arc::new(self.read_lines());
            known.absent.clear();
            let absent: Vec<String> = ids().filter(|id| !known.has(id)).cloned().collect();
            known.absent.extend(absent);
        }
        let rules = operation_rules(&self.settings.service, &prepared.entry.operation);
        let made = TakeHistories::build(&prepared.fingerprint, &prepared.entry, &known.lines, &rules);
        Arc::clone(choices.insert(Arc::new(made)))
    }

    fn read_lines(&self) -> WriteTree {
        let reads: HashSet<&str> = self.settings.service.reads().map(|operation| operation.folder.as_str()).collect();
        let known = self.cassette.fingerprints().unwrap_or_default();
        let written = known.into_iter().filter(|(folder, _)| !reads.contains(folder.as_str()));
        // A damaged file is no help here; it is reported where it is asked for.
        WriteTree::from_entries(written.filter_map(|(folder, fingerprint)| {
            Some((fingerprint, self.cassette.entry(&folder, &fingerprint).ok().flatten()?))
        }))
    }
}
