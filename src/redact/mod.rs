//! Redaction: finds secrets and what the user's rules name, and puts pseudonyms in their place. Only what went through here
//! can be stored.
//!
//! A pseudonym is a keyed hash of the value, and of the same kind: that of an e-mail address is one. Pseudonyms have a range
//! of their own, and a value in that range is left alone: a client that sends the value and one that sends its pseudonym
//! make the same request, and redacting twice changes nothing.

mod account;
mod allow;
mod answer_only;
mod escape;
mod findings;
mod json_scanner;
mod key;
mod named;
mod number;
mod patterns;
mod redaction;
mod request;
mod rule;
mod scanner;
mod scrub;
mod secret_key;
mod table;
mod value_kind;

pub use allow::{AllowError, Allowed};
pub use findings::{Finding, find_credentials, scan_text};
pub use key::{Key, SHORTEST_KEY};
pub use redaction::{KeySource, KeyUnavailable, RedactedMember, Redaction, RedactionError, scrub_page};
pub use request::{RedactedRequest, RequestParts};
pub use rule::{Direction, RedactionSpec, Rule, RuleError, Selector};
pub use scrub::{KEPT_HEADERS, Scrubbed, unkept_headers};
