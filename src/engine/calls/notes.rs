//! What is noted of a call on its way through the engine.

use super::call::{ServedPage, TakeChosen};
use super::counts::OperationId;
use crate::engine::identify::IdentifiedRequest;
use crate::fingerprint::Fingerprint;
use crate::session::Session;
use parking_lot::Mutex;
use std::num::NonZeroU32;
use std::sync::Arc;

/// What is noted of a call while it is answered, for the log of calls.
#[derive(Debug, Default)]
pub(in crate::engine) struct CallNotes {
    /// What it asks, as far as that was read.
    pub(in crate::engine) asked: Option<Asked>,
    /// What it was answered from.
    pub(in crate::engine) answer: Option<AnswerNote>,
}

/// What a call asks.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Asked {
    /// What an earlier one asked, byte for byte.
    Again(RepeatedRequest),
    Identified(Arc<IdentifiedRequest>),
}

/// What is kept of a request that was answered before.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct RepeatedRequest {
    pub(in crate::engine) operation: OperationId,
    pub(in crate::engine) fingerprint: Fingerprint,
    pub(in crate::engine) page_size: Option<NonZeroU32>,
    /// Whether it goes on with a listing.
    pub(in crate::engine) continues: bool,
    /// The page that it is answered with.
    pub(in crate::engine) page: ServedPage,
}

/// What a call was answered from.
#[derive(Clone, Debug)]
pub(in crate::engine) enum AnswerNote {
    /// A take; the session tells of the writes before it, where there was a choice. One that is rewound begins anew as another.
    Take(TakeChosen, Option<Arc<Mutex<Session>>>),
    /// Upstream, and recorded.
    Recorded,
    /// Upstream, and not recorded.
    PassedOn,
}

impl Default for TakeChosen {
    /// The only take.
    fn default() -> Self {
        Self { take: 0, position: None, is_retry: false, advanced: false, stuck: None, page: ServedPage::default() }
    }
}
