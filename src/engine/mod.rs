//! The only module that knows the order of steps.

mod summary;

pub use summary::{Miss, Summary};
