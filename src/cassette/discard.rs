//! Takes that are in the store only, looked at apart from the text, and thrown away.

use super::archive::Archive;
use super::error::{CassetteError, StoreError};
use super::handed_on::handed_on;
use super::proof::Judge;
use super::remove::Surplus;
use super::{Cassette, TakeId, usage};
use crate::diff::RecordedTake;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::{BTreeSet, HashMap};
use std::slice;
use std::sync::PoisonError;

/// What is recorded for a request, where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// As the text has it.
    pub text: Option<Entry>,
    /// What is in the store only, in recorded order.
    pub unsealed: Option<Entry>,
}

impl<P> Cassette<P> {
    /// What is recorded under `fp`, the text apart from what is unsealed.
    ///
    /// # Errors
    /// Where either cannot be read.
    pub fn parts(&self, folder: &str, fp: &Fingerprint) -> Result<Parts, CassetteError> {
        let text = self.archive.text(folder, fp)?;
        let Some(store) = &self.archive.store else { return Ok(Parts { text, unsealed: None }) };
        let unsealed = store.pending_takes(fp)?.map(|unsealed| {
            let takes = unsealed.takes.into_iter().map(|recorded| recorded.take);
            unsealed.head.with(takes.collect())
        });
        Ok(Parts { text, unsealed })
    }

    /// The unsealed takes that must not become text, by the place among those of their request: each is judged apart from
    /// the others; a request that asks what it would never be given refuses all of its takes.
    ///
    /// # Errors
    /// Where something cannot be read.
    pub fn refused(&self) -> Result<HashMap<Fingerprint, BTreeSet<usize>>, CassetteError> {
        let archive = &self.archive;
        let Some(store) = &archive.store else { return Ok(HashMap::new()) };
        let lost = handed_on(archive)?;
        let mut refused = HashMap::new();
        for (_, fp) in store.pending().names() {
            let Some(unsealed) = store.pending_takes(&fp)? else { continue };
            let mut places = BTreeSet::new();
            for (at, recorded) in unsealed.takes.iter().enumerate() {
                let alone = unsealed.head.clone().with(vec![recorded.take.clone()]);
                if lost.contains_key(&fp) || archive.refuses(&fp, &alone, recorded)? {
                    places.insert(at);
                }
            }
            refused.insert(fp, places);
        }
        Ok(refused)
    }

    /// Throws unsealed takes away, by their place among those of their request; tells `step` before each request of how many.
    /// The text stays as it is.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, or the store fails. Those before are gone.
    pub fn discard(&self, surplus: &[Surplus], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        let store = self.archive.store.as_ref().ok_or(StoreError::NotRecording)?;
        let _alone = self.archive.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        usage::forget(&self.archive.root)?;
        for Surplus { fingerprint, unused, .. } in surplus {
            step(surplus.len());
            let sequences = store.pending().sequences(fingerprint);
            let ids = sequences.into_iter().enumerate().filter(|(at, _)| unused.contains(at));
            let ids = ids.map(|(_, sequence)| TakeId { fingerprint: *fingerprint, sequence });
            store.discard(&ids.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Archive {
    /// Whether `entry`, which has nothing but this take, must not become text.
    fn refuses(&self, fp: &Fingerprint, entry: &Entry, recorded: &RecordedTake) -> Result<bool, CassetteError> {
        let judge = Judge { warden: &*self.warden, redaction: &self.redaction };
        match judge.judge(&self.root, fp, entry) {
            Ok(()) => Ok(self.prove_links(entry, slice::from_ref(recorded)).is_err()),
            Err(CassetteError::Secret { .. } | CassetteError::Broken { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
