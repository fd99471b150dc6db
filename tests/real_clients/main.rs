//! Real clients through the real binary: boto3, the AWS CLI, the JavaScript and the Rust SDK record against an endpoint,
//! which is then stopped, and replay.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is only for tests of the harness is not needed here")]
#[path = "../support/clients.rs"]
mod clients;
#[path = "../support/known.rs"]
mod known;
#[expect(dead_code, reason = "tests of single commands need more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;

mod boto3;
mod cli;
mod credentials;
mod documented;
mod environment;
mod javascript;
mod misses;
mod model;
mod moto;
mod other_services;
mod pages;
mod regions;
mod rust_sdk;
mod scene;
mod sharing;
mod steps;
mod upstream_faults;
mod writes;
