//! Requests as they came, byte for byte, and their answers: the same request again need not be read again.
//!
//! Polling and test suites repeat themselves. What a request asks follows from what [`CacheKey`] holds and from nothing else,
//! as long as its session has no live values; and where an entry has one take, a read, so does its answer.

use crate::cassette::{Cassette, CassetteError, EntryOrigin};
use crate::engine::calls::{CallLog, RepeatedRequest};
use crate::engine::identify::IdentifiedRequest;
use crate::engine::lookup::Match;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::request_scope::RequestScope;
use crate::model::{Request, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Equivalent, Weighter};
use std::hash::{BuildHasher, Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Roughly what is kept beside the bytes of request and answer.
const OVERHEAD: u64 = 512;

/// The largest request that is remembered, in bytes. Real ones are far smaller, and few should not drive out many.
const LARGEST: usize = 64 << 10;

/// How many heads of answers are shared: those of one service are alike but for the id.
const HEADS: usize = 64;

/// The header that makes every answer's head its own.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// All that decides what a request asks: what a cached answer is found by.
pub(super) struct CacheKey<'a> {
    request: &'a Request,
    scope: &'a RequestScope<'a>,
    hash: u64,
}

/// A request that is remembered, and what is known of it. All that an answer needs stands close together: where thousands
/// are remembered, each place that memory has to be asked for anew costs about as much as all the rest.
pub(super) struct CachedResponse {
    hash: u64,
    /// How many of `bytes` are the request's: those that another must equal, for the hash alone proves nothing.
    request_length: usize,
    /// The request, and behind it the body of its answer.
    bytes: Box<[u8]>,
    content: CachedContent,
}

enum CachedContent {
    /// What the request asks.
    Identified(Arc<IdentifiedRequest>),
    /// Its answer, while the entry's origin stays as it was.
    Answer(CachedAnswer),
}

/// The answer of an entry's only take, its body aside.
struct CachedAnswer {
    origin: EntryOrigin,
    /// What was asked, for the log of calls.
    request: RepeatedRequest,
    status: StatusCode,
    /// The headers, with any other answer's id.
    head: Arc<HeaderMap>,
    id: Option<[u8; 36]>,
    /// What upstream took for it, in microseconds.
    saves: u64,
}

/// An answer from the cache.
pub(super) struct ReusedResponse {
    pub(super) response: Response,
    /// What was asked.
    pub(super) request: RepeatedRequest,
    /// What upstream took for it, in microseconds.
    pub(super) saves: u64,
}

/// The requests that are remembered.
pub(super) struct ResponseCache {
    /// Keyed anew in every process: nobody can send requests that are known to collide.
    hasher: DefaultHashBuilder,
    entries: Cache<StoredKey, Arc<CachedResponse>, ResponseWeight>,
    heads: Mutex<Vec<Arc<HeaderMap>>>,
}

impl ResponseCache {
    /// A cache of about `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / (4 * OVERHEAD)).unwrap_or(usize::MAX);
        let entries = Cache::with_weighter(items, bytes, ResponseWeight);
        Self { hasher: DefaultHashBuilder::default(), entries, heads: Mutex::default() }
    }

    /// The key of `request`.
    pub(super) fn key<'a>(&self, request: &'a Request, scope: &'a RequestScope<'a>) -> CacheKey<'a> {
        let mut key = CacheKey { request, scope, hash: 0 };
        let mut state = self.hasher.build_hasher();
        for part in key.parts() {
            state.write(part);
            state.write_u8(END);
        }
        key.hash = state.finish();
        key
    }

    /// What is known of a request.
    pub(super) fn get(&self, key: &CacheKey<'_>) -> Option<Arc<CachedResponse>> {
        self.entries.get(key)
    }

    /// Remembers what a request of a session without live values asks and, where the entry lets it, what it is answered.
    /// Writes are not remembered: with their tokens they come once. Nor are reads that bring values.
    pub(super) fn insert(
        &self,
        (cassette, calls): (&Cassette<PreparedEntry>, &CallLog),
        key: &CacheKey<'_>,
        known: Option<&CachedResponse>,
        identified: &Arc<IdentifiedRequest>,
        found: &Match,
    ) {
        if identified.is_write() || !identified.volatile.is_empty() || key.len() > LARGEST {
            return;
        }
        let is_identified = known.is_some_and(|known| known.identified().is_some());
        let cached = match self.cacheable_answer(cassette, found, calls, identified) {
            Some((answer, body)) => key.store(CachedContent::Answer(answer), &body),
            None if is_identified => return,
            None => key.store(CachedContent::Identified(Arc::clone(identified)), &[]),
        };
        let cached = Arc::new(cached);
        self.entries.insert(StoredKey(Arc::clone(&cached)), cached);
    }

    /// The answer that was found and its body, where any session gets the same.
    fn cacheable_answer(
        &self,
        cassette: &Cassette<PreparedEntry>,
        found: &Match,
        calls: &CallLog,
        identified: &IdentifiedRequest,
    ) -> Option<(CachedAnswer, Bytes)> {
        let origin = found.origin.as_ref().filter(|origin| origin.is_settled())?;
        let [take] = found.prepared.entry.takes.as_slice() else { return None };
        let Response { status, headers, body } = found.response.complete().filter(|_| take.id.is_none())?.clone();
        let id = match headers.get(REQUEST_ID) {
            Some(id) => Some(id.as_bytes().try_into().ok()?),
            None => None,
        };
        let saves = found.prepared.saves(|| cassette.time(&found.prepared.fingerprint));
        let page = &identified.page;
        let request = RepeatedRequest {
            operation: calls.operation_id(identified.name.as_str()),
            fingerprint: identified.fingerprint,
            page_size: page.max_results.and_then(NonZeroU32::new),
            continues: page.token.is_some() || page.foreign_token,
            page: found.chosen.page,
        };
        let (origin, head) = ((**origin).clone(), self.share_head(headers));
        Some((CachedAnswer { origin, request, status, head, id, saves }, body))
    }

    /// `headers`, in one piece with the like of other answers.
    fn share_head(&self, headers: HeaderMap) -> Arc<HeaderMap> {
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

impl CacheKey<'_> {
    /// What is compared, each but the last without a NUL: methods, targets, regions and labels have none.
    fn parts(&self) -> [&[u8]; 8] {
        let Request { method, path, query, body, .. } = self.request;
        [
            method.as_str().as_bytes(),
            path.as_bytes(),
            query.as_bytes(),
            self.scope.service.as_bytes(),
            self.scope.region.as_bytes(),
            self.scope.actor.as_bytes(),
            self.scope.parameter_headers.as_bytes(),
            body,
        ]
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len() + 1).sum()
    }

    fn store(&self, content: CachedContent, body: &[u8]) -> CachedResponse {
        let request_length = self.len();
        let mut bytes = Vec::with_capacity(request_length + body.len());
        for part in self.parts() {
            bytes.extend_from_slice(part);
            bytes.push(END);
        }
        bytes.extend_from_slice(body);
        CachedResponse { hash: self.hash, request_length, bytes: bytes.into(), content }
    }
}

