//! A cassette's entry, made ready to be served from: tokens filled in, headers built, digests computed.

use crate::engine::body_holes::fill_holes;
use crate::engine::derived_uuid::uuid;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Body, Entry, Hole, Page, Part, Response, Take};
use crate::session::{Bindings, TakeHistories};
use crate::token::{ChainDigest, Cut, FingerprintStart, Listing, PageDigest, Token};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// An entry and what is served for it.
#[derive(Debug)]
pub struct PreparedEntry {
    pub(super) fingerprint: Fingerprint,
    pub(super) entry: Entry,
    takes: OnceLock<Vec<PreparedTake>>,
    saves: OnceLock<u64>,
    /// The histories that the takes were recorded after, once one of several takes had to be selected.
    pub(super) histories: Mutex<Option<Arc<TakeHistories>>>,
    /// For every take, whether it has answered anything.
    used: Vec<AtomicBool>,
}

/// A take, ready to be served.
#[derive(Debug)]
pub(super) struct PreparedTake {
    pub(super) pages: Vec<PreparedPage>,
    /// The digest of the pages before each position, from 0 to the number of pages.
    digests: Vec<PageDigest>,
    complete: bool,
    /// The take as a listing to cut anew, made at the first request for another page size.
    listing: OnceLock<Option<Listing>>,
}

/// A page, ready to be served.
#[derive(Debug)]
pub(super) struct PreparedPage {
    status: StatusCode,
    headers: HeaderMap,
    /// Its tokens are in place; the volatile values are holes still.
    body: Body,
}

/// An answer, complete but for the volatile values that differ from session to session.
#[derive(Clone, Debug)]
pub(super) struct UnfilledResponse {
    /// The answer. Its body is empty where there is one in `open`.
    response: Response,
    /// The body, where it has holes.
    open: Option<Body>,
}

impl UnfilledResponse {
    /// The answer, where nothing in it differs from session to session.
    pub(super) fn complete(&self) -> Option<&Response> {
        self.open.is_none().then_some(&self.response)
    }

    /// The body; what differs from session to session is a hole.
    pub(super) fn into_body(self) -> Body {
        self.open.unwrap_or_else(|| Body::literal(self.response.body))
    }

    /// The answer, with the live values in place of the holes; they are asked for only where there are any.
    ///
    /// # Errors
    /// A hole that no live value fills.
    pub(super) fn fill(self, live: impl FnOnce() -> Option<Arc<Bindings>>) -> Result<Response, Hole> {
        let Self { mut response, open } = self;
        if let Some(open) = open {
            if let Some(hole) = open.holes().find(|hole| matches!(hole, Hole::Token(_))) {
                return Err(hole.clone());
            }
            response.body = fill_holes(&open, live().as_deref());
        }
        Ok(response)
    }
}

impl PreparedPage {
    /// The answer; its body is shared, not copied.
    pub(super) fn response(&self) -> UnfilledResponse {
        let (body, open) = match self.body.parts() {
            [] => (Bytes::new(), None),
            [Part::Literal(bytes)] => (bytes.clone(), None),
            _ => (Bytes::new(), Some(self.body.clone())),
        };
        UnfilledResponse { response: Response { status: self.status, headers: self.headers.clone(), body }, open }
    }
}

impl PreparedEntry {
    /// An entry as it was read.
    #[must_use]
    pub fn new(fingerprint: Fingerprint, entry: Entry) -> Self {
        let used = entry.takes.iter().map(|_| AtomicBool::new(false)).collect();
        Self { fingerprint, entry, takes: OnceLock::new(), used, saves: OnceLock::new(), histories: Mutex::default() }
    }

    /// How long upstream took for one of its pages, in microseconds: what each answer from here saves. `known` is asked
    /// once.
    pub(super) fn saves(&self, known: impl FnOnce() -> Option<Duration>) -> u64 {
        *self.saves.get_or_init(|| known().and_then(|took| u64::try_from(took.as_micros()).ok()).unwrap_or_default())
    }

    /// The takes, made ready at the first call. `items_member` holds the items of a page, of a listing.
    pub(super) fn takes(&self, items_member: Option<&str>) -> &[PreparedTake] {
        self.takes.get_or_init(|| {
            let takes = self.entry.takes.iter().enumerate();
            takes.map(|(at, take)| prepare_take(&self.fingerprint, at, take, items_member)).collect()
        })
    }

    /// Take `at` as a listing to cut anew, if it is one. Its chain must be complete.
    pub(super) fn listing(&self, at: usize, items_member: &str, token_member: &str) -> Option<&Listing> {
        let (ready, take) = (self.takes(Some(items_member)).get(at)?, self.entry.takes.get(at)?);
        ready.listing.get_or_init(|| Listing::from_pages(&take.pages, items_member, token_member)).as_ref()
    }

