//! The writes of the cassette and how they follow each other: read once, when a ranking first needs it.

use super::Shared;
use crate::session::{Candidate, Writes};
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

impl Shared {
    /// The cassette's writes. They are read anew where a candidate was recorded after one that is not known yet.
    pub(super) fn writes(&self, candidates: &[Candidate<'_>]) -> Arc<Writes> {
        let mut known = self.writes.known.lock().unwrap_or_else(PoisonError::into_inner);
        let afters = || candidates.iter().filter_map(|take| take.after);
        if afters().any(|after| !known.writes.contains(after) && !known.absent.contains(after)) {
            known.writes = Arc::new(self.read_writes());
            let absent: Vec<String> =
                afters().filter(|after| !known.writes.contains(after)).map(str::to_owned).collect();
            known.absent.extend(absent);
        }
        Arc::clone(&known.writes)
    }

    fn read_writes(&self) -> Writes {
        let reads: HashSet<&str> = self.settings.service.reads().map(|operation| operation.folder.as_str()).collect();
        let mut writes = Writes::default();
        let known = self.cassette.fingerprints().unwrap_or_default();
        for (folder, fingerprint) in known.iter().filter(|(folder, _)| !reads.contains(folder.as_str())) {
            // A damaged file is no help here; it is reported where it is asked for.
            let Ok(Some(entry)) = self.cassette.entry(folder, fingerprint) else { continue };
            for take in entry.takes {
                if let Some(id) = take.id {
                    writes.add(id, take.after);
                }
            }
        }
        writes
    }
}
