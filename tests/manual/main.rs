//! The README and the manual in docs/ are true: what they name exists, and what they tell people to type works.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod book;
mod examples;
mod json_output;
mod pytest_sessions;
mod quickstart;
mod reference;
mod rust_client;
mod structure;

#[expect(dead_code, reason = "only the installations are used here")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "only a part is used here")]
#[path = "../support/endpoint.rs"]
mod endpoint;
#[expect(dead_code, reason = "only a part is used here")]
#[path = "../support/stage.rs"]
mod stage;
#[expect(dead_code, reason = "only a part is used here")]
#[path = "../support/ramtape.rs"]
mod support;
