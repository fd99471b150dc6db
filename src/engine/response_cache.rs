//! What requests were answered, byte for byte as they came: the same request again need not be read again.
//!
//! Polling and test suites repeat themselves. What a request asks follows from what [`CacheKey`] holds and from nothing else,
//! as long as its session has no live values; and where an entry has one take, a read, so does its answer.

use crate::cassette::Origin;
use crate::engine::actors::{ActorLabel, replaying};
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, identify, region};
use crate::engine::matcher::Match;
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::model::{Request, Response};
use crate::session::Bindings;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Equivalent, Weighter};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// Memory for requests and what they were answered, in bytes: as much as the cassette's own for its entries, so that as many
/// requests are remembered as there are entries in memory.
const MEMORY: u64 = 64 << 20;

/// Roughly what is kept beside the bytes of request and answer.
const OVERHEAD: u64 = 512;

/// The largest request that is remembered, in bytes. Real ones are far smaller, and few should not drive out many.
const LARGEST: usize = 64 << 10;

/// How many heads of answers are state: those of one service are alike but for the id.
const HEADS: usize = 64;

/// The header that makes every answer's head its own.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// All that decides what a request asks.
pub(super) struct CacheKey<'a> {
    request: &'a Request,
    region: &'a str,
    actor: ActorLabel,
    hash: u64,
}

/// A request that is remembered, and what is known of it. All that an answer needs stands close together: where thousands
/// are remembered, each place that memory has to be asked for anew costs about as much as all the rest.
pub(super) struct CachedResponse {
    hash: u64,
    /// How many of `bytes` are the request's: those that another must equal, for the hash alone proves nothing.
    request: usize,
    /// The request, and behind it the body of its answer.
    bytes: Box<[u8]>,
    known: Known,
}

enum Known {
    /// What it asks.
    Asks(Arc<IdentifiedRequest>),
    /// What it is answered while the entry's origin stays as it was.
    Answer(Only),
}

/// The answer of an entry's only take, its body aside.
struct Only {
    origin: Origin,
    status: StatusCode,
    /// The headers, with any other answer's id.
    head: Arc<HeaderMap>,
    id: Option<[u8; 36]>,
    /// What upstream took for it, in microseconds.
    saves: u64,
}

/// The requests that are remembered.
pub(super) struct ResponseCache {
    /// Keyed anew in every process: nobody can send requests that are known to collide.
    hasher: DefaultHashBuilder,
    known: Cache<Key, Arc<CachedResponse>, ByWeight>,
    heads: Mutex<Vec<Arc<HeaderMap>>>,
}

impl Default for ResponseCache {
    fn default() -> Self {
        Self::within(MEMORY)
    }
}

impl ResponseCache {
    /// A memory of about `bytes`.
    fn within(bytes: u64) -> Self {
        let items = usize::try_from(bytes / (4 * OVERHEAD)).unwrap_or(usize::MAX);
        let known = Cache::with_weighter(items, bytes, ByWeight);
        Self { hasher: DefaultHashBuilder::default(), known, heads: Mutex::default() }
    }

    /// What is known of a request.
    pub(super) fn find(&self, asked: &CacheKey<'_>) -> Option<Arc<CachedResponse>> {
        self.known.get(asked)
    }

    /// Remembers what a request of a session without live values asks and, where the entry lets it, what it is answered.
    /// Writes are not remembered: with their tokens they come once. Nor are reads that bring values.
    pub(super) fn keep(
        &self,
        state: &EngineState,
        asked: &CacheKey<'_>,
        known: Option<&CachedResponse>,
        identified: &Arc<IdentifiedRequest>,
        found: &Match,
    ) {
        if identified.is_write() || !identified.volatile.is_empty() || asked.len() > LARGEST {
            return;
        }
        let remembered = match (self.only(state, found), known.and_then(CachedResponse::asks)) {
            (Some((only, body)), _) => asked.remembered(Known::Answer(only), &body),
            (None, Some(_)) => return,
            (None, None) => asked.remembered(Known::Asks(Arc::clone(identified)), &[]),
        };
        let remembered = Arc::new(remembered);
        self.known.insert(Key(Arc::clone(&remembered)), remembered);
    }

    /// The answer that was found and its body, where any session gets the same.
    fn only(&self, state: &EngineState, found: &Match) -> Option<(Only, Bytes)> {
        let origin = found.origin.as_ref().filter(|origin| origin.is_settled())?;
        let [take] = found.prepared.entry.takes.as_slice() else { return None };
        let Response { status, headers, body } =
            found.answer.as_ref().ok()?.complete().filter(|_| take.id.is_none())?.clone();
        let id = headers.get(REQUEST_ID).map(HeaderValue::as_bytes);
        let id = id.map(|id| id.try_into().ok()).map_or(Some(None), |id| id.map(Some))?;
        let saves = found.prepared.saves(|| state.cassette.time(&found.prepared.fingerprint));
        Some((Only { origin: (**origin).clone(), status, head: self.head(headers), id, saves }, body))
    }

