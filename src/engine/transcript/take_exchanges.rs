//! The requests that get a take.

use super::names::{hole, named_after};
use crate::aws::endpoint_host;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::volatile::value;
use crate::json::{self, Kind, Node};
use crate::model::{DEFAULT_ACTOR, Door, Entry, Exchange, OperationName, Request, Take};
use crate::service::{Operation, Service};
use crate::session::read_binding_prefix;
use crate::token::extract_token;
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::{BTreeMap, BTreeSet};

/// An entry, and what is needed to ask for it.
pub(super) struct TakeExchanges<'a> {
    pub(super) service: &'a Service,
    pub(super) prepared: &'a PreparedEntry,
    /// The names of the volatile values that stand anywhere.
    pub(super) wanted: &'a BTreeSet<String>,
}

impl TakeExchanges<'_> {
    /// The exchanges of one take: one a page.
    pub(super) fn exchanges(&self, number: usize) -> Vec<Exchange> {
        let operation = self.service.operation_named(self.entry().operation.as_str());
        let items_member = operation.and_then(|operation| operation.page_items.as_deref());
        let Some(take) = self.entry().takes.get(number) else { return Vec::new() };
        let (mut exchanges, mut token) = (Vec::new(), None);
        for page in
            self.prepared.takes(items_member).get(number).map(|ready| ready.pages.as_slice()).unwrap_or_default()
        {
            let Ok(draft) = page.answer() else { break };
            let response = draft.filled(|| None);
            let request = self.request(operation.map(|operation| &**operation), take, token.as_deref());
            token =
                items_member.and_then(|_| extract_token(&response.body, &self.service.paging.token, 0).upstream_token);
            exchanges.push(Exchange { request, response, after: Some(take.after.clone()), write: take.id.clone() });
        }
        exchanges
    }

    fn entry(&self) -> &Entry {
        &self.prepared.entry
    }

    fn request(&self, operation: Option<&Operation>, take: &Take, token: Option<&str>) -> Request {
        let (method, path) = match (operation, &self.entry().operation) {
            (Some(operation), _) => (operation.method.clone(), operation.path.clone()),
            (None, OperationName::Known(name) | OperationName::Unknown(name)) => {
                let (method, path) = name.split_once(' ').unwrap_or(("POST", name));
                (Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST), path.to_owned())
            }
        };
        let (query, body) = match operation {
            Some(operation) => {
                let (query, body) = self.known(operation, take, token);
                (query, body.into())
            }
            None => self.unknown(take),
        };
        Request {
            method,
            signed_target: path.clone(),
            path,
            query,
            headers: self.headers(take),
            body,
            authority: endpoint_host(&self.service.name, &self.entry().region),
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }

    fn headers(&self, take: &Take) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Entry { actor, region, .. } = self.entry();
        // A label claims its actor where it stands for an access key id. There is no signature.
        let scope = format!("{actor}/19700101/{region}/{}/aws4_request", self.service.name);
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=");
        let named = [
            (HeaderName::from_static("x-ramtape-session"), take.session.clone()),
            (http::header::AUTHORIZATION, Some(authorization).filter(|_| actor != DEFAULT_ACTOR)),
        ];
        for (name, value) in named {
            if let Some(Ok(value)) = value.map(|value| HeaderValue::from_str(&value)) {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// Query and body of a known operation: its parameters, those that page, and the volatile ones that stand elsewhere.
    fn known(&self, operation: &Operation, take: &Take, token: Option<&str>) -> (String, String) {
        let paging = &self.service.paging;
        let (mut query, mut body) = (Vec::new(), Vec::new());
        for (name, text, written) in self.members(take) {
            match text.filter(|_| operation.query.contains(&name)) {
                Some(text) => query.push(pair(&name, &text)),
                None => body.push(format!("{}:{written}", json::quote(&name))),
            }
        }
        if let Some(size) = take.max_results.filter(|_| operation.page_items.is_some()) {
            body.push(format!("{}:{size}", json::quote(&paging.size)));
        }
        if let Some(token) = token {
            body.push(format!("{}:{}", json::quote(&paging.token), json::quote(token)));
        }
        for (member, value) in self.own_members(take) {
            match json::unquote(&value).ok().filter(|_| operation.query.contains(&member)) {
                Some(text) => query.push(pair(&member, &text)),
                None => body.push(format!("{}:{value}", json::quote(&member))),
            }
        }
        let body = if body.is_empty() { String::new() } else { format!("{{{}}}", body.join(",")) };
        (query.join("&"), body)
    }

    /// The names of the values that a take's own request gave, each with where it stood. Of several that reads of one request
    /// brought, the first.
    fn own(&self, take: &Take) -> Vec<(&str, &str)> {
        let brought =
            || format!("{}1", read_binding_prefix(&self.entry().operation.folder(), &self.prepared.fingerprint));
        let source = take.id.clone().unwrap_or_else(brought);
        let pointer =
            |name: &'_ String| name.strip_prefix(&source).and_then(|rest| rest.strip_prefix(':')).map(str::len);
        let own = self.wanted.iter().filter_map(|name| Some((name, name.len() - pointer(name)?)));
        own.map(|(name, at)| (name.as_str(), name.get(at..).unwrap_or_default())).collect()
    }

    /// The members that are not among a take's parameters, with the values that stand for theirs, as JSON.
    fn own_members(&self, take: &Take) -> Vec<(String, String)> {
        let mut members: Vec<(String, String)> = Vec::new();
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, pointer) in self.own(take) {
            let mut steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
            let Some(member) = steps.next() else { continue };
            match steps.next() {
                Some(_) => lists.entry(member).or_default().push(value(name, None)),
                None => members.push((member, value(name, None))),
            }
        }
        members.extend(lists.into_iter().map(|(member, items)| (member, format!("[{}]", items.join(",")))));
        members
    }

    /// Query and body of an operation that nobody knows: what has no canonical form stands in one member, as it was.
    fn unknown(&self, take: &Take) -> (String, Bytes) {
        let (mut query, mut body, mut opaque) = (Vec::new(), Vec::new(), None);
        for (name, text, written) in self.members(take) {
            match (name.as_str(), text) {
                ("$query", Some(text)) => query.push(text),
                ("$body", Some(text)) => opaque = Some(Bytes::from(text)),
                ("$body-base64", Some(text)) => opaque = BASE64.decode(text.as_bytes()).ok().map(Bytes::from),
                (_, text) => body.push((name, text, written)),
            }
        }
        body.extend(self.own_members(take).into_iter().map(|(name, written)| {
            let text = json::unquote(&written).ok().map(|text| text.into_owned());
            (name, text, written)
        }));
        let Some(opaque) = opaque else {
            let body: Vec<String> =
                body.into_iter().map(|(name, _, written)| format!("{}:{written}", json::quote(&name))).collect();
            let body = if body.is_empty() { String::new() } else { format!("{{{}}}", body.join(",")) };
            return (query.join("&"), body.into());
        };
        // Beside a body that is no JSON only the query can have them.
        query.extend(body.into_iter().filter_map(|(name, text, _)| Some(pair(&name, &text?))));
        (query.join("&"), opaque)
    }

    /// The parameters: each one's name, its text where it is a string, and how it is written as JSON.
    fn members(&self, take: &Take) -> Vec<(String, Option<String>, String)> {
        let Ok(root) = json::parse(self.entry().request.as_bytes()) else { return Vec::new() };
        let Kind::Object(members) = root.kind else { return Vec::new() };
        let member = |member: &json::Member<'_>| {
            let name = json::unquote(member.key).ok()?.into_owned();
            let mut written = String::new();
            write(&mut written, &member.value, take);
            let text = json::parse(written.as_bytes()).ok().and_then(|node| node.text().map(|text| text.into_owned()));
            Some((name, text, written))
        };
        members.iter().filter_map(member).collect()
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, NON_ALPHANUMERIC), utf8_percent_encode(value, NON_ALPHANUMERIC))
}

/// A canonical value of the request of `take` as a client would write it: volatile values in their places, what looks like a
/// hole and is none unescaped.
fn write(out: &mut String, node: &Node<'_>, take: &Take) {
    if let Some(name) = hole(node) {
        out.push_str(&value(&named_after(take, name), None));
        return;
    }
    match &node.kind {
        Kind::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(out, item, take);
            }
            out.push(']');
        }
        Kind::Object(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                match member.key.strip_prefix("\"$$") {
                    Some(rest) if members.len() == 1 => out.push_str(&format!("\"${rest}")),
                    _ => out.push_str(member.key),
                }
                out.push(':');
                write(out, &member.value, take);
            }
            out.push('}');
        }
        _ => out.push_str(node.raw),
    }
}
