//! Real clients through the real binary: boto3, the AWS CLI, the JavaScript and the Rust SDK, Terraform. They record against
//! an endpoint, which is then stopped, and replay. And the inspector's pages in a real browser.
//!
//! The installations are pinned in `pinned/`; its README tells how to run them by hand.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../support/mod.rs"]
mod support;

mod actors;
mod aws_cli;
mod boto3;
mod companions;
mod credentials;
mod documented_members;
mod environment;
mod inspector;
mod installations;
mod javascript;
mod metrics;
mod misses;
mod moto;
mod npm;
mod object_stores;
mod other_services;
mod pages;
mod placebo;
mod proxy;
mod python_package;
mod random_names;
mod redaction;
mod regions;
mod rust_sdk;
mod same_fingerprint;
mod scenarios;
mod service_endpoints;
mod service_model;
mod terraform;
mod upstream_faults;
mod writes;
