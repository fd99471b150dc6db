//! One fingerprint's file: an `Entry` as text that people read, compare and merge, and back without losing a byte.
//!
//! The text is deterministic: equal entries have equal text.

mod begins;
mod body;
mod clash;
mod fields;
mod printer;
mod read;
mod request;
mod spell;
mod write;

pub use begins::begins_as_entry;
pub use body::{laid_out, spelled};
pub use clash::{write_both, write_clashing};
pub(in crate::cassette) use fields::Fields;
pub(in crate::cassette) use printer::Printer;
pub(in crate::cassette) use read::conflict;
pub use read::{Flaw, read};
pub use write::{Unwritable, write};
