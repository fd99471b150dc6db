//! Sessions: their names, what they have written, and where they stand in a replay.

mod history;
mod name;
mod position;

pub use history::{History, write_id};
pub use name::session_name;
pub use position::{Session, Sessions};
