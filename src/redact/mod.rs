//! The sole maker of a value that the cassette accepts.

mod scrub;

pub use scrub::{KEPT_HEADERS, Scrubbed, scrub_page};
