//! An entry replayed against its own requests, before it becomes text: what cannot be found again must not be kept.

use crate::cassette::Broken;
use crate::engine::identify::{IdentifiedRequest, IdentifyRules, PageRequest, identify};
use crate::engine::pagination::page_cut::{PageQuery, Pages, page};
use crate::engine::prepared_entry::PreparedEntry;
use crate::fingerprint::Fingerprint;
use crate::json::{self, Kind, Node};
use crate::model::{Door, Entry, OperationName, Request};
use crate::redact::Redaction;
use crate::service::Service;
use crate::session::Bindings;
use crate::token::Token;
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// Asks for everything that `entry` answers, as a client would: its request must come to its fingerprint, and its pages
/// must lead from one to the next.
///
/// # Errors
/// Where that is not so.
pub fn check_entry(
    service: &Service,
    redaction: &Redaction,
    fingerprint: &Fingerprint,
    entry: &Entry,
) -> Result<(), Broken> {
    let broken = |pointer: &str, reason: String| Broken { pointer: pointer.to_owned(), reason };
    let table = IdentifyRules { service, region: &entry.region, redaction };
    let mut found = None;
    for (request, live) in requests(service, entry) {
        let identified = identify(&request, &table, entry.actor.clone().into(), Some(&live))
            .map_err(|error| broken("/request", format!("it cannot be asked again: {}", error.explained())))?;
        if identified.fingerprint == *fingerprint {
            found = Some(identified);
            break;
        }
        found = found.or(Some(identified));
    }
    // What is not asked again: a request that only a digest of a foreign token is kept of.
    let Some(identified) = found else { return Ok(()) };
    if identified.fingerprint != *fingerprint {
        let differences = crate::diff::parameter_differences(&entry.request, &identified.parameters);
        let place = differences.first().map_or("", |difference| difference.pointer.as_str());
        return Err(broken(
            &format!("/request{place}"),
            format!("asked again, this request is another one ({}): it would never be found", identified.fingerprint),
        ));
    }
    let prepared = Arc::new(PreparedEntry::new(*fingerprint, entry.clone()));
    for at in 0..entry.takes.len() {
        replay(service, &identified, &prepared, at)?;
    }
    Ok(())
}

/// Follows take `at` from its first page to its last.
fn replay(
    service: &Service,
    identified: &IdentifiedRequest,
    prepared: &PreparedEntry,
    at: usize,
) -> Result<(), Broken> {
    let recorded = prepared.entry.takes.get(at).map(|take| take.pages.as_slice()).unwrap_or_default();
    let mut ask = PageRequest::default();
    for number in 0..recorded.len() {
        let broken = |reason: String| Broken { pointer: format!("/takes/{at}/pages/{number}"), reason };
        let query = PageQuery {
            pages: Pages::Recorded,
            ask: &ask,
            paging: &service.paging,
            items_member: identified.items_member(),
        };
        let draft = match page(&query, prepared, at) {
            Ok(Ok(draft)) => draft,
            Ok(Err(hole)) => return Err(broken(format!("nothing fills its hole {hole:?}"))),
            Err(gap) => return Err(broken(format!("the page before does not lead here ({gap:?})"))),
        };
        if number + 1 == recorded.len() {
            break;
        }
        let body = draft.filled(|| None).body;
        let token =
            json::parse(&body).ok().and_then(|root| Token::decode(&root.member(&service.paging.token)?.text()?).ok());
        let takes = prepared.takes(identified.items_member());
        match token.filter(|token| takes.get(at).is_some_and(|take| take.answers(token))) {
            Some(token) => ask = PageRequest { token: Some(token), ..PageRequest::default() },
            None => return Err(broken("it has no token that leads to the next page".to_owned())),
        }
    }
    Ok(())
}

/// The requests that `entry` may have been recorded for, with values for the holes in them.
fn requests(service: &Service, entry: &Entry) -> Vec<(Request, Bindings)> {
    let Ok(root) = json::parse(entry.request.as_bytes()) else { return Vec::new() };
    let mut live = Bindings::default();
    let whole = Bytes::from(filled(&root, true, &mut live));
    let one = |method: &Method, path: &str, query: String, body: Bytes| Request {
        method: method.clone(),
        path: path.to_owned(),
        query,
        headers: HeaderMap::new(),
        body,
        signed_target: path.to_owned(),
        authority: String::new(),
        key: None,
        session_prefix: None,
        door: Door::Endpoint,
    };
    let requests = match &entry.operation {
        OperationName::Known(name) => match service.operation_named(name) {
            Some(operation) if root.member(&service.paging.token).is_none() => {
                vec![one(&operation.method, &operation.path, String::new(), whole)]
            }
            _ => Vec::new(),
        },
        OperationName::Unknown(name) => {
            let (method, path) = name.split_once(' ').unwrap_or(("", ""));
            let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
            if service.operation(&method, path).is_some() {
                return Vec::new();
            }
            let (query, body) = opaque(&root);
            vec![one(&method, path, query, body.into()), one(&method, path, String::new(), whole)]
        }
    };
    requests.into_iter().map(|request| (request, live.clone())).collect()
}

/// Query and body of a request without an operation: what could not be read stands there as it was.
fn opaque(root: &Node<'_>) -> (String, Vec<u8>) {
    let kept = |name: &str| {
        let plain = root.member(name).and_then(Node::text).map(|text| text.into_owned().into_bytes());
        let coded = || BASE64.decode(root.member(&format!("{name}-base64"))?.text()?.as_bytes()).ok();
        plain.or_else(coded)
    };
    let (body, query) = (kept("$body"), kept("$query"));
    let Kind::Object(members) = &root.kind else { return Default::default() };
    let mut live = Bindings::default();
    let (mut pairs, mut rest) = (Vec::new(), Vec::new());
    for member in
        members.iter().filter(|member| !member.key.starts_with("\"$body") && !member.key.starts_with("\"$query"))
    {
        let name = json::unquote(member.key).unwrap_or_default();
        match (&body, member.value.text()) {
            (Some(_), Some(value)) => {
                let [name, value] =
                    [&*name, &*value].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
                pairs.push(format!("{name}={value}"));
            }
            _ => rest.push(format!("{}:{}", member.key, filled(&member.value, false, &mut live))),
        }
    }
    let query = query.map_or_else(|| pairs.join("&"), |query| String::from_utf8_lossy(&query).into_owned());
    (query, body.unwrap_or_else(|| format!("{{{}}}", rest.join(",")).into_bytes()))
}

/// Canonical parameters as a client would send them: a value in every hole, and what only looks like a hole as it was.
fn filled(node: &Node<'_>, is_root: bool, live: &mut Bindings) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match &node.kind {
        Kind::Array(items) => format!("[{}]", joined(items.iter().map(|item| filled(item, false, live)).collect())),
        Kind::Object(members) => {
            let single = if let [member] = members.as_slice() { Some(member).filter(|_| !is_root) } else { None };
            if let Some(name) =
                single.filter(|member| member.key == "\"$volatile\"").and_then(|member| member.value.text())
            {
                let value = format!("ramtape-proof {name}");
                live.bind(name.into_owned(), &value);
                return json::quote(&value);
            }
            let members = members.iter().map(|member| {
                let doubled = single.and(member.key.strip_prefix("\"$$")).map(|rest| format!("\"${rest}"));
                let name = doubled.unwrap_or_else(|| member.key.to_owned());
                format!("{name}:{}", filled(&member.value, false, live))
            });
            format!("{{{}}}", joined(members.collect()))
        }
        _ => node.raw.to_owned(),
    }
}
