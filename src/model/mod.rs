//! The vocabulary every layer shares: what was asked, what was answered, and how an answer is kept.
//!
//! Nothing here knows a socket, a clock, a file or the environment.

mod actor;
pub mod base32;
mod body;
mod digest;
mod door;
mod encoding;
mod entry;
mod error_kind;
mod exchange;
mod freshness;
mod identifiers;
mod notation;
mod query;
mod request;
mod response;
mod role_profile;
mod secret;
mod secret_members;
mod transcript;
mod wording;

pub use actor::{Actor, DEFAULT_ACTOR};
pub use body::{Body, Hole, Part};
pub use digest::{Digest, NotADigest};
pub use door::Door;
pub use encoding::{Misspelt, utf8};
pub use entry::{Entry, OperationName, Page, Take};
pub use error_kind::{ERROR_HEADER, error_kind};
pub use exchange::Exchange;
pub use freshness::{Freshness, NotAFreshness, TimeForm};
pub use identifiers::{IdentifierRules, is_identifier};
pub use notation::Notation;
pub use query::{decode_query, decode_query_text, query_pair, query_pairs};
pub use request::{Request, VIA};
pub use response::Response;
pub use role_profile::RoleProfile;
pub use secret::Secret;
pub use secret_members::SecretMembers;
pub use transcript::{Address, Lack, TranscriptEntry, entry_name};
pub use wording::{counted, did_you_mean, nearest_name, shell_line, shell_path, with_causes, without_secrets};
