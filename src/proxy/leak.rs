//! The capability key in a place from where it would get out: to upstream, or into a cassette that is committed.

use super::refusal::Refusal;
use super::translate::House;
use crate::interaction::Request;
use percent_encoding::percent_decode_str;

/// Refuses a request that holds the key elsewhere than at the beginning of its path, where upstream could be reached. On
/// replay nothing gets out, and nothing is looked for.
pub(super) fn check<A>(house: &House<A>, request: &Request) -> Result<(), Refusal> {
    let key = house.key.expose().as_bytes();
    if house.gate.guarded && !key.is_empty() && holds(request, key) { Err(Refusal::MisplacedKey) } else { Ok(()) }
}

fn holds(request: &Request, key: &[u8]) -> bool {
    let in_url = |text: &str| contains(text.as_bytes(), key) || contains(&decoded(text), key);
    in_url(&request.path)
        || in_url(&request.query)
        || request.session_prefix.as_deref().is_some_and(in_url)
        || request.headers.values().any(|value| contains(value.as_bytes(), key))
        || contains(&request.body, key)
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

fn contains(bytes: &[u8], key: &[u8]) -> bool {
    bytes.windows(key.len()).any(|window| window == key)
}
