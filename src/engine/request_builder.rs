//! Requests as clients would send them, built from the parameters that a cassette has.

use crate::json::{self, Kind, Node};
use crate::model::{Door, OperationName, Request};
use crate::service::{Operation, Service};
use crate::wire::{self, Protocol};
use bytes::Bytes;
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A request in the making. Parameters go where the operation has them: into the query or into the body, a JSON object.
#[derive(Debug)]
pub(super) struct RequestBuilder<'a> {
    method: Method,
    path: String,
    /// The members that the operation has in its query; `None` of an operation that nobody knows.
    query_members: Option<&'a [String]>,
    query: Vec<String>,
    /// Name and JSON of each member of the body.
    body: Vec<(String, String)>,
    /// A body that is no JSON object.
    raw_body: Option<Vec<u8>>,
}

impl<'a> RequestBuilder<'a> {
    pub(super) fn for_operation(operation: &'a Operation) -> Self {
        Self::new(operation.method.clone(), operation.path.clone(), Some(&operation.query))
    }

    /// A request for the operation `name`, which is known by method and path alone where `service` has it not.
    pub(super) fn for_name(service: &'a Service, name: &OperationName) -> Self {
        if let Some(operation) = service.operation_named(name.as_str()) {
            return Self::for_operation(operation);
        }
        let (method, path) = name.as_str().split_once(' ').unwrap_or(("POST", name.as_str()));
        Self::new(Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST), path.to_owned(), None)
    }

    fn new(method: Method, path: String, query_members: Option<&'a [String]>) -> Self {
        Self { method, path, query_members, query: Vec::new(), body: Vec::new(), raw_body: None }
    }

    /// Adds the parameter `name` with a JSON value. Of an unknown operation, what could not be read as parameters stands in
    /// members of its own (`$query`, `$body`), and becomes query and body again.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let text = json::unquote(value).ok();
        match (self.query_members, text) {
            (Some(members), Some(text)) if members.iter().any(|member| member == name) => {
                self.query.push(encode_pair(name, &text));
            }
            (None, Some(text)) if name == "$query" => self.query.push(text.into_owned()),
            (None, Some(text)) if name == "$body" => self.raw_body = Some(text.into_owned().into_bytes()),
            (None, Some(text)) if name == "$query-base64" => {
                let query = BASE64.decode(text.as_bytes()).unwrap_or_default();
                self.query.push(String::from_utf8_lossy(&query).into_owned());
            }
            (None, Some(text)) if name == "$body-base64" => self.raw_body = BASE64.decode(text.as_bytes()).ok(),
            _ => self.add_to_body(name, value),
        }
    }

    /// Adds a member of the body, whatever the operation has in its query.
    pub(super) fn add_to_body(&mut self, name: &str, value: &str) {
        self.body.push((name.to_owned(), value.to_owned()));
    }

    /// The request, unsigned. Its body is empty where it has no member.
    pub(super) fn build(self) -> Request {
        let Self { method, path, mut query, body, raw_body, .. } = self;
        let body = match raw_body {
            Some(raw_body) => {
                // Beside a body that is no JSON only the query can have parameters.
                let pairs =
                    body.iter().filter_map(|(name, value)| Some(encode_pair(name, &json::unquote(value).ok()?)));
                query.extend(pairs);
                Bytes::from(raw_body)
            }
            None if body.is_empty() => Bytes::new(),
            None => Bytes::from(write_object(&body)),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Request {
            method,
            signed_target: path.clone(),
            path,
            query: query.join("&"),
            headers,
            body,
            authority: String::new(),
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }
}

/// The request of a service without a model, for `members` with their JSON. What a name does not tell of its form makes no
/// difference to what it asks.
pub(super) fn build_companion_request(name: &OperationName, members: &[(String, String)]) -> Request {
    let (_, operation) = name.service().unwrap_or_default();
    let protocol = if operation.contains(' ') { Protocol::Rest } else { Protocol::AwsJson };
    wire::build_request(protocol, operation, &write_object(members))
}

/// An object with these members, as JSON.
pub(super) fn write_object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", json::quote(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn encode_pair(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, NON_ALPHANUMERIC), utf8_percent_encode(value, NON_ALPHANUMERIC))
}

/// A canonical value as a client would write it: in place of a hole the JSON that `fill` makes of its name, and what looks like a
/// hole and is none unescaped.
pub(super) fn write_value(node: &Node<'_>, fill: &mut impl FnMut(&str) -> String) -> String {
    if let Some(name) = volatile_name(node) {
        return fill(&name);
    }
    match &node.kind {
        Kind::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| write_value(item, fill)).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Object(members) => {
            let is_single = members.len() == 1;
            let mut write_member = |member: &json::Member<'_>| {
                let value = write_value(&member.value, fill);
                match member.key.strip_prefix("\"$$").filter(|_| is_single) {
                    Some(rest) => format!("\"${rest}:{value}"),
                    None => format!("{}:{value}", member.key),
                }
            };
            let members: Vec<String> = members.iter().map(&mut write_member).collect();
            format!("{{{}}}", members.join(","))
        }
        _ => node.raw.to_owned(),
    }
}

/// The members of a request's canonical parameters, each with its value as [`write_value`] writes it.
pub(super) fn write_members(request: &str, fill: &mut impl FnMut(&str) -> String) -> Vec<(String, String)> {
    let Ok(root) = json::parse(request.as_bytes()) else { return Vec::new() };
    let Kind::Object(members) = &root.kind else { return Vec::new() };
    let written = members
        .iter()
        .filter_map(|member| Some((json::unquote(member.key).ok()?.into_owned(), write_value(&member.value, fill))));
    written.collect()
}

/// The name of the volatile value that an object of a request stands for.
pub(super) fn volatile_name(node: &Node<'_>) -> Option<String> {
    let Kind::Object(members) = &node.kind else { return None };
    let [member] = members.as_slice() else { return None };
    let text = member.value.text().filter(|_| member.key == "\"$volatile\"")?;
    Some(text.into_owned())
}
