//! Keeps the capability key out of upstream, cassettes, logs and messages.

use super::refusal::Refusal;
use crate::model::{Request, Secret};
use memchr::memchr;
use memchr::memmem::Finder;
use percent_encoding::percent_decode_str;

/// Refuses requests that hold the capability key anywhere but at the beginning of their path. In every mode: on replay too, logs,
/// misses and the list of sessions show path, query, parameters and names from headers.
pub(super) struct KeyLeakGuard {
    /// Built once: most of what is searched is short.
    key: Option<Finder<'static>>,
}

impl KeyLeakGuard {
    pub(super) fn new(key: &Secret) -> Self {
        let key = key.expose().as_bytes();
        Self { key: (!key.is_empty()).then(|| Finder::new(key).into_owned()) }
    }

    /// As [`Self::check`], of a CONNECT, whose `head` is all that there is.
    pub(super) fn check_connect(&self, head: &[u8]) -> Result<(), Refusal> {
        let is_held = self.key.as_ref().is_some_and(|key| contains(head, key));
        if is_held { Err(Refusal::MisplacedKey) } else { Ok(()) }
    }

    /// Refuses a request that holds the key elsewhere than at the beginning of its path.
    pub(super) fn check(&self, request: &Request) -> Result<(), Refusal> {
        match &self.key {
            Some(key) if is_in_url(request, key) || is_beside_url(request, key) => Err(Refusal::MisplacedKey),
            _ => Ok(()),
        }
    }
}

fn is_in_url(request: &Request, key: &Finder<'_>) -> bool {
    let held = |text: &str| contains(text.as_bytes(), key) || contains_escaped(text, key);
    held(&request.path) || held(&request.query) || request.session_prefix.as_deref().is_some_and(held)
}

fn is_beside_url(request: &Request, key: &Finder<'_>) -> bool {
    let in_header = request
        .headers
        .iter()
        .any(|(name, value)| contains(value.as_bytes(), key) || contains(name.as_str().as_bytes(), key));
    let in_line = contains(request.method.as_str().as_bytes(), key) || contains(request.authority.as_bytes(), key);
    in_header || in_line || contains(&request.body, key)
}

fn contains_escaped(text: &str, key: &Finder<'_>) -> bool {
    memchr(b'%', text.as_bytes()).is_some() && contains(&percent_decode_str(text).collect::<Vec<u8>>(), key)
}

fn contains(bytes: &[u8], key: &Finder<'_>) -> bool {
    bytes.len() >= key.needle().len() && key.find(bytes).is_some()
}
