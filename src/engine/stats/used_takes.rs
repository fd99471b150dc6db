//! Which takes of a cassette have answered something: a few dozen bytes an entry, as there may be a hundred thousand.

use crate::cassette::UsedTakes;
use crate::engine::prepared_entry::PreparedEntry;
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The takes that have answered something, by entry.
#[derive(Debug, Default)]
pub(super) struct UsedIndex {
    entries: HashMap<Fingerprint, UsedEntry>,
    /// The entries' folders, each once.
    folders: Vec<String>,
}

#[derive(Debug)]
struct UsedEntry {
    /// Its place among the folders.
    folder: u32,
    /// How many takes it had.
    takes: u32,
    used: TakeSet,
}

/// Places of takes in an entry.
#[derive(Debug)]
enum TakeSet {
    /// A bit each of the first 64: seldom are there more.
    First(u64),
    All(BTreeSet<usize>),
}

impl TakeSet {
    fn insert(&mut self, take: usize) {
        match self {
            Self::First(bits) if take < 64 => *bits |= 1 << take,
            Self::First(_) => {
                let all = self.iter().chain([take]).collect();
                *self = Self::All(all);
            }
            Self::All(all) => drop(all.insert(take)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let (bits, all) = match self {
            Self::First(bits) => (*bits, None),
            Self::All(all) => (0, Some(all)),
        };
        (0..64).filter(move |take| bits & (1 << take) != 0).chain(all.into_iter().flat_map(|all| all.iter().copied()))
    }

    fn len(&self) -> usize {
        match self {
            Self::First(bits) => bits.count_ones() as usize,
            Self::All(all) => all.len(),
        }
    }
}

impl UsedIndex {
    /// Notes that a take has answered something.
    pub(super) fn note(&mut self, prepared: &PreparedEntry, take: usize) {
        let takes = u32::try_from(prepared.entry.takes.len()).unwrap_or(u32::MAX);
        if let Some(entry) = self.entries.get_mut(&prepared.fingerprint) {
            entry.takes = takes;
            entry.used.insert(take);
            return;
        }
        let name = prepared.entry.operation.folder();
        let place = self.folders.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.folders.push(name);
            self.folders.len() - 1
        });
        let mut used = TakeSet::First(0);
        used.insert(take);
        let folder = u32::try_from(place).unwrap_or(u32::MAX);
        self.entries.insert(prepared.fingerprint, UsedEntry { folder, takes, used });
    }

    /// Whether anything of an entry has answered.
    pub(super) fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.entries.contains_key(fingerprint)
    }

    /// How many takes of these entries have answered nothing.
    pub(super) fn count_unused(&self) -> u64 {
        self.entries.values().map(|entry| (entry.takes as usize).saturating_sub(entry.used.len()) as u64).sum()
    }

    /// All of it, by folder and fingerprint.
    pub(super) fn collect(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        let folder = |entry: &UsedEntry| self.folders.get(entry.folder as usize).cloned().unwrap_or_default();
        let entry = |(fingerprint, entry): (&Fingerprint, &UsedEntry)| {
            let used = UsedTakes { takes: entry.takes as usize, used: entry.used.iter().collect() };
            ((folder(entry), *fingerprint), used)
        };
        self.entries.iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_takes_than_a_word_has_bits_are_kept() {
        let mut set = TakeSet::First(0);
        for take in [3, 63, 3, 0] {
            set.insert(take);
        }
        assert_eq!((set.iter().collect::<Vec<_>>(), set.len()), (vec![0, 3, 63], 3));
        for take in [64, 1000, 5, 64] {
            set.insert(take);
        }
        assert_eq!((set.iter().collect::<Vec<_>>(), set.len()), (vec![0, 3, 5, 63, 64, 1000], 6));
    }
}
