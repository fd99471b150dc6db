//! Tokens where requests keep their clients' signatures: such a client has upstream's own, as nothing in its requests can be
//! replaced. What each stands for is remembered, so that the cassette holds the same chains as for all others.

use crate::cassette::UpstreamToken;
use crate::engine::actors::Caller;
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, identify};
use crate::engine::recorder::{Recorder, UpstreamRequest};
use crate::engine::state::EngineState;
use crate::engine::volatile::live_values;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Request, Secret};
use crate::token::Token;
use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How many of upstream's tokens are remembered in memory; the store has the others for a day.
const REMEMBERED: usize = 4096;

/// What one of upstream's tokens is remembered by: a digest, so that none is kept where it can be read.
type Key = [u8; 32];

/// The places that upstream's own tokens stand for.
#[derive(Debug, Default)]
pub(in crate::engine) struct Places {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    places: HashMap<Key, Token>,
    order: VecDeque<Key>,
}

impl Places {
    fn at(&self, key: &Key) -> Option<Token> {
        self.known.lock().places.get(key).copied()
    }

    fn note(&self, key: Key, token: Token) {
        let mut known = self.known.lock();
        if known.places.insert(key, token).is_none() {
            known.order.push_back(key);
        }
        if known.order.len() > REMEMBERED
            && let Some(oldest) = known.order.pop_front()
        {
            known.places.remove(&oldest);
        }
    }
}

/// What a request that may go upstream asks. A token of upstream's own is read as the place that it stands for.
///
/// # Errors
/// As of [`identify`].
pub(in crate::engine) fn identify_recorded(
    state: &EngineState,
    recorder: &Recorder,
    request: &Request,
    session: Option<&str>,
    caller: &Caller,
) -> Result<IdentifiedRequest, EngineError> {
    let (settings, live) = (&state.settings, live_values(state, request));
    let read = |request: &Request| identify(request, &settings.table(), caller.actor.clone(), live.as_deref());
    let identified = read(request)?;
    let Some((token, first)) = without_foreign_token(state, request, &identified) else { return Ok(identified) };
    let mut listing = read(&first)?;
    match place(state, recorder, &place_key(session, &listing.fingerprint, &token)) {
        Some(place) => {
            listing.page.token = Some(place);
            listing.page.was_upstreams = true;
            Ok(listing)
        }
        None => Ok(identified),
    }
}

/// The token of a request that ramtape did not hand out, and the request without it: that for the listing's first page.
fn without_foreign_token(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
) -> Option<(String, Request)> {
    let member = &state.settings.service.paging.token;
    let body = Some(&request.body).filter(|_| identified.page.foreign_token)?;
    let token = json::parse(body).ok()?.member(member)?.text()?.into_owned();
    let first = Bytes::from(json::without(body, member).ok()?);
    Some((token, Request { body: first, ..request.clone() }))
}

fn place(state: &EngineState, recorder: &Recorder, key: &Key) -> Option<Token> {
    let kept = || Token::decode(state.cassette.upstream_token(key)?.expose()).ok();
    recorder.places.at(key).or_else(kept)
}

/// Remembers that upstream's `token`, which the client of `upstream_request` gets, stands for the place of ramtape's own `next`.
pub(in crate::engine) async fn remember_place(
    state: &Arc<EngineState>,
    places: &Places,
    upstream_request: &UpstreamRequest,
    token: &str,
    next: Token,
) {
    let key = place_key(upstream_request.session_name.as_deref(), &upstream_request.identified.fingerprint, token);
    places.note(key, next);
    let kept = UpstreamToken { key: key.to_vec(), token: Secret::new(next.to_string()) };
    let writing = Arc::clone(state);
    let stored = tokio::task::spawn_blocking(move || writing.cassette.keep_token(&kept)).await;
    if let Ok(Err(error)) = stored {
        tracing::warn!(%error, "where a token leads is not kept beyond this run");
    }
}

/// Upstream may give equal tokens for different listings, and one listing may change between sessions.
fn place_key(session: Option<&str>, listing: &Fingerprint, token: &str) -> Key {
    let session = session.unwrap_or_default();
    let hash = Sha256::new_with_prefix(b"ramtape-place")
        .chain_update((session.len() as u64).to_be_bytes())
        .chain_update(session)
        .chain_update(listing.bytes())
        .chain_update(token);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Cut;

    fn token(position: u32) -> Token {
        Token { cut: Cut::Recorded, fingerprint: [0; 8], digest: [0; 8], position, step: 0 }
    }

    #[test]
    fn equal_tokens_of_other_listings_and_sessions_stand_for_other_places() {
        let [one, other] = ["a", "b"].map(Fingerprint::of);
        let keys = [
            place_key(None, &one, "2"),
            place_key(None, &other, "2"),
            place_key(Some("s"), &one, "2"),
            place_key(Some("s"), &one, "3"),
        ];
        let places = Places::default();
        for (position, key) in (0..).zip(keys) {
            places.note(key, token(position));
        }
        let found: Vec<_> = keys.iter().filter_map(|key| places.at(key)).map(|token| token.position).collect();
        assert_eq!(found, [0, 1, 2, 3]);
        places.note(keys[0], token(7));
        assert_eq!(places.at(&keys[0]), Some(token(7)));
    }

    #[test]
    fn memory_is_bounded() {
        let places = Places::default();
        let key = |number: usize| place_key(None, &Fingerprint::of("x"), &number.to_string());
        for number in 0..=REMEMBERED {
            places.note(key(number), token(1));
        }
        assert_eq!((places.at(&key(0)), places.at(&key(REMEMBERED))), (None, Some(token(1))));
    }
}
