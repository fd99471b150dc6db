//! ramtape in one process, between a bare client and the simulated RAM endpoint.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../support/known.rs"]
mod known;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;

mod chains;
mod concurrency;
mod exact_bytes;
mod modes;
mod passed_on;
mod recall;
mod sharing;
mod side_by_side;
mod upstream_faults;
mod walks;
