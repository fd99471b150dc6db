//! Sessions: their names, who speaks in them, what they have written, and which of several takes answers them.
//!
//! The same request can be answered differently over time. Which take answers follows from what the session has written, told
//! apart by what each write has to do with the request, so that each thread of work gets the answers that it was recorded with,
//! whatever runs beside it. The rule, and where each part of it stands:
//!
//! 1. a take remembers the write that was answered last before it: [`SessionHistory`] while recording, `write_tree` when read;
//! 2. the strings seen in a request and its answers, 3. what a write names, lists and brings, 4. whether it concerns a request:
//!    `json_strings`, `recorded_write`;
//! 5. histories of concerning writes, and when two are the same: `take_histories`, `write_sequences`;
//! 6. the takes that can answer: `candidates`; of these the best history: `best_take`; 7. and 10. the takes that are given in turn: `take_group`; 8. waiters: `waiters`;
//! 9. retries, and how it all comes together: `session`.
//!
//! `explain` tells of a choice that was made how it came about, by asking the same functions once more.
//!
//! What a write that is recorded anew takes with it (11) is the cassette's: it asks [`RecordedWrite::concerns`] too.

mod actors;
mod best_take;
mod candidates;
mod explain;
mod json_strings;
mod live_values;
mod recorded_write;
#[expect(clippy::module_inception, reason = "the folder is named after what it is about, and so is the file")]
mod session;
mod session_history;
mod session_name;
mod sessions;
mod take_group;
mod take_histories;
mod take_query;
mod waiters;
mod write_sequences;
mod write_tree;

pub use actors::{Actors, Claim, ProfileKey, decode_account_id};
pub use best_take::DecidingRule;
pub use candidates::Exclusion;
pub use explain::{ChoiceExplanation, TakeExplanation, WriteLabel, WriteList, explain_choice};
pub use live_values::{Bindings, LiveValues, binding_name, read_binding_prefix};
pub use recorded_write::{OperationRules, RecordedWrite, SeenStrings};
pub use session::{ChoicePosition, Session, TakeChoice};
pub use session_history::{MadeWrite, SessionHistory, write_id};
pub use session_name::{assign_session, sanitize_session_name, session_name};
pub use sessions::Sessions;
pub use take_group::Turn;
pub use take_histories::TakeHistories;
pub use take_query::{RetryKey, TakeQuery};
pub use waiters::{StuckWaiter, WaiterEnd};
pub use write_tree::WriteTree;
