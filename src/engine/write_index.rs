//! The writes of the cassette and how they follow each other: read once, when a take is first selected by its history.

use crate::cassette::Cassette;
use crate::engine::prepared_entry::PreparedEntry;
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
    known: Mutex<IndexedWrites>,
}

#[derive(Debug, Default)]
struct IndexedWrites {
    tree: Arc<WriteTree>,
    /// Links that lead to no write. The cassette is not read again for their sake.
    absent: HashSet<String>,
    /// By fingerprint, a hash of the takes of the entries that were asked for: where it changes, the file has changed, and so may
    /// the writes have.
    take_hashes: HashMap<Fingerprint, u64>,
}

impl IndexedWrites {
    /// Notes the takes of `prepared`; whether they were others before.
    fn has_changed(&mut self, prepared: &PreparedEntry) -> bool {
        let mut hasher = DefaultHasher::new();
        prepared.entry.takes.hash(&mut hasher);
        let hash = hasher.finish();
        self.take_hashes.insert(prepared.fingerprint, hash).is_some_and(|before| before != hash)
    }

    /// Whether the write `id` is known to be there, or to be absent.
    fn has(&self, id: &str) -> bool {
        self.tree.find(None, id).is_some() || self.absent.contains(id)
    }
}

/// What the service's table adds to what the takes of `operation` show; little of an operation that it does not know.
#[must_use]
pub fn operation_rules(service: &Service, operation: &OperationName) -> OperationRules {
    let transient_errors = service.recording.transient_errors.clone();
    let identifiers = service.companions.identifiers().clone();
    match service.operation_called(operation) {
        Some(operation) => OperationRules {
            concerned_by_all: operation.concerned_by_all,
            concerned_by: operation.concerned_by.clone(),
            passing: operation.passing.clone(),
            transient_errors,
            identifiers,
        },
        None => OperationRules { transient_errors, identifiers, ..OperationRules::default() },
    }
}

impl WriteIndex {
    /// The takes of `prepared`, each with the history it was recorded after. The cassette's writes are read anew where one of
    /// those that these lead to is not known yet.
    pub(super) fn take_histories(
        &self,
        prepared: &PreparedEntry,
        cassette: &Cassette<PreparedEntry>,
        service: &Service,
    ) -> Arc<TakeHistories> {
        let mut known = self.known.lock();
        let mut histories = prepared.histories.lock();
        if let Some(histories) = histories.as_ref().filter(|made| Arc::ptr_eq(made.write_tree(), &known.tree)) {
            return Arc::clone(histories);
        }
        let ids = || prepared.entry.takes.iter().flat_map(|take| take.after.iter().chain(&take.id));
        if known.has_changed(prepared) || !ids().all(|id| known.has(id)) {
            known.tree = Arc::new(read_write_tree(cassette, service));
            known.absent.clear();
            let absent: Vec<String> = ids().filter(|id| !known.has(id)).cloned().collect();
            known.absent.extend(absent);
        }
        let rules = operation_rules(service, &prepared.entry.operation);
        let made = TakeHistories::build(&prepared.fingerprint, &prepared.entry, &known.tree, &rules);
        Arc::clone(histories.insert(Arc::new(made)))
    }
}

fn read_write_tree(cassette: &Cassette<PreparedEntry>, service: &Service) -> WriteTree {
    let reads: HashSet<&str> = service.reads().map(|operation| operation.folder.as_str()).collect();
    let known = cassette.fingerprints().unwrap_or_default();
    let written = known.into_iter().filter(|(folder, _)| !reads.contains(folder.as_str()));
    // A damaged file is no help here; it is reported where it is asked for.
    WriteTree::from_entries(
        written.filter_map(|(folder, fingerprint)| {
            Some((fingerprint, cassette.entry(&folder, &fingerprint).ok().flatten()?))
        }),
        service.companions.identifiers(),
    )
}
