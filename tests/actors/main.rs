//! Several principals in one cassette, with real clients through the real binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is only for tests of the harness is not needed here")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "tests of single commands need more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "tests of single clients need more of it")]
#[path = "../real_clients/scene.rs"]
mod scene;

mod as_cmd_would;
mod claims;
mod principals;
mod refusals;
mod two_accounts;
