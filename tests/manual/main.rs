//! The README and the manual in docs/ are true: what they name exists, and what they tell people to type works.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod action;
mod book;
mod demo;
mod example_programs;
mod examples;
mod image;
mod javascript;
mod json_output;
mod pytest_sessions;
mod python;
mod quickstart;
mod reference;
mod releases;
mod replicas;
mod rust_client;
mod rust_guard;
mod structure;
mod yaml;

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../support/mod.rs"]
mod support;