/// Stands after every part.
const END: u8 = 0;

impl CachedResponse {
    /// What the request asks, where that is known and its answer is not.
    pub(super) fn identified(&self) -> Option<&Arc<IdentifiedRequest>> {
        match &self.content {
            CachedContent::Identified(identified) => Some(identified),
            CachedContent::Answer(_) => None,
        }
    }

    /// The answer once more; `None` where none is known or the entry may have changed.
    pub(super) fn reuse(
        self: &Arc<Self>,
        cassette: &Cassette<PreparedEntry>,
    ) -> Result<Option<ReusedResponse>, CassetteError> {
        let CachedContent::Answer(answer) = &self.content else { return Ok(None) };
        if !cassette.is_current(&answer.origin)? {
            return Ok(None);
        }
        tracing::trace!(fingerprint = %answer.origin.fingerprint(), "replayed from the response cache");
        let mut headers = HeaderMap::clone(&answer.head);
        if let Some(id) = answer.id.and_then(|id| HeaderValue::from_bytes(&id).ok()) {
            headers.insert(REQUEST_ID, id);
        }
        let body = Bytes::from_owner(CachedBody(Arc::clone(self)));
        let response = Response { status: answer.status, headers, body };
        Ok(Some(ReusedResponse { response, request: answer.request, saves: answer.saves }))
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(self.request_length..).unwrap_or_default()
    }
}

/// The answer's body, for as long as somebody sends it.
struct CachedBody(Arc<CachedResponse>);

impl AsRef<[u8]> for CachedBody {
    fn as_ref(&self) -> &[u8] {
        self.0.body()
    }
}

/// What a remembered request is found by: itself.
struct StoredKey(Arc<CachedResponse>);

impl StoredKey {
    fn request(&self) -> &[u8] {
        self.0.bytes.get(..self.0.request_length).unwrap_or_default()
    }
}

impl PartialEq for StoredKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash && self.request() == other.request()
    }
}

impl Eq for StoredKey {}

impl Hash for StoredKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl Hash for CacheKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<StoredKey> for CacheKey<'_> {
    fn equivalent(&self, key: &StoredKey) -> bool {
        let mut rest = key.request();
        let is_next = |part: &[u8]| {
            let after = rest.strip_prefix(part).and_then(|rest| rest.strip_prefix(&[END]));
            after.map(|after| rest = after).is_some()
        };
        self.hash == key.0.hash && self.parts().into_iter().all(is_next) && rest.is_empty()
    }
}

#[derive(Clone)]
struct ResponseWeight;

impl Weighter<StoredKey, Arc<CachedResponse>> for ResponseWeight {
    fn weight(&self, _: &StoredKey, cached: &Arc<CachedResponse>) -> u64 {
        let identified = cached.identified().map_or(0, |identified| identified.parameters.len());
        OVERHEAD + (cached.bytes.len() + identified) as u64
    }
}

#[cfg(test)]
mod tests;
