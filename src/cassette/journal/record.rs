//! What the journal's records say.

use crate::cassette::take::{EntryHead, TakeId};
use crate::model::{Page, Take};
use serde::{Deserialize, Serialize};

/// One record: what happened, and the pages that it brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) event: Event,
    /// In the order of [`Event::Stored`]; none otherwise.
    pub(crate) pages: Vec<PageRecord>,
}

/// What happened to takes that are not in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// Pages were recorded, all of them or none.
    Stored(Vec<PageName>),
    /// A text is about to replace an entry's file. Where the file is this text, the takes are in it.
    Writing(Vec<Writing>),
    /// The takes of each fingerprint, up to this one, are in the text.
    Sealed(Vec<TakeId>),
    /// These takes were thrown away.
    Discarded(Vec<TakeId>),
}

/// Which page of which take a stored page is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageName {
    pub(crate) take: TakeId,
    /// From 0.
    pub(crate) number: u32,
    /// Whether the take ends with it.
    pub(crate) last: bool,
    /// The operation's folder.
    pub(crate) folder: String,
}

/// A text that is about to replace an entry's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Writing {
    /// The latest take that is in the text.
    pub(crate) through: TakeId,
    /// SHA-256 of the text.
    pub(crate) hash: [u8; 32],
}

/// A page, with its take's head where it is the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageRecord {
    pub(crate) head: Option<StoredHead>,
    pub(crate) page: Page,
}

/// What a take says beside its pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredHead {
    pub(crate) entry: EntryHead,
    /// Without its pages.
    pub(crate) take: Take,
    /// Whether it was recorded in mode `all`: earlier takes of its session give way to it.
    pub(crate) replace: bool,
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        Self { event, pages: Vec::new() }
    }
}
