//! What requests were answered, byte for byte as they came: the same request again need not be read again.
//!
//! Polling and test suites repeat themselves. What a request asks follows from what [`Verbatim`] holds and from nothing else,
//! as long as its session has no live values; and where an entry has one take, a read, so does its answer.

use super::Shared;
use super::actors::{Label, replaying};
use super::error::EngineError;
use super::find::Found;
use super::identify::{Call, identify, region};
use super::tally::count;
use crate::cassette::Origin;
use crate::interaction::{Request, Response};
use crate::session::Bindings;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Equivalent, Weighter};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// Memory for requests and what they were answered, in bytes: as much as the cassette's own for its entries, so that as many
/// requests are remembered as there are entries in memory.
const MEMORY: u64 = 64 << 20;

/// Roughly what is kept beside the bytes of request and answer.
const OVERHEAD: u64 = 768;

/// The largest request that is remembered, in bytes. Real ones are far smaller, and few should not drive out many.
const LARGEST: usize = 64 << 10;

/// All that decides what a request asks.
pub(super) struct Verbatim<'a> {
    request: &'a Request,
    region: &'a str,
    actor: Label,
    hash: u64,
}

/// A request that is remembered: its hash, and the bytes that it must equal, for the hash alone proves nothing.
#[derive(PartialEq, Eq)]
struct Remembered {
    hash: u64,
    bytes: Box<[u8]>,
}

/// What is known of a request.
#[derive(Clone)]
pub(super) enum Known {
    /// What it asks.
    Asks(Arc<Call>),
    /// What it is answered while the entry's origin stays as it was.
    Answer(Arc<Only>),
}

/// The answer of an entry's only take.
pub(super) struct Only {
    origin: Arc<Origin>,
    response: Response,
    /// What upstream took for it, in microseconds.
    saves: u64,
}

/// The requests that are remembered.
pub(super) struct Recall {
    /// Keyed anew in every process: nobody can send requests that are known to collide.
    hasher: DefaultHashBuilder,
    known: Cache<Remembered, Known, ByWeight>,
}

impl Default for Recall {
    fn default() -> Self {
        Self::within(MEMORY)
    }
}

impl Recall {
    /// A memory of about `bytes`.
    fn within(bytes: u64) -> Self {
        let items = usize::try_from(bytes / (4 * OVERHEAD)).unwrap_or(usize::MAX);
        Self { hasher: DefaultHashBuilder::default(), known: Cache::with_weighter(items, bytes, ByWeight) }
    }

    /// What is known of a request.
    pub(super) fn find(&self, asked: &Verbatim<'_>) -> Option<Known> {
        self.known.get(asked)
    }

    /// Remembers what a request of a session without live values asks and, where the entry lets it, what it is answered.
    /// Writes are not remembered: with their tokens they come once.
    pub(super) fn keep(
        &self,
        shared: &Shared,
        asked: &Verbatim<'_>,
        known: Option<&Known>,
        call: &Arc<Call>,
        found: &Found,
    ) {
        let known = match (Only::of(shared, found), known) {
            (Some(only), _) => Known::Answer(Arc::new(only)),
            (None, Some(Known::Asks(_))) => return,
            (None, _) => Known::Asks(Arc::clone(call)),
        };
        if !call.is_write() && asked.len() <= LARGEST {
            self.known.insert(asked.remembered(), known);
        }
    }
}

impl<'a> Verbatim<'a> {
    pub(super) fn of(shared: &'a Shared, request: &'a Request) -> Self {
        let (settings, actor) = (&shared.settings, replaying(&shared.actors, request));
        let region = region(request, &settings.service, &settings.region);
        Self::by(&shared.recall.hasher, request, region, actor)
    }

    fn by(hasher: &DefaultHashBuilder, request: &'a Request, region: &'a str, actor: Label) -> Self {
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
    pub(super) fn identified(&self, shared: &Shared, live: Option<&Bindings>) -> Result<Call, EngineError> {
        identify(self.request, &shared.settings.table(), self.actor.clone(), live)
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

    fn remembered(&self) -> Remembered {
        let mut bytes = Vec::with_capacity(self.len());
        for part in self.parts() {
            bytes.extend_from_slice(part);
            bytes.push(END);
        }
        Remembered { hash: self.hash, bytes: bytes.into() }
    }
}

/// Stands after every part.
const END: u8 = 0;

impl Hash for Verbatim<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Remembered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Remembered> for Verbatim<'_> {
    fn equivalent(&self, remembered: &Remembered) -> bool {
        let mut rest = &*remembered.bytes;
        let is_next = |part: &[u8]| {
            let after = rest.strip_prefix(part).and_then(|rest| rest.strip_prefix(&[END]));
            after.map(|after| rest = after).is_some()
        };
        self.hash == remembered.hash && self.parts().into_iter().all(is_next) && rest.is_empty()
    }
}

impl Only {
    /// The answer that was found, where any session gets the same.
    fn of(shared: &Shared, found: &Found) -> Option<Self> {
        let origin = found.origin.as_ref().filter(|origin| origin.is_settled())?;
        let [take] = found.prepared.entry.takes.as_slice() else { return None };
        let response = found.answer.as_ref().ok()?.complete().filter(|_| take.id.is_none())?;
        let saves = found.prepared.saves(|| shared.cassette.time(&found.prepared.fingerprint));
        Some(Self { origin: Arc::clone(origin), response: response.clone(), saves })
    }

