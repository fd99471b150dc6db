//! What people do with RAM, whole, with real clients: recorded against the simulated endpoint, replayed without it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is only for tests of the harness is not needed here")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "tests of actors need more of it")]
#[path = "../actors/principals.rs"]
mod principals;
#[expect(dead_code, reason = "tests of single commands need more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "tests of single clients need more of it")]
#[path = "../real_clients/scene.rs"]
mod scene;

mod parallel;
mod terraform;
mod waiters;
