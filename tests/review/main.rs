//! Looking through cassettes and putting them in order, with the real binary over what was recorded from an endpoint.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/ramtape.rs"]
mod ramtape;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/unsealed.rs"]
mod unsealed;

mod coverage;
mod diff;
mod offline;
mod online;
mod online_own_writes;
mod online_update;
mod removal;
mod scene;
mod selection;
mod terminal;
