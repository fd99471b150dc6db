//! hyper's request in, ramtape's plain types through, hyper's response out.

use super::Answer;
use super::gate::{Addressed, Entry, Gate};
use super::leak::Watch;
use super::limits::Limits;
use super::passage::{Passage, Traffic};
use super::prefix::{self, Prefixes};
use super::pulse::InFlight;
use super::refusal::Refusal;
use super::rescue;
use crate::admin::Control;
use crate::ca::Keeper;
use crate::model::{Request, Response, Secret};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Semaphore;

/// The longest name of a method that a log shows. No key is as short.
const LONGEST_METHOD: usize = 16;

/// What every connection shares.
pub(super) struct House<A> {
    pub(super) gate: Gate,
    pub(super) key: Secret,
    pub(super) watch: Watch,
    pub(super) answer: Arc<A>,
    pub(super) control: Arc<Control>,
    /// TLS on the listening port, where it is spoken there.
    pub(super) tls: Option<Tls>,
    /// Where CONNECT may lead to.
    pub(super) passage: Passage,
    /// Room for tunnels.
    pub(super) tunnels: Semaphore,
    pub(super) traffic: Arc<Traffic>,
}

/// How ramtape shows itself over TLS.
pub(super) struct Tls {
    pub(super) keeper: Arc<Keeper>,
    /// Its own names and addresses.
    pub(super) hosts: Vec<String>,
}

impl Tls {
    pub(super) fn shown(&self) -> String {
        self.hosts.join(", ")
    }
}

/// Answers one request: gate, prefixes, body, answer. The log line never shows prefixes: one of them is the key.
pub(super) async fn serve<A: Answer>(
    house: &House<A>,
    entry: &Entry,
    in_flight: InFlight,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let log = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| (Instant::now(), shown_method(&parts.method).to_owned(), shown_path(parts.uri.path(), &house.key)));
    let version = parts.version;
    let wants_head_alone = parts.method == http::Method::HEAD;

    let (mut response, is_refused) = match respond(house, entry, parts, body).await {
        Ok(response) => (response, false),
        Err(refusal) => (rescue::answer(&refusal), true),
    };
    if is_refused {
        in_flight.refuse();
        if version < http::Version::HTTP_2 {
            response.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    if let Some((begun, method, path)) = log {
        tracing::debug!(method, path, ?version, status = response.status.as_u16(), duration = ?begun.elapsed(), "answered");
    }
    if wants_head_alone {
        without_body(&mut response);
    }
    into_hyper(response)
}

/// The answer to HEAD: it tells how long the body would be, and has none. Over HTTP/2 hyper would send what is there.
fn without_body(response: &mut Response) {
    let length = std::mem::take(&mut response.body).len();
    response.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
}

/// The method, unless it is longer than any real one is: a key could stand in its place.
fn shown_method(method: &http::Method) -> &str {
    Some(method.as_str()).filter(|name| name.len() <= LONGEST_METHOD).unwrap_or("…")
}

/// The path without prefixes, as far as it is as plain as those of operations are. In anything else a secret can stand, and
/// a key in the wrong place, after a stray slash say, is a key all the same.
fn shown_path(path: &str, key: &Secret) -> String {
    let rest = prefix::split(path, key).rest;
    let plain = |part: &str| part.len() <= 64 && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let parts = rest.split('/').take_while(|part| plain(part)).collect::<Vec<_>>().join("/");
    if parts.len() == rest.len() { parts } else { format!("{parts}/…") }
}

async fn respond<A: Answer>(
    house: &House<A>,
    entry: &Entry,
    parts: Parts,
    body: Incoming,
) -> Result<Response, Refusal> {
    let (request, is_control) = match admit(house, entry, parts)? {
        Admitted::Request(request) => (request, false),
        Admitted::Control(request) => (request, true),
        Admitted::Answered(response) => return Ok(response),
    };
    let Limits { request_body, total_time: limit, .. } = house.gate.limits;
    let is_read = AtomicBool::new(false);
    // Pinned here: what is moved for every request had better be small.
    let mut answered = pin!(async {
        let mut request = request;
        if !body.is_end_stream() {
            request.body = read(body, request_body).await?;
        }
        is_read.store(true, Ordering::Relaxed);
        house.watch.check(&request)?;
        // Boxed: it is rare, and what is moved for every request stays small.
        Ok(if is_control {
            Box::pin(house.control.answer_whole(request)).await
        } else {
            house.answer.answer(request).await
        })
    });
    match tokio::time::timeout(limit, answered.as_mut()).await {
        Ok(answered) => answered,
        Err(_) if is_read.load(Ordering::Relaxed) => Err(Refusal::SlowAnswer { limit }),
        Err(_) => Err(Refusal::SlowBody { limit }),
    }
}

/// What the gate let through.
enum Admitted {
    Request(Request),
    /// A control request that is to be read whole.
    Control(Request),
    /// A control request, answered.
    Answered(Response),
}

fn admit<A>(house: &House<A>, entry: &Entry, parts: Parts) -> Result<Admitted, Refusal> {
    let prefixes = prefix::split(parts.uri.path(), &house.key);
    let is_control = Control::owns(prefixes.rest);
    let addressed = house.gate.check(&parts, is_control, entry)?;
    if is_control && !Control::reads_body(&parts.method, prefixes.rest) {
        return Ok(Admitted::Answered(house.control.answer(&parts.method, prefixes.rest)));
    }
    if addressed.door.keeps_signature() && (prefixes.key.is_some() || prefixes.session.is_some()) {
        return Err(Refusal::PrefixUnderSignature);
    }
    let mut request = head(&parts, &prefixes, &addressed);
    request.method = parts.method;
    request.headers = parts.headers;
    Ok(if is_control { Admitted::Control(request) } else { Admitted::Request(request) })
}

/// What of a request borrows from its head; method and headers are moved in afterwards, not copied.
fn head(parts: &Parts, prefixes: &Prefixes<'_>, addressed: &Addressed<'_>) -> Request {
    let target = parts.uri.path_and_query();
    Request {
        method: http::Method::default(),
        path: prefixes.rest.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: http::HeaderMap::new(),
        body: Bytes::new(),
        signed_target: target.map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
        authority: addressed.authority.to_owned(),
        door: addressed.door,
        key: prefixes.key.map(Secret::new),
        session_prefix: prefixes.session.map(ToOwned::to_owned),
    }
}

/// The body, whole. One that comes in one piece is not copied.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(limit).min(limit);
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
        if first.len() + whole.len() + data.len() > limit {
            return Err(Refusal::BodyTooLarge { limit });
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(declared);
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn into_hyper(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut out = hyper::Response::new(Full::new(response.body));
    *out.status_mut() = response.status;
    *out.headers_mut() = response.headers;
    out
}
