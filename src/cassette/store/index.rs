//! What is unsealed, without its pages: small, in memory, asked by every lookup.

use crate::cassette::recording::TakeId;
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, HashMap};

/// A take that is in the store only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cassette) struct TakeState {
    /// How many pages it has.
    pub(in crate::cassette) pages: u32,
    /// Whether they are all.
    pub(in crate::cassette) complete: bool,
}

/// The unsealed takes of one fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cassette) struct Unsealed {
    /// The operation's folder.
    pub(in crate::cassette) folder: String,
    /// Changes whenever a take or page comes; never the same twice.
    pub(in crate::cassette) generation: u64,
    /// The takes in recorded order.
    pub(in crate::cassette) takes: BTreeMap<u64, TakeState>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(in crate::cassette) struct Index {
    entries: HashMap<Fingerprint, Unsealed>,
    generation: u64,
}

impl Index {
    /// What is unsealed under `fp`.
    pub(in crate::cassette) fn of(&self, fp: &Fingerprint) -> Option<&Unsealed> {
        self.entries.get(fp)
    }

    /// The numbers of the takes that are unsealed under `fp`, in recorded order.
    pub(in crate::cassette) fn sequences(&self, fp: &Fingerprint) -> Vec<u64> {
        self.of(fp).map(|unsealed| unsealed.takes.keys().copied().collect()).unwrap_or_default()
    }

    /// The generation under `fp`; 0 where everything is sealed.
    pub(in crate::cassette) fn generation(&self, fp: &Fingerprint) -> u64 {
        self.of(fp).map_or(0, |unsealed| unsealed.generation)
    }

    /// Whether everything is sealed.
    pub(in crate::cassette) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Under how many fingerprints something is unsealed.
    pub(in crate::cassette) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many pages are unsealed.
    pub(super) fn pages(&self) -> u64 {
        let takes = self.entries.values().flat_map(|unsealed| unsealed.takes.values());
        takes.map(|take| u64::from(take.pages)).sum()
    }

    /// Folder and fingerprint of what is unsealed, in order.
    pub(in crate::cassette) fn names(&self) -> Vec<(String, Fingerprint)> {
        let mut names: Vec<_> = self.entries.iter().map(|(fp, unsealed)| (unsealed.folder.clone(), *fp)).collect();
        names.sort();
        names
    }

    /// The state of one take.
    pub(super) fn take(&self, id: &TakeId) -> Option<TakeState> {
        self.of(&id.fingerprint)?.takes.get(&id.sequence).copied()
    }

    /// Notes a take, or what has become of it.
    pub(super) fn put(&mut self, id: TakeId, folder: &str, state: TakeState) {
        self.generation += 1;
        let unsealed = self.entries.entry(id.fingerprint).or_default();
        if unsealed.folder.is_empty() {
            folder.clone_into(&mut unsealed.folder);
        }
        unsealed.generation = self.generation;
        unsealed.takes.insert(id.sequence, state);
    }

    /// Forgets one take: it is thrown away.
    pub(super) fn discard(&mut self, id: &TakeId) {
        let Some(unsealed) = self.entries.get_mut(&id.fingerprint) else { return };
        unsealed.takes.remove(&id.sequence);
        self.generation += 1;
        unsealed.generation = self.generation;
        if unsealed.takes.is_empty() {
            self.forget(&id.fingerprint);
        }
    }

    /// Forgets a fingerprint: it is sealed.
    pub(super) fn forget(&mut self, fp: &Fingerprint) {
        self.entries.remove(fp);
    }
}
