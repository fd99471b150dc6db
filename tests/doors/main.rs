//! The front doors: how requests reach ramtape, and who is let in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod ca;

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_process;
