//! The writes that a session has made.

use super::writes::{Differences, Standing, Writes};
use crate::fingerprint::Fingerprint;
use crate::interaction::base32;
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

/// A session's writes, made or replayed, in order.
#[derive(Debug, Default)]
pub struct History {
    latest: Option<String>,
    made: HashSet<String>,
    standing: Standing,
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

    /// Makes the id for a write that is recorded now, begun after the write `parent`. Writes that ran at the same time
    /// share a parent; equal ones among them are told apart by their ordinal.
    pub fn begin_write(&mut self, folder: &str, fingerprint: &Fingerprint, parent: Option<String>) -> String {
        let ordinal = self.equals.entry((*fingerprint, parent.clone())).or_default();
        *ordinal += 1;
        write_id(folder, fingerprint, parent.as_deref(), *ordinal)
    }

    /// Moves on to the write `id`, made or replayed.
    pub fn moved_to(&mut self, id: String) {
        self.standing.made(&id);
        self.made.insert(id.clone());
        self.latest = Some(id);
    }

    /// How far they are from every recorded sequence of `writes`.
    pub(super) fn differences(&mut self, writes: &Arc<Writes>) -> Differences {
        if !self.standing.is_among(writes) {
            self.standing = Standing::among(writes);
            self.made.iter().for_each(|id| self.standing.made(id));
        }
        self.standing.differences(self.made.len())
    }
}
