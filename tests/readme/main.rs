//! README.md tells the truth: what it names exists, and what it tells people to type works.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod done;
mod objects;
mod page;
mod rust_client;
mod said;
mod suite;

#[expect(dead_code, reason = "only the installations are used here")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "only a part is used here")]
#[path = "../support/stage.rs"]
mod stage;
#[expect(dead_code, reason = "only a part is used here")]
#[path = "../support/ramtape.rs"]
mod support;
