//! What a command needs of the system: a runtime, signals, room for open files.

mod confirm;
pub(super) mod file_limit;
mod runtime;
mod signals;

pub(super) use confirm::confirm;
pub(super) use runtime::runtime;
pub(super) use signals::Signals;
