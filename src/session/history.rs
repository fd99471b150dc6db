//! The writes that a session has made.

use super::lines::Lines;
use crate::fingerprint::Fingerprint;
use crate::model::{Take, base32};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The id of a write: its operation's folder, a hash of its fingerprint and of the write before it, and its ordinal
/// (from 1) among equal writes after that one. It does not depend on the answer.
#[must_use]
pub fn write_id(folder: &str, fingerprint: &Fingerprint, parent: Option<&str>, ordinal: u32) -> String {
    let hash = Sha256::new()
        .chain_update(b"ramtape-write-1\0")
        .chain_update(fingerprint.bytes())
        .chain_update(parent.unwrap_or_default())
        .finalize();
    let start: [u8; 10] = hash.first_chunk().copied().unwrap_or_default();
    format!("{folder}/{}#{ordinal}", base32::encode(&start))
}

/// A session's writes, recorded or replayed, in the order in which they were answered.
#[derive(Debug, Default)]
pub struct History {
    made: Vec<Made>,
    served: HashSet<(Fingerprint, usize)>,
    equals: HashMap<(Fingerprint, Option<String>), u32>,
    placed: Placed,
}

/// A write that a session has made.
#[derive(Debug)]
struct Made {
    id: String,
    /// The take that answered it, of which fingerprint, and the session that recorded that; `None` where it was recorded now.
    replayed: Option<(Fingerprint, usize, Option<String>)>,
}

/// The writes by their place in a cassette's lines, as far as they were looked up.
#[derive(Debug, Default)]
struct Placed {
    lines: Arc<Lines>,
    places: Vec<Option<usize>>,
}

impl History {
    /// The id of the latest write; `None` before the first.
    #[must_use]
    pub fn latest(&self) -> Option<&str> {
        self.made.last().map(|made| made.id.as_str())
    }

    /// How many writes there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.made.len()
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Makes the id for a write that is recorded now, answered after the write `parent`. Equal ones with one parent, which
    /// several recordings make, are told apart by their ordinal.
    pub fn begin_write(&mut self, folder: &str, fingerprint: &Fingerprint, parent: Option<String>) -> String {
        let ordinal = self.equals.entry((*fingerprint, parent.clone())).or_default();
        *ordinal += 1;
        write_id(folder, fingerprint, parent.as_deref(), *ordinal)
    }

    /// Moves on to the write `id`, recorded now.
    pub fn moved_to(&mut self, id: String) {
        self.made.push(Made { id, replayed: None });
    }

    /// Moves on to the write that take `at` of `fingerprint` records; a take of a read moves nothing.
    pub fn replayed(&mut self, fingerprint: &Fingerprint, at: usize, take: &Take) {
        if let Some(id) = take.id.clone() {
            self.served.insert((*fingerprint, at));
            self.made.push(Made { id, replayed: Some((*fingerprint, at, take.session.clone())) });
        }
    }

    /// Whether take `at` of `fingerprint` was given already.
    pub(super) fn was_given(&self, fingerprint: &Fingerprint, at: usize) -> bool {
        self.served.contains(&(*fingerprint, at))
    }

    /// The writes by their place in `lines`; one that is not there has none.
    pub(super) fn places(&mut self, lines: &Arc<Lines>) -> &[Option<usize>] {
        if !Arc::ptr_eq(&self.placed.lines, lines) {
            self.placed = Placed { lines: Arc::clone(lines), places: Vec::new() };
        }
        let known = self.placed.places.len();
        self.placed.places.extend(self.made.iter().skip(known).map(|made| {
            let (fingerprint, at, session) = made.replayed.as_ref()?;
            let of_take = lines.place_of_take(fingerprint, *at).filter(|place| lines.is(*place, &made.id));
            of_take.or_else(|| lines.place(session.as_deref(), &made.id))
        }));
        &self.placed.places
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{entry, take};
    use super::*;

    #[test]
    fn replayed_writes_have_the_places_of_their_own_takes() {
        let (fingerprint, entry) =
            entry("Create", "{}", vec![take("s", "", "a", "{}"), take("t", "", "a", "{}"), take("t", "", "", "{}")]);
        let lines = Arc::new(Lines::of([(fingerprint, entry.clone())]));
        let mut history = History::default();
        for at in [1, 2, 0] {
            history.replayed(&fingerprint, at, &entry.takes[at]);
        }
        history.moved_to("new".into());
        let places = [lines.place(Some("t"), "a"), lines.place(Some("s"), "a"), None];
        assert_eq!(history.places(&lines), places);
        assert_eq!((history.len(), history.latest()), (3, Some("new")));
        assert!(history.was_given(&fingerprint, 1) && !history.was_given(&fingerprint, 2));
        assert_eq!(history.places(&Arc::default()), [None; 3], "of a cassette without them");
    }
}
