//! The writes that a session has made.

use crate::fingerprint::Fingerprint;
use crate::interaction::base32;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

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

/// A session's writes: the latest, by which all earlier ones are linked.
#[derive(Debug, Default)]
pub struct History {
    latest: Option<String>,
    equals: HashMap<(Fingerprint, Option<String>), u32>,
}

impl History {
    /// The id of the latest write; `None` before the first.
    #[must_use]
    pub fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }

    /// Makes the id for a write that begins now, after the write `parent`. Writes that run at the same time share a
    /// parent; equal ones among them are told apart by their ordinal.
    pub fn begin_write(&mut self, folder: &str, fingerprint: &Fingerprint, parent: Option<String>) -> String {
        let ordinal = self.equals.entry((*fingerprint, parent.clone())).or_default();
        *ordinal += 1;
        write_id(folder, fingerprint, parent.as_deref(), *ordinal)
    }

    /// Moves on to the write `id`, made or replayed.
    pub fn moved_to(&mut self, id: String) {
        self.latest = Some(id);
    }
}
