//! AWS Signature Version 4: made for requests to upstream, checked on requests of clients, and read from either.

mod authorization;
mod canonical;
mod error;
mod sign;
mod timestamp;
mod verify;

pub use authorization::{Authorization, ClaimedCredential};
pub use canonical::SignedRequest;
pub use error::VerifyError;
pub use sign::{SignError, SigningScope, sign};
pub use verify::{TOLERANCE, verify};

pub(super) use authorization::signed_header_names;
