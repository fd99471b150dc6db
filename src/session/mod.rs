//! Sessions: their names, who speaks in them, what they have written, and which of several takes answers them.
//!
//! The same request can be answered differently over time. Which take answers follows from what the session has written, told
//! apart by what each write has to do with the request, so that each thread of work gets the answers that it was recorded with,
//! whatever runs beside it. The rule, and where each part of it stands:
//!
//! 1. a take remembers the write that was answered last before it: [`History`] while recording, `lines` when read;
//! 2. the strings seen in a request and its answers, 3. what a write names, lists and brings, 4. whether it concerns a request:
//!    `strings`, `write`;
//! 5. histories of concerning writes, and when two are the same: `choices`, `sequences`;
//! 6. the best history: `rank`; 7. and 10. the takes that are given in turn: `group`; 8. waiters: `waiting`;
//! 9. retries, and how it all comes together: `position`.
//!
//! What a write that is recorded anew takes with it (11) is the cassette's: it asks [`Write::concerns`] too.

mod actors;
mod choices;
mod group;
mod history;
mod lines;
mod name;
mod position;
mod rank;
mod sequences;
mod strings;
mod volatile;
mod waiting;
mod write;

pub use actors::{Actors, Claim, ProfileKey, access_key_id, account_of};
pub use choices::Choices;
pub use history::{History, write_id};
pub use lines::Lines;
pub use name::{assign_session, plain_name, session_name};
pub use position::{Ask, Choice, Repeat, Session, Sessions};
pub use volatile::{Bindings, LiveValues, binding_name, brought_by};
pub use waiting::{Ending, Stuck};
pub use write::{OperationRules, Seen, Write};
