//! What identifies a request: one fingerprint for one meaning, whoever sends it and however it is spelled.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asked;
mod calls;
mod captures;
mod cases;
mod changes;
mod engine;
mod properties;
#[path = "../support/spelled.rs"]
mod spelled;
mod wire;
