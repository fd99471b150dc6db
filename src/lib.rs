//! ramtape
pub mod app;
pub mod cli;
pub mod command;
pub mod cassette;
pub mod config;
pub mod control;
pub mod engine;
pub mod fingerprint;
pub mod interaction;
pub mod proxy;
pub mod redact;
pub mod service;
pub mod session;
pub mod token;
pub mod simulator;
pub mod upstream;
