//! What is secret: replaced before it is stored, found if it is there all the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/unsealed.rs"]
mod unsealed;

mod accounts;
mod boto3;
mod copies;
mod counted;
mod discarding;
mod keys;
mod links;
mod planted;
mod properties;
mod rules;
mod said;
mod scan;
mod scan_headers;
mod scan_places;
mod scan_unread;
mod sealing;
mod secrets;
