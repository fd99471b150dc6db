//! Sessions: their names, what they have written, and where they stand in a replay.

mod history;
mod name;
mod position;
mod ranking;

pub use history::{History, Writes, write_id};
pub use name::session_name;
pub use position::{Group, Repeat, Session, Sessions};
pub use ranking::{Candidate, best_group};
