//! What ramtape keeps out: attacks over real sockets, the request gate, limits, fuzz targets; and the layers of the code.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod connection_limits;
mod file_circles;
mod fuzz;
mod gate;
mod layering;
