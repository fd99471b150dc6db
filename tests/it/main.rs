//! The library, in this process: cassettes, replay and recording over the simulated RAM endpoint, pages, fingerprints.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../support/mod.rs"]
mod support;

mod cassette;
mod engine;
mod fingerprint;
mod guard;
mod history;
mod inspector;
mod json;
mod pages;
mod proxy;
mod redaction;
mod replay_model;
mod sessions;
mod simulator;
mod upstream;
mod volatile;
mod wire;
mod workflows;
