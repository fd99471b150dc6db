//! ramtape
pub mod config;
pub mod engine;
pub mod fingerprint;
pub mod interaction;
pub mod redact;
pub mod service;
pub mod session;
pub mod token;
pub mod upstream;
