//! Requests of any service, and bodies in XML and CBOR: what is read can be built and is read again; strings are where they are
//! said to be.

use http::{HeaderMap, Method};
use httparse::EMPTY_HEADER;
use ramtape::fingerprint::Parameters;
use ramtape::json;
use ramtape::model::Notation;
use ramtape::model::{Door, Request};
use ramtape::wire::{self, WireCall};

const MAX_FIELDS: usize = 24;

/// `data` is a request as on the wire; where it has no head, a body alone.
pub(crate) fn check(data: &[u8]) {
    match read_request(data) {
        Some(request) => {
            check_request(&request);
            check_body(&request.body);
        }
        None => check_body(data),
    }
}

fn check_request(request: &Request) {
    let WireCall { protocol, operation, parameters } = wire::read_call(request);
    assert_eq!(wire::read_operation(request), (protocol, operation.clone()));
    let canonical = canonical(&parameters);
    let built = wire::build_request(protocol, &operation, &parameters);
    // What cannot be in a header's value cannot be in a target or a path either.
    if operation.chars().any(char::is_control) || operation.is_empty() {
        return;
    }
    let again = wire::read_call(&built);
    assert_eq!((again.protocol, again.operation), (protocol, operation), "{request:?}");
    assert_eq!(self::canonical(&again.parameters), canonical, "{request:?}");
}

fn canonical(parameters: &str) -> String {
    let read =
        Parameters::read("", parameters.as_bytes(), true).unwrap_or_else(|error| panic!("{error}: {parameters}"));
    read.canonical(None, |_| false).unwrap_or_else(|error| panic!("{error}: {parameters}"))
}

fn check_body(body: &[u8]) {
    let _ = wire::error_kind(400, None, body);
    let Some(json) = wire::to_json(body) else {
        assert_eq!(wire::leaves(body), None);
        return;
    };
    json::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
    let notation = Notation::detect(body);
    let mut spelled = Vec::new();
    let mut at = 0;
    for leaf in wire::leaves(body).unwrap() {
        spelled.extend_from_slice(&body[at..leaf.range.start]);
        spelled.extend(wire::encode_text(notation, &leaf.text));
        at = leaf.range.end;
    }
    spelled.extend_from_slice(&body[at..]);
    assert_eq!(wire::to_json(&spelled), Some(json.clone()));
    if let Some(lines) = wire::lay_out_xml(body) {
        assert_eq!(wire::to_json(lines.as_bytes()), Some(json));
    }
}

fn read_request(data: &[u8]) -> Option<Request> {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = head.parse(data).ok()? else { return None };
    let target = head.path?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for field in head.headers.iter() {
        let name = http::HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, http::HeaderValue::from_bytes(field.value).ok()?);
    }
    let authority = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    Some(Request {
        method: head.method?.parse().unwrap_or(Method::POST),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: data[length..].to_vec().into(),
        signed_target: target.to_owned(),
        authority,
        door: Door::Endpoint,
        key: None,
        session_prefix: None,
    })
}
