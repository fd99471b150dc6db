//! What a command needs of the system: a runtime, signals, room for open files, a temporary folder.

pub(super) mod file_limit;
mod runtime;
mod scratch;
mod signals;

pub(super) use runtime::runtime;
pub(super) use scratch::Scratch;
pub(super) use signals::Signals;
