//! Names and tokens that a client makes up anew in every run: holes in the cassette, the session's own values on replay.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;

mod exact;
mod live;
mod modes;
mod names;
mod suite;
