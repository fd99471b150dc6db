//! One fingerprint's file: an `Entry` as text that people read, compare and merge, and back without losing a byte.
//!
//! The text is deterministic: equal entries have equal text.

mod begins;
mod body;
mod fields;
mod flaw;
mod printer;
mod read;
mod readable;
mod request;
mod spell;
mod write;

pub use begins::begins_as_entry;
pub use body::{laid_out, spelled};
pub(crate) use fields::Fields;
pub use flaw::FileFlaw;
pub(crate) use printer::Printer;
pub(crate) use read::conflict;
pub use read::read;
pub use readable::{ReadableBody, make_readable};
pub use write::{Unwritable, write};
