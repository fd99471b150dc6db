//! What ramtape keeps out: each attack over a real socket against the real binary while it records, with a simulated
//! endpoint as upstream that counts what reaches it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is only for other tests of clients is not needed here")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "tests of single commands need more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "its proxy is for tests in one process")]
#[path = "../support/raw.rs"]
mod raw;

mod addresses;
mod browser;
mod callers;
mod crowds;
mod gate;
mod http2;
mod key;
mod limits;
mod offline;
mod rebinding;
mod recorder;
mod trace;
mod upstream;
