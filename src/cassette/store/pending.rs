//! What is pending, without its pages: small, in memory, asked by every lookup.

use crate::cassette::journal::{JournalTake, Location};
use crate::cassette::take::TakeId;
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, HashMap};

/// The pending takes of one fingerprint.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingEntry {
    /// The operation's folder.
    pub(crate) folder: String,
    /// Changes whenever a take or page comes; never the same twice.
    pub(crate) generation: u64,
    /// The takes in recorded order.
    pub(crate) takes: BTreeMap<u64, PendingTake>,
}

/// A take that is not in the text yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingTake {
    /// Where its pages stand in the journal.
    pub(crate) pages: Vec<Location>,
    /// Whether they are all.
    pub(crate) complete: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct PendingIndex {
    entries: HashMap<Fingerprint, PendingEntry>,
    generation: u64,
}

impl PendingIndex {
    /// What is pending under `fp`.
    pub(crate) fn entry(&self, fp: &Fingerprint) -> Option<&PendingEntry> {
        self.entries.get(fp)
    }

    /// The numbers of the takes that are pending under `fp`, in recorded order.
    pub(crate) fn sequences(&self, fp: &Fingerprint) -> Vec<u64> {
        self.entry(fp).map(|entry| entry.takes.keys().copied().collect()).unwrap_or_default()
    }

    /// The generation under `fp`; 0 where everything is text.
    pub(crate) fn generation(&self, fp: &Fingerprint) -> u64 {
        self.entry(fp).map_or(0, |entry| entry.generation)
    }

    /// Whether everything is text.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Under how many fingerprints something is pending.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many pages are pending.
    pub(super) fn count_pages(&self) -> u64 {
        let takes = self.entries.values().flat_map(|entry| entry.takes.values());
        takes.map(|take| take.pages.len() as u64).sum()
    }

    /// How many bytes of the journal it takes, or more: a record that holds several pages is counted for each.
    pub(super) fn size_in_journal(&self) -> u64 {
        self.takes().flat_map(|(_, _, take)| &take.pages).map(|page| page.size).sum()
    }

    /// Folder and fingerprint of what is pending, in order.
    pub(crate) fn names(&self) -> Vec<(String, Fingerprint)> {
        let mut names: Vec<_> = self.entries.iter().map(|(fp, entry)| (entry.folder.clone(), *fp)).collect();
        names.sort();
        names
    }

    /// Every pending take.
    pub(super) fn takes(&self) -> impl Iterator<Item = (TakeId, &PendingEntry, &PendingTake)> {
        self.entries.iter().flat_map(|(fingerprint, entry)| {
            let id = |sequence: &u64| TakeId { fingerprint: *fingerprint, sequence: *sequence };
            entry.takes.iter().map(move |(sequence, take)| (id(sequence), entry, take))
        })
    }

    /// One take.
    pub(super) fn take(&self, id: &TakeId) -> Option<&PendingTake> {
        self.entry(&id.fingerprint)?.takes.get(&id.sequence)
    }

    /// Adds a take that the journal has.
    pub(super) fn add_take(&mut self, id: TakeId, take: JournalTake) {
        self.change_take(id, &take.folder, |pending| {
            pending.pages = take.pages;
            pending.complete = take.complete;
        });
    }

    /// Adds a page to a take, which may be new; `last` where the take ends with it.
    pub(super) fn add_page(&mut self, id: TakeId, folder: &str, page: Location, last: bool) {
        self.change_take(id, folder, |pending| {
            pending.pages.push(page);
            pending.complete = last;
        });
    }

    /// Notes where the pages of a take stand now.
    pub(super) fn move_pages(&mut self, id: &TakeId, pages: Vec<Location>) {
        let entry = self.entries.get_mut(&id.fingerprint);
        if let Some(take) = entry.and_then(|entry| entry.takes.get_mut(&id.sequence)) {
            take.pages = pages;
        }
    }

    /// Forgets one take: it is thrown away.
    pub(super) fn remove_take(&mut self, id: &TakeId) {
        let Some(entry) = self.entries.get_mut(&id.fingerprint) else { return };
        entry.takes.remove(&id.sequence);
        self.generation += 1;
        entry.generation = self.generation;
        if entry.takes.is_empty() {
            self.entries.remove(&id.fingerprint);
        }
    }

    /// Forgets a fingerprint: all of it is text.
    pub(super) fn remove_entry(&mut self, fp: &Fingerprint) {
        self.entries.remove(fp);
    }

    fn change_take(&mut self, id: TakeId, folder: &str, change: impl FnOnce(&mut PendingTake)) {
        self.generation += 1;
        let entry = self.entries.entry(id.fingerprint).or_default();
        if entry.folder.is_empty() {
            folder.clone_into(&mut entry.folder);
        }
        entry.generation = self.generation;
        change(entry.takes.entry(id.sequence).or_default());
    }
}
