//! What recording is handed: requests, takes and tokens, and how takes are told apart until they are text.

use crate::fingerprint::{Fingerprint, canonical_text};
use crate::model::{Entry, OperationName, Secret, Take};
use serde::{Deserialize, Serialize};

/// What was asked: the part of an entry that all its takes share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryHead {
    /// The operation.
    pub operation: OperationName,
    /// The AWS region.
    pub region: String,
    /// The actor that asked.
    pub actor: String,
    /// The request's parameters in canonical form, compact JSON.
    pub request: String,
}

impl EntryHead {
    /// That of an entry.
    #[must_use]
    pub fn from_entry(entry: &Entry) -> Self {
        Self {
            operation: entry.operation.clone(),
            region: entry.region.clone(),
            actor: entry.actor.clone(),
            request: entry.request.clone(),
        }
    }

    /// The entry with these takes.
    #[must_use]
    pub fn with(self, takes: Vec<Take>) -> Entry {
        let Self { operation, region, actor, request } = self;
        Entry { operation, region, actor, request, takes }
    }

    /// The fingerprint that this request has, and its file is named after.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::hash(&canonical_text(&self.operation, &self.region, &self.actor, &self.request))
    }
}

/// What a take says beside its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakeHead {
    /// The session that records it, if it is named.
    pub session: Option<String>,
    /// The id of the latest write that the session made before.
    pub after: Option<String>,
    /// The id of this write; `None` for reads.
    pub id: Option<String>,
    /// The page size that was asked for, of a listing.
    pub max_results: Option<u32>,
    /// Whether the pages given are all. Always true for what does not page.
    pub complete: bool,
}

/// Upstream's token for the page after those stored, under the bytes of the token that the client gets instead.
#[derive(Clone, Debug)]
pub struct UpstreamToken {
    /// The bytes of ramtape's token.
    pub key: Vec<u8>,
    /// Upstream's token.
    pub token: Secret,
}

/// A take that was begun and is not sealed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakeId {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) sequence: u64,
}

impl TakeId {
    /// The fingerprint it answers.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}
