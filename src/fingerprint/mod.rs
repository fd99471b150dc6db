//! Identifies a request in a cassette: its canonical form, and the hash of that.

mod canonical;
mod error;
mod hash;
mod number;
mod parameters;
mod spelling;

pub use canonical::canonical_text;
pub use error::ParameterError;
pub use hash::{Fingerprint, NotAFingerprint};
pub use parameters::Parameters;
