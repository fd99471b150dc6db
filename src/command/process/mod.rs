//! What a command needs of the system: a runtime, signals, room for open files.

pub(super) mod file_limit;
mod runtime;
mod signals;

pub(super) use runtime::runtime;
pub(super) use signals::Signals;
