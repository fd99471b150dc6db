//! Sessions: their names, who speaks in them, what they have written, and where they stand in a replay.

mod actors;
mod history;
mod name;
mod position;
mod ranking;
mod volatile;
mod writes;

pub use actors::{Actors, Claim, ProfileKey, access_key_id, account_of};
pub use history::{History, write_id};
pub use name::{plain_name, session_name};
pub use position::{Group, Repeat, Session, Sessions};
pub use ranking::{Candidate, best_group};
pub use volatile::{Bindings, LiveValues, binding_name};
pub use writes::{Places, Writes};
