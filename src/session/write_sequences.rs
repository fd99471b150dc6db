//! Histories told apart (rule 5): the sequence of writes of each thing, and how often each request was written.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What makes two histories the same: for every thing the sequence of the writes that change it. By hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct HistorySignature(u64);

/// How to take one write back from [`Sequences`]: things, and the sequence of each before it.
pub(super) type Undo = Vec<(u64, Option<u64>)>;

/// For every thing, the sequence of writes so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequences(HashMap<u64, u64>);

impl Sequences {
    /// The signature after one more write, that asks for `write` and changes `things`; gives what to undo.
    pub(super) fn push(&mut self, signature: HistorySignature, write: u64, things: &[u64]) -> (HistorySignature, Undo) {
        let mut total = signature.0;
        let mut undo = Vec::with_capacity(things.len());
        for thing in things {
            let earlier = self.0.get(thing).copied();
            let longer = hashed(&(earlier, write));
            total = total.wrapping_sub(earlier.map_or(0, |earlier| hashed(&(thing, earlier))));
            total = total.wrapping_add(hashed(&(thing, longer)));
            self.0.insert(*thing, longer);
            undo.push((*thing, earlier));
        }
        (HistorySignature(total), undo)
    }

    /// Takes back the write that was pushed last.
    pub(super) fn pop(&mut self, undo: Undo) {
        for (thing, earlier) in undo.into_iter().rev() {
            match earlier {
                Some(earlier) => self.0.insert(thing, earlier),
                None => self.0.remove(&thing),
            };
        }
    }
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How often each request was written, by its number.
#[derive(Debug, Default)]
pub(super) struct Counts(Vec<u32>);

impl Counts {
    pub(super) fn get(&self, kind: u32) -> u32 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// One more; gives how many there are then.
    pub(super) fn add(&mut self, kind: u32) -> u32 {
        let at = kind as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0.get_mut(at).map_or(0, |count| {
            *count += 1;
            *count
        })
    }

    /// One less; says whether there was one.
    pub(super) fn take(&mut self, kind: u32) -> bool {
        let Some(count) = self.0.get_mut(kind as usize).filter(|count| **count > 0) else { return false };
        *count -= 1;
        true
    }

    pub(super) fn contain(&self, others: &Self) -> bool {
        others.0.iter().enumerate().all(|(at, count)| *count <= self.0.get(at).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signature after writes: what each asks for, and the things that it changes.
    fn signature(writes: &[(u64, &[u64])]) -> HistorySignature {
        let mut sequences = Sequences::default();
        writes
            .iter()
            .fold(HistorySignature::default(), |signature, (write, things)| sequences.push(signature, *write, things).0)
    }

    #[test]
    fn the_order_counts_among_writes_of_one_thing_only() {
        let (one, other): (&[u64], &[u64]) = (&[1], &[2]);
        assert_eq!(signature(&[(7, one), (8, other)]), signature(&[(8, other), (7, one)]));
        assert_ne!(signature(&[(7, one), (8, one)]), signature(&[(8, one), (7, one)]));
        assert_ne!(signature(&[(7, one)]), signature(&[(7, one), (7, one)]), "repeats count");
        assert_ne!(signature(&[(7, one)]), signature(&[(7, other)]));
        assert_ne!(signature(&[(7, &[1, 2])]), signature(&[(7, one), (7, other)].map(|it| (it.0, it.1))[..1]));
        assert_eq!(signature(&[]), HistorySignature::default());
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut sequences = Sequences::default();
        let (before, _) = sequences.push(HistorySignature::default(), 7, &[1]);
        let (_, undo) = sequences.push(before, 8, &[1, 2]);
        sequences.pop(undo);
        assert_eq!(sequences.push(before, 9, &[2]).0, signature(&[(7, &[1]), (9, &[2])]));
    }

    #[test]
    fn counts_go_up_and_down() {
        let mut counts = Counts::default();
        assert_eq!((counts.add(3), counts.add(3), counts.get(3), counts.get(9)), (1, 2, 2, 0));
        assert_eq!((counts.take(3), counts.take(3), counts.take(3)), (true, true, false));
        let mut more = Counts::default();
        more.add(3);
        assert!(more.contain(&counts) && !counts.contain(&more));
    }
}
