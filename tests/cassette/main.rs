//! The cassette: text, store, sealing, and what damage and crashes leave of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod ground;
mod recording;
