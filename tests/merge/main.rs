//! Bringing takes together: of several cassettes, and of two branches by git.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[expect(dead_code, reason = "every test takes its part")]
#[path = "../support/ramtape.rs"]
mod binary;
#[expect(dead_code, reason = "every test takes its part")]
#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/unsealed.rs"]
mod unsealed;

mod branches;
mod cassettes;
mod driver;
mod repository;
mod rules;
mod secrets;
