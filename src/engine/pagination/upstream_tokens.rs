//! Tokens where requests keep their clients' signatures: such a client has upstream's own, as nothing in its requests can be
//! replaced. What each stands for is remembered, so that the cassette holds the same chains as for all others.

use crate::cassette::UpstreamToken;
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, IdentifyRules, identify};
use crate::engine::request_scope::RequestScope;
use crate::engine::state::EngineState;
use crate::engine::upstream_request::UpstreamRequest;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Request, Secret};
use crate::token::Token;
use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// How many of upstream's tokens are remembered in memory; the store has the others for a day.
const MAX_TOKENS: usize = 4096;

/// What one of upstream's tokens is remembered by: a digest, so that none is kept where it can be read.
type TokenDigest = [u8; 32];

/// ramtape's own token for each of upstream's.
#[derive(Debug)]
pub(in crate::engine) struct UpstreamTokenMap(Mutex<LruCache<TokenDigest, Token>>);

impl Default for UpstreamTokenMap {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl UpstreamTokenMap {
    fn get(&self, digest: &TokenDigest) -> Option<Token> {
        self.0.lock().peek(digest).copied()
    }

    fn insert(&self, digest: TokenDigest, token: Token) {
        let mut tokens = self.0.lock();
        tokens.put(digest, token);
        if tokens.len() > MAX_TOKENS {
            tokens.pop_lru();
        }
    }
}

/// What a request that may go upstream asks. A token of upstream's own is read as ramtape's that stands for it.
///
/// # Errors
/// As of [`identify`].
pub(in crate::engine) fn identify_recorded(
    state: &EngineState,
    tokens: &UpstreamTokenMap,
    request: &Request,
    scope: &RequestScope<'_>,
    session: Option<&str>,
) -> Result<IdentifiedRequest, EngineError> {
    let (rules, live) = (IdentifyRules::from_settings(&state.settings), state.live.get(session));
    let identified = identify(request, &rules, scope, live.as_deref())?;
    let Some((token, first_page)) = without_foreign_token(state, request, &identified) else { return Ok(identified) };
    let mut listing = identify(&first_page, &rules, scope, live.as_deref())?;
    match find_own_token(state, tokens, &token_digest(session, &listing.fingerprint, &token)) {
        Some(own) => {
            listing.page.token = Some(own);
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
    let first_page = Bytes::from(json::without(body, member).ok()?);
    Some((token, Request { body: first_page, ..request.clone() }))
}

fn find_own_token(state: &EngineState, tokens: &UpstreamTokenMap, digest: &TokenDigest) -> Option<Token> {
    if let Some(token) = tokens.get(digest) {
        return Some(token);
    }
    Token::decode(state.cassette.upstream_token(digest)?.expose()).ok()
}

/// Remembers that upstream's `token`, which the client gets, stands for ramtape's own `next`.
pub(in crate::engine) fn remember_token(
    state: &EngineState,
    tokens: &UpstreamTokenMap,
    upstream_request: &UpstreamRequest,
    token: &str,
    next: Token,
) {
    let digest = token_digest(upstream_request.session_name(), &upstream_request.identified.fingerprint, token);
    tokens.insert(digest, next);
    let kept = UpstreamToken { key: digest.to_vec(), token: Secret::new(next.to_string()) };
    if let Err(error) = state.cassette.keep_token(&kept) {
        tracing::warn!(%error, "could not keep a page token beyond this run");
    }
}

/// Upstream may give equal tokens for different listings, and one listing may change between sessions.
fn token_digest(session: Option<&str>, listing: &Fingerprint, token: &str) -> TokenDigest {
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
        let [one, other] = ["a", "b"].map(Fingerprint::hash);
        let keys = [
            token_digest(None, &one, "2"),
            token_digest(None, &other, "2"),
            token_digest(Some("s"), &one, "2"),
            token_digest(Some("s"), &one, "3"),
        ];
        let tokens = UpstreamTokenMap::default();
        for (position, key) in (0..).zip(keys) {
            tokens.insert(key, token(position));
        }
        let found: Vec<_> = keys.iter().filter_map(|key| tokens.get(key)).map(|token| token.position).collect();
        assert_eq!(found, [0, 1, 2, 3]);
        tokens.insert(keys[0], token(7));
        assert_eq!(tokens.get(&keys[0]), Some(token(7)));
    }

    #[test]
    fn memory_is_bounded() {
        let tokens = UpstreamTokenMap::default();
        let key = |number: usize| token_digest(None, &Fingerprint::hash("x"), &number.to_string());
        for number in 0..=MAX_TOKENS {
            tokens.insert(key(number), token(1));
        }
        assert_eq!((tokens.get(&key(0)), tokens.get(&key(MAX_TOKENS))), (None, Some(token(1))));
    }
}
