//! Built-in defaults, the user's file, the environment and the flags, made into one checked [`Config`].
//!
//! Nobody else reads the environment.

mod checked;

pub use checked::{Config, Limits, PagesMode, RecordMode, UpstreamConfig};
