//! Sessions: in parallel, listed, rewound, and each with a cassette of its own.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;

mod cassettes;
mod listing;
mod parallel;
mod polling;
