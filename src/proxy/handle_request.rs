//! One request: read from hyper, checked, handled, and its response written to hyper.

use super::deadlines::OpenRequest;
use super::error_response::to_response;
use super::handler::Handler;
use super::limits::Limits;
use super::prefix::{PathPrefixes, split_prefixes};
use super::refusal::Refusal;
use super::request_guard::{ConnectionOrigin, RequestDestination};
use super::server_state::ServerState;
use crate::admin::AdminApi;
use crate::model::{Request, Response, Secret};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The longest name of a method that a log shows. No key is as short.
const LONGEST_METHOD: usize = 16;

/// Handles one request: guard, prefixes, body, handler. The log line never shows prefixes: one of them is the key.
pub(super) async fn handle_request<A: Handler>(
    state: &ServerState<A>,
    origin: &ConnectionOrigin,
    open_request: OpenRequest,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let log = tracing::enabled!(tracing::Level::DEBUG).then(|| {
        (Instant::now(), loggable_method(&parts.method).to_owned(), loggable_path(parts.uri.path(), &state.key))
    });
    let version = parts.version;
    let is_head = parts.method == http::Method::HEAD;

    let (mut response, is_refused) = match respond(state, origin, parts, body).await {
        Ok(response) => (response, false),
        Err(refusal) => (to_response(&refusal), true),
    };
    if is_refused {
        open_request.refuse();
        if version < http::Version::HTTP_2 {
            response.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    if let Some((begun, method, path)) = log {
        tracing::debug!(method, path, ?version, status = response.status.as_u16(), duration = ?begun.elapsed(), "answered");
    }
    if is_head {
        remove_body(&mut response);
    } else {
        // hyper tells the body's own.
        response.headers.remove(CONTENT_LENGTH);
    }
    into_hyper(response)
}

/// For HEAD: keeps the length, unless upstream told one, and removes the body, which hyper would send over HTTP/2.
fn remove_body(response: &mut Response) {
    let length = std::mem::take(&mut response.body).len();
    response.headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
}

/// The method, unless it is longer than any real one: it could be a key.
fn loggable_method(method: &http::Method) -> &str {
    Some(method.as_str()).filter(|name| name.len() <= LONGEST_METHOD).unwrap_or("…")
}

/// The path without prefixes, up to the first segment that is not as plain as those of operations: it could hold a secret, such as
/// the key after a stray slash.
fn loggable_path(path: &str, key: &Secret) -> String {
    let rest = split_prefixes(path, key).rest;
    let plain = |part: &str| part.len() <= 64 && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let parts = rest.split('/').take_while(|part| plain(part)).collect::<Vec<_>>().join("/");
    if parts.len() == rest.len() { parts } else { format!("{parts}/…") }
}

async fn respond<A: Handler>(
    state: &ServerState<A>,
    origin: &ConnectionOrigin,
    parts: Parts,
    body: Incoming,
) -> Result<Response, Refusal> {
    let (request, is_admin) = match admit(state, origin, parts)? {
        Admitted::Request(request) => (request, false),
        Admitted::Admin(request) => (request, true),
        Admitted::Answered(response) => return Ok(response),
    };
    let Limits { request_body, total_time: limit, .. } = state.guard.limits;
    let is_read = AtomicBool::new(false);
    // Pinned here: what is moved for every request had better be small.
    let mut answered = pin!(async {
        let mut request = request;
        if !body.is_end_stream() {
            request.body = read_body(body, request_body).await?;
        }
        is_read.store(true, Ordering::Relaxed);
        state.key_leak_guard.check(&request)?;
        // Boxed: it is rare, and what is moved for every request stays small.
        Ok(if is_admin {
            Box::pin(state.admin.handle_request(request)).await
        } else {
            state.handler.handle(request).await
        })
    });
    match tokio::time::timeout(limit, answered.as_mut()).await {
        Ok(answered) => answered,
        Err(_) if is_read.load(Ordering::Relaxed) => Err(Refusal::SlowAnswer { limit }),
        Err(_) => Err(Refusal::SlowBody { limit }),
    }
}

/// A request that the guard let through.
enum Admitted {
    Request(Request),
    /// An admin request that is read whole.
    Admin(Request),
    /// The response to another admin request.
    Answered(Response),
}

fn admit<A>(state: &ServerState<A>, origin: &ConnectionOrigin, parts: Parts) -> Result<Admitted, Refusal> {
    let prefixes = split_prefixes(parts.uri.path(), &state.key);
    let is_admin = AdminApi::owns(prefixes.rest);
    let destination = state.guard.check(&parts, is_admin, origin)?;
    if is_admin && !state.admin.reads_request(&parts.method, prefixes.rest) {
        return Ok(Admitted::Answered(state.admin.handle(&parts.method, prefixes.rest)));
    }
    if destination.door.keeps_signature() && (prefixes.key.is_some() || prefixes.session.is_some()) {
        return Err(Refusal::PrefixUnderSignature);
    }
    let mut request = to_request(&parts, &prefixes, &destination);
    request.method = parts.method;
    request.headers = parts.headers;
    Ok(if is_admin { Admitted::Admin(request) } else { Admitted::Request(request) })
}

/// The request without its body. Method and headers are moved in afterwards, not copied.
fn to_request(parts: &Parts, prefixes: &PathPrefixes<'_>, destination: &RequestDestination<'_>) -> Request {
    let target = parts.uri.path_and_query();
    Request {
        method: http::Method::default(),
        path: prefixes.rest.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: http::HeaderMap::new(),
        body: Bytes::new(),
        signed_target: target.map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
        authority: destination.authority.to_owned(),
        door: destination.door,
        key: prefixes.key.map(Secret::new),
        session_prefix: prefixes.session.map(ToOwned::to_owned),
    }
}

/// The body, whole. One that comes in one piece is not copied.
async fn read_body(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
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
