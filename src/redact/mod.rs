//! The sole maker of a value that the cassette accepts: what is secret is found and replaced here, and nowhere else.
//!
//! What takes a value's place, its stand-in, is a keyed hash of it, of the same kind: an e-mail address stays one. It is in
//! a range of its own, and what is in that range already is left alone. So a client that sends the value and one that sends
//! the stand-in ask the same, and redacting twice changes nothing.

mod account;
mod allow;
mod escape;
mod find;
mod findings;
mod key;
mod named;
mod number;
mod one_sided;
mod patterns;
mod redaction;
mod request;
mod rule;
mod scrub;
mod secret_key;
mod shape;
mod table;
mod walk;

pub use allow::{AllowError, Allowed};
pub use findings::{Finding, credentials_in, scan_text};
pub use key::{Key, SHORTEST_KEY};
pub use redaction::{KeySource, Redacted, Redaction, RedactionError, scrub_page};
pub use request::{Asking, Copied};
pub use rule::{Policy, Rule, RuleError, Selector, Way};
pub use scrub::{KEPT_HEADERS, Scrubbed, unkept_headers};
