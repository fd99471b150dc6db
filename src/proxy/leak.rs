//! The capability key in a place from where it would get out: to upstream, into a cassette that is committed, or into what
//! ramtape tells of a request.

use super::refusal::Refusal;
use crate::model::{Request, Secret};
use memchr::memchr;
use memchr::memmem::Finder;
use percent_encoding::percent_decode_str;

/// Looks for the key in every request, in every mode: on replay too, logs, misses and the list of sessions show path and
/// query, parameters of the body, and names from headers.
pub(super) struct Watch {
    /// Made once: most of what is looked through is short.
    key: Option<Finder<'static>>,
}

impl Watch {
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
            Some(key) if in_url(request, key) || beside_url(request, key) => Err(Refusal::MisplacedKey),
            _ => Ok(()),
        }
    }
}

fn in_url(request: &Request, key: &Finder<'_>) -> bool {
    let held = |text: &str| contains(text.as_bytes(), key) || escaped(text, key);
    held(&request.path) || held(&request.query) || request.session_prefix.as_deref().is_some_and(held)
}

fn beside_url(request: &Request, key: &Finder<'_>) -> bool {
    let in_header = request
        .headers
        .iter()
        .any(|(name, value)| contains(value.as_bytes(), key) || contains(name.as_str().as_bytes(), key));
    let in_line = contains(request.method.as_str().as_bytes(), key) || contains(request.authority.as_bytes(), key);
    in_header || in_line || contains(&request.body, key)
}

fn escaped(text: &str, key: &Finder<'_>) -> bool {
    memchr(b'%', text.as_bytes()).is_some() && contains(&percent_decode_str(text).collect::<Vec<u8>>(), key)
}

fn contains(bytes: &[u8], key: &Finder<'_>) -> bool {
    bytes.len() >= key.needle().len() && key.find(bytes).is_some()
}
