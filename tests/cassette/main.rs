//! The cassette: text, store, sealing, and what damage and crashes leave of them.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[cfg(debug_assertions)]
mod crash;
mod damage;
mod exact;
mod files;
mod ground;
mod process;
mod prune;
mod recording;
mod sharing;
mod taken_away;
