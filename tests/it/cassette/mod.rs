//! The cassette: text, store, sealing, and what damage and crashes leave of them.

mod damage;
mod exact_bytes;
mod files;
mod prune;
mod recording;
