//! The capability key in a place from where it would get out: to upstream, into a cassette that is committed, or into what
//! ramtape tells of a request.

use super::refusal::Refusal;
use super::translate::House;
use crate::interaction::Request;
use memchr::{memchr, memmem};
use percent_encoding::percent_decode_str;

/// Refuses a request that holds the key elsewhere than at the beginning of its path. On replay, where nothing reaches
/// upstream, only the URL is looked at: logs, misses and the list of sessions show it, and it is short.
pub(super) fn check<A>(house: &House<A>, request: &Request) -> Result<(), Refusal> {
    let key = house.key.expose().as_bytes();
    let held = || in_url(request, key) || (house.gate.guarded && beside_url(request, key));
    if !key.is_empty() && held() { Err(Refusal::MisplacedKey) } else { Ok(()) }
}

fn in_url(request: &Request, key: &[u8]) -> bool {
    let held = |text: &str| contains(text.as_bytes(), key) || escaped(text, key);
    held(&request.path) || held(&request.query) || request.session_prefix.as_deref().is_some_and(held)
}

fn beside_url(request: &Request, key: &[u8]) -> bool {
    request.headers.values().any(|value| contains(value.as_bytes(), key)) || contains(&request.body, key)
}

fn escaped(text: &str, key: &[u8]) -> bool {
    memchr(b'%', text.as_bytes()).is_some() && contains(&percent_decode_str(text).collect::<Vec<u8>>(), key)
}

fn contains(bytes: &[u8], key: &[u8]) -> bool {
    bytes.len() >= key.len() && memmem::find(bytes, key).is_some()
}
