//! What a look-up in the cassette came to.

use crate::cassette::EntryOrigin;
use crate::engine::calls::TakeChosen;
use crate::engine::prepared_entry::{PreparedEntry, UnfilledResponse};
use crate::session::Session;
use parking_lot::Mutex;
use std::sync::Arc;

/// A recorded answer, or why there is none.
#[derive(Debug)]
pub(super) enum Lookup {
    /// A page that answers.
    Hit(Box<Match>),
    /// No page answers.
    Miss(MissReason),
}

/// A page of a take, ready to be served.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) prepared: Arc<PreparedEntry>,
    /// What the entry was read from, where it was looked up just now.
    pub(super) origin: Option<Arc<EntryOrigin>>,
    /// The take, and how it was chosen.
    pub(super) chosen: TakeChosen,
    /// The session whose writes it was chosen by, where there was a choice.
    pub(super) session: Option<Arc<Mutex<Session>>>,
    pub(super) response: UnfilledResponse,
}

/// Why no page answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissReason {
    /// Nothing is recorded for the fingerprint.
    NoTake,
    /// The chain that the token continues was recorded up to there only.
    Partial {
        /// A take that has the pages served so far.
        take: usize,
        /// How many those are.
        pages: usize,
    },
    /// The chain was recorded in part only, and for another page size than is asked.
    OtherSize {
        /// The page size it was recorded with.
        recorded: Option<u32>,
    },
    /// No recorded chain begins with the pages that the token says were served.
    OtherChain,
}

impl Match {
    /// Whether all pages of its take are recorded.
    pub(super) fn is_complete(&self) -> bool {
        self.prepared.entry.takes.get(self.chosen.take).is_some_and(|take| take.complete)
    }
}

impl From<Result<Match, MissReason>> for Lookup {
    fn from(found: Result<Match, MissReason>) -> Self {
        match found {
            Ok(found) => Self::Hit(Box::new(found)),
            Err(reason) => Self::Miss(reason),
        }
    }
}