    /// `headers`, in one piece with the like of other answers.
    fn head(&self, headers: HeaderMap) -> Arc<HeaderMap> {
        let has = |(name, value): (&HeaderName, &HeaderValue)| {
            headers.get(name).is_some_and(|own| *name == REQUEST_ID || own == value)
        };
        let is_alike = |known: &HeaderMap| known.len() == headers.len() && known.iter().all(has);
        let mut heads = self.heads.lock();
        if let Some(known) = heads.iter().find(|known| is_alike(known)) {
            return Arc::clone(known);
        }
        let head = Arc::new(headers);
        if heads.len() < HEADS {
            heads.push(Arc::clone(&head));
        }
        head
    }
}

impl<'a> CacheKey<'a> {
    pub(super) fn of(state: &'a EngineState, request: &'a Request) -> Self {
        let (settings, actor) = (&state.settings, replaying(&state.actors, request));
        let region = region(request, &settings.service, &settings.region);
        Self::by(&state.response_cache.hasher, request, region, actor)
    }

    fn by(hasher: &DefaultHashBuilder, request: &'a Request, region: &'a str, actor: ActorLabel) -> Self {
        let mut asked = Self { request, region, actor, hash: 0 };
        let mut state = hasher.build_hasher();
        for part in asked.parts() {
            state.write(part);
            state.write_u8(END);
        }
        asked.hash = state.finish();
        asked
    }

    /// Reads what is asked; where the session has `live` values, their names stand for them.
    ///
    /// # Errors
    /// As [`identify`].
    pub(super) fn identify(
        &self,
        state: &EngineState,
        live: Option<&Bindings>,
    ) -> Result<IdentifiedRequest, EngineError> {
        identify(self.request, &state.settings.table(), self.actor.clone(), live)
    }

    /// What is compared, each but the last without a NUL: methods, targets, regions and labels have none.
    fn parts(&self) -> [&[u8]; 6] {
        let Request { method, path, query, body, .. } = self.request;
        [
            method.as_str().as_bytes(),
            path.as_bytes(),
            query.as_bytes(),
            self.region.as_bytes(),
            self.actor.as_bytes(),
            body,
        ]
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len() + 1).sum()
    }

    fn remembered(&self, known: Known, body: &[u8]) -> CachedResponse {
        let request = self.len();
        let mut bytes = Vec::with_capacity(request + body.len());
        for part in self.parts() {
            bytes.extend_from_slice(part);
            bytes.push(END);
        }
        bytes.extend_from_slice(body);
        CachedResponse { hash: self.hash, request, bytes: bytes.into(), known }
    }
}

/// Stands after every part.
const END: u8 = 0;

impl CachedResponse {
    /// What the request asks, where that is known and its answer is not.
    pub(super) fn asks(&self) -> Option<&Arc<IdentifiedRequest>> {
        match &self.known {
            Known::Asks(identified) => Some(identified),
            Known::Answer(_) => None,
        }
    }

    /// The answer once more, counted; `None` where none is known or the entry may have changed.
    pub(super) fn again(self: &Arc<Self>, state: &EngineState) -> Result<Option<Response>, EngineError> {
        let Known::Answer(only) = &self.known else { return Ok(None) };
        if !state.cassette.is_current(&only.origin)? {
            return Ok(None);
        }
        count(&state.stats.replayed);
        state.stats.saved(only.saves);
        tracing::trace!(fingerprint = %only.origin.fingerprint(), "replayed again");
        let mut headers = HeaderMap::clone(&only.head);
        if let Some(id) = only.id.and_then(|id| HeaderValue::from_bytes(&id).ok()) {
            headers.insert(REQUEST_ID, id);
        }
        let body = Bytes::from_owner(RememberedBody(Arc::clone(self)));
        Ok(Some(Response { status: only.status, headers, body }))
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(self.request..).unwrap_or_default()
    }
}

/// The answer's body, for as long as somebody sends it.
struct RememberedBody(Arc<CachedResponse>);

impl AsRef<[u8]> for RememberedBody {
    fn as_ref(&self) -> &[u8] {
        self.0.body()
    }
}

/// What a remembered request is found by: itself.
struct Key(Arc<CachedResponse>);

impl Key {
    fn request(&self) -> &[u8] {
        self.0.bytes.get(..self.0.request).unwrap_or_default()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash && self.request() == other.request()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl Hash for CacheKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Key> for CacheKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        let mut rest = key.request();
        let is_next = |part: &[u8]| {
            let after = rest.strip_prefix(part).and_then(|rest| rest.strip_prefix(&[END]));
            after.map(|after| rest = after).is_some()
        };
        self.hash == key.0.hash && self.parts().into_iter().all(is_next) && rest.is_empty()
    }
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Key, Arc<CachedResponse>> for ByWeight {
    fn weight(&self, _: &Key, remembered: &Arc<CachedResponse>) -> u64 {
        let identified = remembered.asks().map_or(0, |identified| identified.parameters.len());
        OVERHEAD + (remembered.bytes.len() + identified) as u64
    }
}

#[cfg(test)]
mod tests;
