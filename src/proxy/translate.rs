//! hyper's request in, ramtape's plain types through, hyper's response out.

use super::Answer;
use super::gate::{Addressed, Gate};
use super::leak;
use super::prefix::{self, Prefixes};
use super::pulse::InFlight;
use super::refusal::Refusal;
use super::rescue;
use crate::control::Control;
use crate::interaction::{Request, Response, Secret};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What every connection shares.
pub(super) struct House<A> {
    pub(super) gate: Gate,
    pub(super) key: Secret,
    pub(super) answer: Arc<A>,
    pub(super) control: Arc<Control>,
}

/// Answers one request: gate, prefixes, body, answer. The log line never shows prefixes: one of them is the key.
pub(super) async fn serve<A: Answer>(
    house: &House<A>,
    in_flight: InFlight,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let log = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| (parts.method.clone(), shown_path(parts.uri.path(), &house.key)));
    let is_http1 = parts.version < http::Version::HTTP_2;

    let (mut response, is_refused) = match respond(house, parts, body).await {
        Ok(response) => (response, false),
        Err(refusal) => (rescue::answer(&refusal), true),
    };
    if is_refused {
        in_flight.refuse();
        if is_http1 {
            response.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    if let Some((method, path)) = log {
        tracing::debug!(%method, path, status = response.status.as_u16(), duration = ?begun.elapsed(), "answered");
    }
    into_hyper(response)
}

/// The path without prefixes. A key in the wrong place, after a stray slash say, is a key all the same.
fn shown_path(path: &str, key: &Secret) -> String {
    let rest = prefix::split(path, key).rest;
    if key.expose().is_empty() { rest.to_owned() } else { rest.replace(key.expose(), "(key)") }
}

async fn respond<A: Answer>(house: &House<A>, parts: Parts, body: Incoming) -> Result<Response, Refusal> {
    let prefixes = prefix::split(parts.uri.path(), &house.key);
    let is_control = Control::owns(prefixes.rest);
    let addressed = house.gate.check(&parts, is_control)?;
    if is_control {
        return Ok(house.control.answer(&parts.method, prefixes.rest));
    }
    if addressed.door.keeps_signature() && (prefixes.key.is_some() || prefixes.session.is_some()) {
        return Err(Refusal::PrefixUnderSignature);
    }
    let mut request = head(&parts, &prefixes, &addressed);
    request.method = parts.method;
    request.headers = parts.headers;

    let limits = &house.gate.limits;
    if body.is_end_stream() {
        leak::check(house, &request)?;
        return within(limits.total_time, house.answer.answer(request)).await;
    }
    let mut is_read = false;
    let answered = tokio::time::timeout(limits.total_time, async {
        request.body = read(body, limits.request_body).await?;
        is_read = true;
        leak::check(house, &request)?;
        Ok(house.answer.answer(request).await)
    });
    answered.await.unwrap_or_else(|_| {
        let limit = limits.total_time;
        Err(if is_read { Refusal::SlowAnswer { limit } } else { Refusal::SlowBody { limit } })
    })
}

async fn within(limit: Duration, answer: impl Future<Output = Response>) -> Result<Response, Refusal> {
    tokio::time::timeout(limit, answer).await.map_err(|_| Refusal::SlowAnswer { limit })
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