    /// The answer once more, counted; `None` where the entry may have changed.
    pub(super) fn again(&self, shared: &Shared) -> Result<Option<Response>, EngineError> {
        if !shared.cassette.is_current(&self.origin)? {
            return Ok(None);
        }
        count(&shared.tally.replayed);
        shared.tally.saved(self.saves);
        tracing::trace!(fingerprint = %self.origin.fingerprint(), "replayed again");
        Ok(Some(self.response.clone()))
    }
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Remembered, Known> for ByWeight {
    fn weight(&self, remembered: &Remembered, known: &Known) -> u64 {
        let known = match known {
            Known::Asks(call) => call.parameters.len(),
            Known::Answer(only) => only.response.body.len(),
        };
        OVERHEAD + (remembered.bytes.len() + known) as u64
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::identify::Table;
    use super::*;
    use crate::redact::{Key, KeySource, Redaction};
    use crate::service::Service;
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    fn request(path: &str, query: &str, body: &str) -> Request {
        Request {
            method: Method::POST,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            signed_target: path.to_owned(),
            authority: "127.0.0.1".to_owned(),
            door: crate::interaction::Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }

    fn known(request: &Request) -> Known {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let redaction = Redaction::built_in(KeySource::Known(Key::public()));
        let table = Table { service: &service, region: "us-east-1", redaction: &redaction };
        Known::Asks(Arc::new(identify(request, &table, "default".into(), None).unwrap()))
    }

    #[test]
    fn a_request_is_found_by_all_of_its_bytes_and_by_nothing_less() {
        let (recall, remembered) = (Recall::default(), request("/a", "b=c", "{}"));
        let ask = |request: &Request, region: &str, actor: &str, hash: Option<u64>| {
            let mut asked = Verbatim::by(&recall.hasher, request, region, Label::from(actor.to_owned()));
            asked.hash = hash.unwrap_or(asked.hash);
            recall.find(&asked).is_some()
        };
        let asked = Verbatim::by(&recall.hasher, &remembered, "r", "d".into());
        let hash = asked.hash;
        recall.known.insert(asked.remembered(), known(&remembered));
        assert!(ask(&request("/a", "b=c", "{}"), "r", "d", None));
        let other_method = Request { method: Method::PUT, ..remembered.clone() };
        for (other, region, actor) in [
            (&other_method, "r", "d"),
            (&request("/b", "b=c", "{}"), "r", "d"),
            (&request("/a", "b=d", "{}"), "r", "d"),
            (&request("/ab", "=c", "{}"), "r", "d"),
            (&request("/a", "b=c", "{} "), "r", "d"),
            (&request("/a", "b=c", "{"), "r", "d"),
            (&request("/a", "b=c", ""), "r", "d"),
            (&remembered, "s", "d"),
            (&remembered, "r", "e"),
            (&remembered, "rd", ""),
        ] {
            assert!(!ask(other, region, actor, None), "{other:?} {region} {actor}");
            assert!(!ask(other, region, actor, Some(hash)), "the hash alone: {other:?} {region} {actor}");
        }
    }

    #[test]
    fn requests_that_never_come_again_take_bounded_memory() {
        const BYTES: u64 = 1 << 20;
        let recall = Recall::within(BYTES);
        let known = known(&request("/getresourceshares", "", "{}"));
        for number in 0..5_000 {
            let request = request("/getresourceshares", "", &format!(r#"{{"name":"{number:0500}"}}"#));
            let asked = Verbatim::by(&recall.hasher, &request, "us-east-1", "default".into());
            recall.known.insert(asked.remembered(), known.clone());
        }
        let entries = recall.known.len();
        assert!(recall.known.weight() <= BYTES);
        assert!((400..1000).contains(&entries), "{entries}");
    }
}
