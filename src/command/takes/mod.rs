//! The takes of a cassette that a command is about: opened to be read, and selected by name and flags.

pub(super) mod glob;
pub(super) mod recorded;
pub(super) mod select;
