//! The writes that a session has made, and how the writes of a cassette follow each other.

use crate::fingerprint::Fingerprint;
use crate::interaction::base32;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

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

/// A session's writes, made or replayed, in order.
#[derive(Debug, Default)]
pub struct History {
    latest: Option<String>,
    made: HashSet<String>,
    equals: HashMap<(Fingerprint, Option<String>), u32>,
}

impl History {
    /// The id of the latest write; `None` before the first.
    #[must_use]
    pub fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }

    /// How many different writes there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.made.len()
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Whether the write `id` was among them.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.made.contains(id)
    }

    /// Makes the id for a write that is recorded now, begun after the write `parent`. Writes that ran at the same time
    /// share a parent; equal ones among them are told apart by their ordinal.
    pub fn begin_write(&mut self, folder: &str, fingerprint: &Fingerprint, parent: Option<String>) -> String {
        let ordinal = self.equals.entry((*fingerprint, parent.clone())).or_default();
        *ordinal += 1;
        write_id(folder, fingerprint, parent.as_deref(), *ordinal)
    }

    /// Moves on to the write `id`, made or replayed.
    pub fn moved_to(&mut self, id: String) {
        self.made.insert(id.clone());
        self.latest = Some(id);
    }
}

/// The writes of a cassette, each with the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    before: HashMap<String, Option<String>>,
}

impl Writes {
    /// Adds the write `id`, made after `parent`.
    pub fn add(&mut self, id: String, parent: Option<String>) {
        self.before.insert(id, parent);
    }

    /// Whether the write `id` is there.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.before.contains_key(id)
    }

    /// The write `last` and those before it, latest first. A link to a write that is not there ends the sequence; so does
    /// a link back into it, which no recording makes.
    pub fn back_from<'a>(&'a self, last: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut next = self.before.get_key_value(last).map(|(id, _)| id.as_str());
        let mut left = self.before.len();
        std::iter::from_fn(move || {
            let id = next?;
            let (id, before) = self.before.get_key_value(id)?;
            left = left.checked_sub(1)?;
            next = before.as_deref();
            Some(id.as_str())
        })
    }
}
