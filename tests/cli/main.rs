//! The real binary: every command, `run` and the servers, and what is left when they are killed.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../support/mod.rs"]
mod support;

mod cassette;
mod determinism;
mod doctor;
mod durability;
mod har;
mod health;
mod memory;
mod merge;
mod messages;
mod placebo;
mod proxy;
mod record_replay;
mod redaction;
mod report_html;
mod review;
mod run;
mod server;
mod services;
mod sessions;
mod sharing;
mod terminal;
mod usage;
mod variables;
mod vcr;
