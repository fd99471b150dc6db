//! What the journal's records say.

use crate::cassette::recording::{EntryHead, TakeId};
use crate::model::{Page, Take};
use serde::{Deserialize, Serialize};

/// One record: what happened, and the pages that it brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cassette) struct Record {
    pub(in crate::cassette) event: Event,
    /// In the order of [`Event::Stored`]; none otherwise.
    pub(in crate::cassette) pages: Vec<StoredPage>,
}

/// What happened to takes that are not in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cassette) enum Event {
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
pub(in crate::cassette) struct PageName {
    pub(in crate::cassette) take: TakeId,
    /// From 0.
    pub(in crate::cassette) number: u32,
    /// Whether the take ends with it.
    pub(in crate::cassette) last: bool,
    /// The operation's folder.
    pub(in crate::cassette) folder: String,
}

/// A text that is about to replace an entry's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cassette) struct Writing {
    /// The latest take that is in the text.
    pub(in crate::cassette) through: TakeId,
    /// SHA-256 of the text.
    pub(in crate::cassette) hash: [u8; 32],
}

/// A page, with its take's head where it is the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cassette) struct StoredPage {
    pub(in crate::cassette) head: Option<StoredHead>,
    pub(in crate::cassette) page: Page,
}

/// What a take says beside its pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cassette) struct StoredHead {
    pub(in crate::cassette) entry: EntryHead,
    /// Without its pages.
    pub(in crate::cassette) take: Take,
    /// Whether it was recorded in mode `all`: earlier takes of its session give way to it.
    pub(in crate::cassette) replace: bool,
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        Self { event, pages: Vec::new() }
    }
}