    /// The answer with a page that was cut anew from take `at`; `key` tells such pages apart. Its head is the first page's.
    pub(super) fn cut_response(&self, at: usize, key: (u64, u16), body: Body) -> UnfilledResponse {
        let first = self.entry.takes.get(at).and_then(|take| take.pages.first());
        let key = [&key.0.to_be_bytes()[..], &key.1.to_be_bytes()].concat();
        let id = request_id(&self.fingerprint, at, &key);
        PreparedPage {
            status: first.and_then(|page| StatusCode::from_u16(page.status).ok()).unwrap_or(StatusCode::OK),
            headers: first.map(|page| build_headers(page, &id)).unwrap_or_default(),
            body,
        }
        .response()
    }

    /// How many pages take `at` has.
    pub(super) fn page_count(&self, at: usize) -> usize {
        self.entry.takes.get(at).map_or(0, |take| take.pages.len())
    }

    /// Marks a take as used; true the first time.
    pub(super) fn first_use(&self, take: usize) -> bool {
        self.used.get(take).is_some_and(|used| !used.load(Ordering::Relaxed) && !used.swap(true, Ordering::Relaxed))
    }
}

impl PreparedTake {
    /// The digest of all pages.
    pub(super) fn digest(&self) -> PageDigest {
        self.digests.last().copied().unwrap_or_default()
    }

    /// Whether this take answers `token`: a recorded cut's by its first pages, a new cut's by being the same whole take.
    pub(super) fn answers(&self, token: &Token) -> bool {
        match token.cut {
            Cut::Recorded => self.continues(token),
            Cut::Anew => self.complete && self.digest() == token.digest,
        }
    }

    /// Whether it does not end where `token` stands.
    pub(super) fn goes_on(&self, token: &Token) -> bool {
        token.cut == Cut::Anew || self.pages.len() > token.position as usize
    }

    /// Whether this take has the recorded pages that `token` says were served before its position.
    pub(super) fn continues(&self, token: &Token) -> bool {
        let position = usize::try_from(token.position).unwrap_or(usize::MAX);
        token.cut == Cut::Recorded && self.digests.get(position) == Some(&token.digest)
    }
}

/// The token for the page at `position` of the listing `fingerprint`, after pages with this digest.
pub(super) fn page_token(fingerprint: &Fingerprint, digest: PageDigest, position: u32) -> Token {
    Token { cut: Cut::Recorded, fingerprint: fingerprint_start(fingerprint), digest, position, step: 0 }
}

pub(super) fn fingerprint_start(fingerprint: &Fingerprint) -> FingerprintStart {
    fingerprint.bytes().first_chunk().copied().unwrap_or_default()
}

fn prepare_take(fingerprint: &Fingerprint, at: usize, take: &Take, items_member: Option<&str>) -> PreparedTake {
    let mut digest = ChainDigest::default();
    let mut digests = vec![digest.short()];
    let mut pages = Vec::with_capacity(take.pages.len());
    for (number, page) in take.pages.iter().enumerate() {
        if let Some(items_member) = items_member {
            digest.push(page, items_member);
            digests.push(digest.short());
        }
        let after = digest.short();
        pages.push(PreparedPage {
            status: StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK),
            headers: build_headers(page, &request_id(fingerprint, at, &(number as u64).to_be_bytes())),
            body: fill_tokens(&page.body, |position| page_token(fingerprint, after, position)),
        });
    }
    PreparedTake { pages, digests, complete: take.complete, listing: OnceLock::new() }
}

/// A stored body with its token in place; volatile values are holes still.
pub(super) fn fill_tokens(stored: &Body, token: impl Fn(u32) -> Token) -> Body {
    let mut body = Body::default();
    for part in stored.parts() {
        match part {
            Part::Literal(bytes) => body.push_literal(bytes.clone()),
            Part::Hole(Hole::Token(position)) => {
                body.push_literal(json::quote(&token(*position).to_string()).into_bytes().into());
            }
            Part::Hole(hole @ (Hole::Volatile(_) | Hole::Fresh(_))) => body.push_hole(hole.clone()),
        }
    }
    body
}

fn build_headers(page: &Page, request_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(page.headers.len() + 1);
    for (name, value) in &page.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    headers
}

/// A UUID that fingerprint, take and page determine.
fn request_id(fingerprint: &Fingerprint, take: usize, page: &[u8]) -> String {
    let hash = Sha256::new_with_prefix(b"ramtape-request-id")
        .chain_update(fingerprint.bytes())
        .chain_update((take as u64).to_be_bytes())
        .chain_update(page);
    uuid(hash)
}
