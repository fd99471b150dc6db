//! Requests as clients would send them, from parameters.

use super::call::Protocol;
use super::form::is_number;
use super::parts::{decode_pairs, read_action};
use super::value::read_json_members;
use super::{cbor, names};
use crate::json::{self, Kind, Node, legible};
use crate::model::{Door, Request};
use bytes::Bytes;
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const FORM: &str = "application/x-www-form-urlencoded";
const BYTES: &str = "application/octet-stream";

/// The request that a client would send for these parameters, a JSON object: [`super::read_call`] reads the same from it. It is not
/// signed and has no host; what is in no parameter (the service's name in the target, the API's version) is not in it.
#[must_use]
pub fn build_request(protocol: Protocol, operation: &str, parameters: &str) -> Request {
    let root = json::parse(parameters.as_bytes()).ok();
    let mut draft = Draft { method: Method::POST, path: "/".to_owned(), ..Draft::default() };
    for member in root.iter().flat_map(members) {
        let name = legible(member.key).into_owned();
        match (&*name, member.value.text()) {
            ("$query", Some(text)) => draft.query = Some(text.into_owned()),
            ("$path", Some(text)) if protocol == Protocol::Query => draft.path = text.into_owned(),
            ("$body", Some(text)) => draft.body = Some(text.into_owned().into_bytes()),
            ("$body-base64", Some(text)) => draft.body = BASE64.decode(text.as_bytes()).ok(),
            _ => draft.members.push((name, &member.value)),
        }
    }
    match protocol {
        Protocol::AwsJson => draft.into_aws_json(operation),
        Protocol::Query => draft.into_form(operation),
        Protocol::Rest => draft.into_rest(operation),
        Protocol::RpcV2Cbor => draft.into_cbor(operation),
    }
}

/// Parameters, those that stand for a part of the request as it was told from the others.
#[derive(Default)]
struct Draft<'a> {
    method: Method,
    path: String,
    query: Option<String>,
    body: Option<Vec<u8>>,
    members: Vec<(String, &'a Node<'a>)>,
    headers: HeaderMap,
}

impl Draft<'_> {
    fn into_aws_json(mut self, operation: &str) -> Request {
        self.set_header("x-amz-target", operation);
        let body = self.body.take();
        // A body that was not read as JSON, although it is: it was said to be in the other notation.
        let is_cbor = body.as_ref().is_some_and(|body| read_json_members(body).is_some());
        let content_type = if is_cbor { "application/x-amz-cbor-1.1" } else { "application/x-amz-json-1.1" };
        self.set_header(CONTENT_TYPE.as_str(), content_type);
        let body = body.unwrap_or_else(|| write_object(&self.members));
        self.into_request(String::new(), body)
    }

    fn into_cbor(mut self, operation: &str) -> Request {
        self.set_header("smithy-protocol", "rpc-v2-cbor");
        self.set_header(CONTENT_TYPE.as_str(), "application/cbor");
        self.path = format!("/service/Service/operation/{operation}");
        let body = self.body.take().unwrap_or_else(|| {
            let mut writer = cbor::Writer::new();
            writer.map(self.members.len());
            for (name, value) in &self.members {
                writer.text(name);
                write_cbor(value, &mut writer);
            }
            writer.into_bytes()
        });
        self.into_request(String::new(), body)
    }

    fn into_form(mut self, operation: &str) -> Request {
        let mut pairs = Vec::new();
        for (name, value) in &self.members {
            let has_parts = |other: &str| other.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
            let keeps_name = name.contains('.') || self.members.iter().any(|(other, _)| has_parts(other));
            match value.items().filter(|_| keeps_name) {
                Some(items) => {
                    pairs.extend(items.iter().filter_map(|item| Some((name.clone(), item.text()?.into_owned()))))
                }
                None => push_pairs(name.clone(), value, &mut pairs),
            }
        }
        let action = ("Action".to_owned(), operation.to_owned());
        let query = self.query.take().unwrap_or_default();
        let Some(body) = self.body.take() else {
            self.set_header(CONTENT_TYPE.as_str(), FORM);
            pairs.insert(0, action);
            return self.into_request(query, write_pairs(&pairs).into_bytes());
        };
        let form = std::str::from_utf8(&body).ok().filter(|form| decode_pairs(form).is_none());
        self.set_header(CONTENT_TYPE.as_str(), if form.is_some() { FORM } else { BYTES });
        let is_named = read_action(&query).or_else(|| read_action(form?)).as_deref() == Some(operation);
        pairs.splice(0..0, Some(action).filter(|_| !is_named));
        self.into_request(join_queries(write_pairs(&pairs), query), body)
    }

    fn into_rest(mut self, operation: &str) -> Request {
        let (method, path) = operation.split_once(' ').unwrap_or(("POST", operation));
        self.method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
        self.path = path.to_owned();
        let takes_query = self.query.is_none()
            && (self.body.is_some() || matches!(self.method, Method::GET | Method::HEAD | Method::DELETE));
        let mut pairs = Vec::new();
        let mut inside = Vec::new();
        for (name, value) in std::mem::take(&mut self.members) {
            let texts = texts(value);
            match texts.as_deref() {
                Some([text]) if names::is_parameter_header(&name) && self.set_header(&name, text) => {}
                Some(texts) if takes_query && fits_query(&name) => {
                    pairs.extend(texts.iter().map(|text| (name.clone(), text.clone())));
                }
                _ => inside.push((name, value)),
            }
        }
        let query = join_queries(write_pairs(&pairs), self.query.take().unwrap_or_default());
        let (content_type, body) = match self.body.take() {
            Some(body) => (BYTES, body),
            None if inside.is_empty() => return self.into_request(query, Vec::new()),
            None => ("application/json", write_object(&inside)),
        };
        self.set_header(CONTENT_TYPE.as_str(), content_type);
        self.into_request(query, body)
    }

    /// Sets a header; false where it cannot be one.
    fn set_header(&mut self, name: &str, value: &str) -> bool {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
                true
            }
            _ => false,
        }
    }

    fn into_request(self, query: String, body: Vec<u8>) -> Request {
        Request {
            method: self.method,
            signed_target: self.path.clone(),
            path: self.path,
            query,
            headers: self.headers,
            body: Bytes::from(body),
            authority: String::new(),
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }
}

