//! Members that a service's table calls secret.

use std::collections::BTreeMap;

/// Members that hold secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretMembers<'a> {
    /// Their names.
    pub names: &'a [String],
    /// The names of others, by the value that another member of the same object has then.
    pub beside: Option<&'a BTreeMap<String, String>>,
}

impl SecretMembers<'_> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.beside.is_none_or(BTreeMap::is_empty)
    }

    /// Whether the member called `name` holds one.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|secret| secret == name)
    }

    /// The name of the member that holds one where a member beside it is `value`.
    #[must_use]
    pub fn beside(&self, value: &str) -> Option<&str> {
        self.beside?.get(value).map(String::as_str)
    }
}
