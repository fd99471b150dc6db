//! What happened in a run: counted for the run, for each session, and summed up.

pub(super) mod run;
pub(super) mod sessions;
pub(super) mod summary;
mod used_takes;