fn members<'n, 'a>(node: &'n Node<'a>) -> &'n [json::Member<'a>] {
    match &node.kind {
        Kind::Object(members) => members,
        _ => &[],
    }
}

fn write_object(members: &[(String, &Node<'_>)]) -> Vec<u8> {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{}", json::quote(name), value.raw)).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn write_cbor(node: &Node<'_>, writer: &mut cbor::Writer) {
    match &node.kind {
        Kind::Null => writer.null(),
        Kind::Bool(value) => writer.bool(*value),
        Kind::Number => writer.number(node.raw),
        Kind::String => writer.text(&legible(node.raw)),
        Kind::Array(items) => {
            writer.list(items.len());
            items.iter().for_each(|item| write_cbor(item, writer));
        }
        Kind::Object(members) => {
            writer.map(members.len());
            for member in members {
                writer.text(&legible(member.key));
                write_cbor(&member.value, writer);
            }
        }
    }
}

/// A value as pairs of a form. An object whose names would be taken for something else is written as a map.
fn push_pairs(name: String, node: &Node<'_>, pairs: &mut Vec<(String, String)>) {
    match &node.kind {
        Kind::Null => {}
        Kind::Bool(_) | Kind::Number => pairs.push((name, node.raw.to_owned())),
        Kind::String => pairs.push((name, legible(node.raw).into_owned())),
        Kind::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.for_each(|(index, item)| push_pairs(format!("{name}.{}", index + 1), item, pairs));
        }
        Kind::Object(members) => {
            let names: Vec<_> = members.iter().map(|member| legible(member.key)).collect();
            let is_list = matches!(names.as_slice(), [only] if ["member", "item", "entry"].contains(&&**only));
            let is_map =
                is_list || names.iter().all(|name| is_number(name)) || names.iter().any(|name| name.contains('.'));
            for (index, (member, part)) in members.iter().zip(names).enumerate() {
                if is_map {
                    let entry = format!("{name}.entry.{}", index + 1);
                    pairs.push((format!("{entry}.key"), part.into_owned()));
                    push_pairs(format!("{entry}.value"), &member.value, pairs);
                } else {
                    push_pairs(format!("{name}.{part}"), &member.value, pairs);
                }
            }
        }
    }
}

/// A text, or several, as one name in a query can have them.
fn texts(node: &Node<'_>) -> Option<Vec<String>> {
    match node.items() {
        Some(items) if items.len() > 1 => items.iter().map(|item| Some(item.text()?.into_owned())).collect(),
        Some(_) => None,
        None => Some(vec![node.text()?.into_owned()]),
    }
}

/// Whether a query's member of that name is read as a parameter of that name.
fn fits_query(name: &str) -> bool {
    !name.starts_with('$') && names::query_member(name).as_deref() == Some(name)
}

fn write_pairs(pairs: &[(String, String)]) -> String {
    let encode = |text| utf8_percent_encode(text, RESERVED);
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn join_queries(one: String, other: String) -> String {
    match (one.is_empty(), other.is_empty()) {
        (true, _) => other,
        (_, true) => one,
        _ => format!("{one}&{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_go_where_the_protocol_has_them() {
        let built = build_request(Protocol::Query, "A", r#"{"T":[{"K":"a b"}],"M":{"1":"x"},"e":""}"#);
        assert_eq!(built.body, "Action=A&T.1.K=a%20b&M.entry.1.key=1&M.entry.1.value=x&e=");
        let built = build_request(Protocol::Rest, "GET /b/k", r#"{"list-type":"2","range":"bytes=0-1","n":["1","2"]}"#);
        assert_eq!((&*built.query, &*built.body), ("list-type=2&n=1&n=2", &b""[..]));
        assert_eq!(built.header("range"), Some("bytes=0-1"));
        let built = build_request(Protocol::Rest, "POST /f", r#"{"a":"x","b":[1.0]}"#);
        assert_eq!((&*built.query, &*built.body), ("", &br#"{"a":"x","b":[1.0]}"#[..]));
        let built = build_request(Protocol::RpcV2Cbor, "Op", r#"{"a":[1,null,true]}"#);
        assert_eq!((&*built.path, &*built.body), ("/service/Service/operation/Op", &b"\xa1\x61a\x83\x01\xf6\xf5"[..]));
        let built = build_request(Protocol::AwsJson, "Op", "{}");
        assert_eq!((built.header("x-amz-target"), &*built.body), (Some("Op"), &b"{}"[..]));
    }
}
