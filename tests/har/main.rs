//! `ramtape export` and `ramtape import`: the HTTP archive, out and in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[expect(dead_code, reason = "every test takes its part")]
#[path = "../support/ramtape.rs"]
mod binary;
#[expect(dead_code, reason = "every test takes its part")]
#[path = "../support/stage.rs"]
mod stage;

mod adrift;
mod dialects;
mod keys;
mod oddities;
mod round_trip;
mod rules;
