//! A named principal that a caller can speak as.

/// The actor of callers that no configuration claims.
pub const DEFAULT_ACTOR: &str = "default";

/// An actor as it was configured: its label, and what claims a caller for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// Its label, as cassettes hold it.
    pub label: String,
    /// The profile whose credentials sign for it, and whose key claims callers.
    pub profile: Option<String>,
    /// The account whose keys claim callers, 12 digits.
    pub account: Option<String>,
    /// Access key ids that claim callers.
    pub key_ids: Vec<String>,
}
