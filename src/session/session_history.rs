//! The writes that a session has made.

use super::write_tree::WriteTree;
use crate::fingerprint::Fingerprint;
use crate::model::{Take, base32};
use serde::{Deserialize, Serialize};
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
pub struct SessionHistory {
    made: Vec<MadeWrite>,
    served: HashSet<(Fingerprint, usize)>,
    equals: HashMap<(Fingerprint, Option<String>), u32>,
    positions: WritePositions,
}

/// A write that a session has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeWrite {
    /// Its id.
    pub id: String,
    /// The take that answered it, of which fingerprint, and the session that recorded that; `None` where it was recorded now.
    pub take: Option<(Fingerprint, usize, Option<String>)>,
}

/// The writes by their place in a cassette's tree, as far as they were looked up.
#[derive(Debug, Default)]
struct WritePositions {
    tree: Arc<WriteTree>,
    positions: Vec<Option<usize>>,
}

impl SessionHistory {
    /// The id of the latest write; `None` before the first.
    #[must_use]
    pub fn latest_write(&self) -> Option<&str> {
        self.made.last().map(|made| made.id.as_str())
    }

    /// The writes, in order.
    pub fn writes(&self) -> impl Iterator<Item = MadeWrite> {
        self.made.iter().cloned()
    }

    /// The history of who made these `writes`.
    #[must_use]
    pub fn from_writes(writes: Vec<MadeWrite>) -> Self {
        let served =
            writes.iter().filter_map(|made| made.take.as_ref()).map(|(fingerprint, at, _)| (*fingerprint, *at));
        Self { served: served.collect(), made: writes, ..Self::default() }
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
    pub fn push_recorded(&mut self, id: String) {
        self.made.push(MadeWrite { id, take: None });
    }

    /// Moves on to the write that take `at` of `fingerprint` records; a take of a read moves nothing.
    pub fn push_replayed(&mut self, fingerprint: &Fingerprint, at: usize, take: &Take) {
        if let Some(id) = take.id.clone() {
            self.served.insert((*fingerprint, at));
            self.made.push(MadeWrite { id, take: Some((*fingerprint, at, take.session.clone())) });
        }
    }

    /// As it was after its first `writes` writes.
    #[must_use]
    pub fn prefix(&self, writes: usize) -> Self {
        Self::from_writes(self.made.iter().take(writes).cloned().collect())
    }

    /// Whether take `at` of `fingerprint` was given already.
    pub(super) fn was_served(&self, fingerprint: &Fingerprint, at: usize) -> bool {
        self.served.contains(&(*fingerprint, at))
    }

    /// The writes by their place in `tree`; one that is not there has none.
    pub(super) fn positions_in(&mut self, tree: &Arc<WriteTree>) -> &[Option<usize>] {
        if !Arc::ptr_eq(&self.positions.tree, tree) {
            self.positions = WritePositions { tree: Arc::clone(tree), positions: Vec::new() };
        }
        let known = self.positions.positions.len();
        self.positions.positions.extend(self.made.iter().skip(known).map(|made| {
            let (fingerprint, at, session) = made.take.as_ref()?;
            let of_take = tree.position_of_take(fingerprint, *at).filter(|place| tree.has_id(*place, &made.id));
            of_take.or_else(|| tree.find(session.as_deref(), &made.id))
        }));
        &self.positions.positions
    }
}

#[cfg(test)]
mod tests {
    use super::super::write_tree::tests::{entry, take};
    use super::*;

    #[test]
    fn replayed_writes_have_the_places_of_their_own_takes() {
        let (fingerprint, entry) =
            entry("Create", "{}", vec![take("s", "", "a", "{}"), take("t", "", "a", "{}"), take("t", "", "", "{}")]);
        let tree = Arc::new(WriteTree::from_entries(
            [(fingerprint, entry.clone())],
            &crate::model::IdentifierRules::default(),
        ));
        let mut history = SessionHistory::default();
        for at in [1, 2, 0] {
            history.push_replayed(&fingerprint, at, &entry.takes[at]);
        }
        history.push_recorded("new".into());
        let places = [tree.find(Some("t"), "a"), tree.find(Some("s"), "a"), None];
        assert_eq!(history.positions_in(&tree), places);
        assert_eq!((history.len(), history.latest_write()), (3, Some("new")));
        assert!(history.was_served(&fingerprint, 1) && !history.was_served(&fingerprint, 2));
        assert_eq!(history.positions_in(&Arc::default()), [None; 3], "of a cassette without them");
        let mut earlier = history.prefix(1);
        assert_eq!((earlier.len(), earlier.latest_write()), (1, Some("a")));
        assert!(earlier.was_served(&fingerprint, 1) && !earlier.was_served(&fingerprint, 0));
        assert_eq!(earlier.positions_in(&tree), &places[..1]);
    }
}
