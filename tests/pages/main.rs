//! Page sizes on replay: every item once, in order and byte for byte, however a listing was recorded and is asked for.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;

mod any_cut;
mod listing;
mod live;
mod partial;
mod settings;
mod tokens;
