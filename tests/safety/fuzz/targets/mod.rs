//! What can be fed any bytes, and what must hold then. `fuzz/` runs the same at length.

pub(crate) mod canonical;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod head;
pub(crate) mod host;
pub(crate) mod requests;
pub(crate) mod services;
pub(crate) mod text;
pub(crate) mod token;
pub(crate) mod vcr;
