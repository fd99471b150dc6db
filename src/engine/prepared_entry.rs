//! A cassette's entry, made ready to be served from: tokens filled in, headers built, digests computed.

use crate::engine::volatile::fill_holes;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Body, Entry, Hole, Page, Part, Response, Take};
use crate::session::{Bindings, TakeHistories};
use crate::token::{ChainDigest, Cut, FingerprintStart, Listing, PageDigest, Token};
use bytes::Bytes;
use data_encoding::HEXLOWER;
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
    /// The takes as a choice sees them, once one had to be made.
    pub(super) choices: Mutex<Option<Arc<TakeHistories>>>,
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
    /// No holes but for volatile values; `Err` names one that cannot be filled.
    body: Result<Body, Hole>,
}

/// An answer, complete but for the volatile values that differ from session to session.
#[derive(Clone, Debug)]
pub(super) struct UnfilledResponse {
    /// The answer. Its body is empty where there is one in `open`.
    response: Response,
    /// The body, where it has holes for volatile values.
    open: Option<Body>,
}

impl From<Response> for UnfilledResponse {
    fn from(response: Response) -> Self {
        Self { response, open: None }
    }
}

impl UnfilledResponse {
    /// The answer, where nothing in it differs from session to session.
    pub(super) fn complete(&self) -> Option<&Response> {
        self.open.is_none().then_some(&self.response)
    }

    /// The answer, with the live values in place of the holes; they are asked for only where there are any.
    pub(super) fn filled(self, live: impl FnOnce() -> Option<Arc<Bindings>>) -> Response {
        let Self { mut response, open } = self;
        if let Some(open) = open {
            response.body = fill_holes(&open, live().as_deref());
        }
        response
    }
}

impl PreparedPage {
    /// The answer; its body is state, not copied.
    pub(super) fn answer(&self) -> Result<UnfilledResponse, Hole> {
        let (body, open) = match self.body.as_ref().map(Body::parts) {
            Err(hole) => return Err(hole.clone()),
            Ok([]) => (Bytes::new(), None),
            Ok([Part::Literal(bytes)]) => (bytes.clone(), None),
            Ok(_) => (Bytes::new(), self.body.clone().ok()),
        };
        Ok(UnfilledResponse { response: Response { status: self.status, headers: self.headers.clone(), body }, open })
    }
}

impl PreparedEntry {
    /// An entry as it was read.
    #[must_use]
    pub fn new(fingerprint: Fingerprint, entry: Entry) -> Self {
        let used = entry.takes.iter().map(|_| AtomicBool::new(false)).collect();
        Self { fingerprint, entry, takes: OnceLock::new(), used, saves: OnceLock::new(), choices: Mutex::default() }
    }

    /// How long upstream took for one of its pages, in microseconds: what each answer from here saves. `known` is asked
    /// once.
    pub(super) fn saves(&self, known: impl FnOnce() -> Option<Duration>) -> u64 {
        *self.saves.get_or_init(|| known().and_then(|took| u64::try_from(took.as_micros()).ok()).unwrap_or_default())
    }

    /// The takes, made ready at the first identified. `items_member` holds the items of a page, of a listing.
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
    pub(super) fn answer_anew(&self, at: usize, key: (u64, u16), body: Body) -> Result<UnfilledResponse, Hole> {
        let first = self.entry.takes.get(at).and_then(|take| take.pages.first());
        let place = [&key.0.to_be_bytes()[..], &key.1.to_be_bytes()].concat();
        let id = request_id(&self.fingerprint, at, &place);
        let unfilled = body.holes().find(|hole| !matches!(hole, Hole::Volatile(_))).cloned();
        PreparedPage {
            status: first.and_then(|page| StatusCode::from_u16(page.status).ok()).unwrap_or(StatusCode::OK),
            headers: first.map(|page| headers(page, &id)).unwrap_or_default(),
            body: unfilled.map_or(Ok(body), Err),
        }
        .answer()
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
            headers: headers(page, &request_id(fingerprint, at, &(number as u64).to_be_bytes())),
            body: Ok(with_tokens(&page.body, |position| page_token(fingerprint, after, position))),
        });
    }
    PreparedTake { pages, digests, complete: take.complete, listing: OnceLock::new() }
}

/// A stored body with its token in place; volatile values are holes still.
pub(super) fn with_tokens(stored: &Body, token: impl Fn(u32) -> Token) -> Body {
    let mut body = Body::default();
    for part in stored.parts() {
        match part {
            Part::Literal(bytes) => body.push_literal(bytes.clone()),
            Part::Hole(Hole::Token(position)) => {
                body.push_literal(json::quote(&token(*position).to_string()).into_bytes().into());
            }
            Part::Hole(hole @ Hole::Volatile(_)) => body.push_hole(hole.clone()),
        }
    }
    body
}

fn headers(page: &Page, request_id: &str) -> HeaderMap {
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

/// A UUID (RFC 9562, version 8) that the hashed bytes determine.
pub(super) fn uuid(hash: Sha256) -> String {
    let hash = hash.finalize();
    let mut bytes: [u8; 16] = hash.first_chunk().copied().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    let mut uuid = String::with_capacity(36);
    for (at, c) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(c);
    }
    uuid
}
