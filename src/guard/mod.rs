//! `Ramtape`: a proxy in the process of a test, as a value that the test holds.

mod builder;
mod error;
mod own_runtime;
mod ramtape;
mod sdk_config;
mod test_session;

pub use builder::RamtapeBuilder;
pub use error::RamtapeError;
pub use ramtape::Ramtape;
pub use test_session::TestSession;
