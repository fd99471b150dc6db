//! The calls of a run: the latest of them one by one, and counts of all.

mod call;
mod counts;
mod journal;
mod log;
mod notes;

pub use call::{AskedParameters, Call, CallFilter, CallOutcome, CallRequest, OutcomeKind, ServedPage, TakeChosen};
pub use counts::{CallCounts, LATENCY_BOUNDS, LatencyCounts};
pub use journal::{CallJournal, JournalHead};
pub(in crate::engine) use log::{CallLog, LoggedCall, LoggedOutcome};
pub(in crate::engine) use notes::{AnswerNote, Asked, CallNotes, RepeatedRequest};
