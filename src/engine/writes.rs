//! The writes of the cassette and how they follow each other: read once, when a ranking first needs it.

use super::Shared;
use super::prepared::Prepared;
use crate::session::{Places, Writes};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the cassette's writes.
#[derive(Debug, Default)]
pub(super) struct KnownWrites {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    writes: Arc<Writes>,
    /// Links that lead to no write. The cassette is not read again for their sake.
    absent: HashSet<String>,
}

impl Known {
    /// Whether the write `id` is known to be there, or to be absent.
    fn has(&self, id: &str) -> bool {
        self.writes.place(id).is_some() || self.absent.contains(id)
    }
}

impl Shared {
    /// After which of the cassette's writes the takes of `prepared` were recorded. The writes are read anew where one of
    /// these is not known yet.
    pub(super) fn places(&self, prepared: &Prepared) -> Arc<Places> {
        let mut known = self.writes.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = prepared.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = places.as_ref().filter(|places| Arc::ptr_eq(places.writes(), &known.writes)) {
            return Arc::clone(places);
        }
        let afters = || prepared.entry.takes.iter().map(|take| take.after.as_deref());
        if !afters().flatten().all(|after| known.has(after)) {
            known.writes = Arc::new(self.read_writes());
            let absent: Vec<String> = afters().flatten().filter(|after| !known.has(after)).map(str::to_owned).collect();
            known.absent.extend(absent);
        }
        Arc::clone(places.insert(Arc::new(Places::among(&known.writes, afters()))))
    }

    fn read_writes(&self) -> Writes {
        let reads: HashSet<&str> = self.settings.service.reads().map(|operation| operation.folder.as_str()).collect();
        let known = self.cassette.fingerprints().unwrap_or_default();
        let written = known.iter().filter(|(folder, _)| !reads.contains(folder.as_str()));
        // A damaged file is no help here; it is reported where it is asked for.
        let entries =
            written.filter_map(|(folder, fingerprint)| self.cassette.entry(folder, fingerprint).ok().flatten());
        let takes = entries.flat_map(|entry| entry.takes);
        takes.filter_map(|take| Some((take.id?, take.after))).collect()
    }
}
