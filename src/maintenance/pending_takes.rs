//! Takes that are in the store only, looked at apart from the text, and thrown away.

use super::remove::Removal;
use crate::cassette::checks::redaction_links::handed_on;
use crate::cassette::checks::validator::Validator;
use crate::cassette::storage::Storage;
use crate::cassette::{Cassette, TakeId, usage};
use crate::cassette::{CassetteError, StoreError};
use crate::diff::RecordedTake;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::{BTreeSet, HashMap};
use std::slice;

/// What is recorded for a request, where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryParts {
    /// As the text has it.
    pub text: Option<Entry>,
    /// What is in the store only, in recorded order.
    pub pending: Option<Entry>,
}

impl<P> Cassette<P> {
    /// What is recorded under `fp`, the text apart from what is pending.
    ///
    /// # Errors
    /// Where either cannot be read.
    pub fn parts(&self, folder: &str, fp: &Fingerprint) -> Result<EntryParts, CassetteError> {
        let text = self.storage.text(folder, fp)?;
        let Some(store) = self.storage.store() else { return Ok(EntryParts { text, pending: None }) };
        let pending = store.pending_takes(fp)?.map(|pending| {
            let takes = pending.takes.into_iter().map(|recorded| recorded.take);
            pending.head.with(takes.collect())
        });
        Ok(EntryParts { text, pending })
    }

    /// The pending takes that must not become text, by the place among those of their request: each is checked apart from
    /// the others; a request that asks what it would never be given refuses all of its takes.
    ///
    /// # Errors
    /// Where something cannot be read.
    pub fn refused(&self) -> Result<HashMap<Fingerprint, BTreeSet<usize>>, CassetteError> {
        let storage = &self.storage;
        let Some(store) = storage.store() else { return Ok(HashMap::new()) };
        let lost = handed_on(storage)?;
        let mut refused = HashMap::new();
        for (_, fp) in store.pending().names() {
            let Some(pending) = store.pending_takes(&fp)? else { continue };
            let mut places = BTreeSet::new();
            for (at, recorded) in pending.takes.iter().enumerate() {
                let alone = pending.head.clone().with(vec![recorded.take.clone()]);
                if lost.contains_key(&fp) || storage.refuses(&fp, &alone, recorded)? {
                    places.insert(at);
                }
            }
            refused.insert(fp, places);
        }
        Ok(refused)
    }

    /// Throws pending takes away, by their place among those of their request; tells `step` before each request of how many.
    /// The text stays as it is.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, or the store fails. Those before are gone.
    pub fn discard(&self, removals: &[Removal], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        let store = self.storage.store().ok_or(StoreError::NotRecording)?;
        let _alone = self.storage.sealing.lock();
        usage::forget(&self.storage.root)?;
        for Removal { fingerprint, unused, .. } in removals {
            step(removals.len());
            let sequences = store.pending().sequences(fingerprint);
            let ids = sequences.into_iter().enumerate().filter(|(at, _)| unused.contains(at));
            let ids = ids.map(|(_, sequence)| TakeId { fingerprint: *fingerprint, sequence });
            store.discard(&ids.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Storage {
    /// Whether `entry`, which has nothing but this take, must not become text.
    fn refuses(&self, fp: &Fingerprint, entry: &Entry, recorded: &RecordedTake) -> Result<bool, CassetteError> {
        let validator = Validator { policy: &*self.policy, redaction: &self.redaction };
        match validator.validate(&self.root, fp, entry) {
            Ok(()) => Ok(self.prove_links(entry, slice::from_ref(recorded)).is_err()),
            Err(CassetteError::Secret { .. } | CassetteError::BrokenEntry { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
