//! What identifies a request: one fingerprint for one meaning, whoever sends it and however it is spelled.

mod calls;
mod captures;
mod cases;
mod engine;
mod identify;
mod properties;
mod variations;
pub(crate) mod wire;
