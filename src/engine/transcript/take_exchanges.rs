//! The requests that get a take, and their answers.

use crate::aws::endpoint_host;
use crate::engine::body_holes::live_value;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::request_builder::{RequestBuilder, write_members, write_object};
use crate::engine::stand_ins::StandIns;
use crate::engine::transcript::names::whole_name;
use crate::json;
use crate::model::{DEFAULT_ACTOR, Entry, Exchange, Notation, Request, Take};
use crate::service::Service;
use crate::session::read_binding_prefix;
use crate::token::extract_token;
use crate::wire::{self, Protocol};
use http::{HeaderMap, HeaderName, HeaderValue};
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
    pub(super) fn build(&self, number: usize) -> Vec<Exchange> {
        let operation = self.service.operation_called(&self.entry().operation);
        let items_member = operation.as_ref().and_then(|operation| operation.page_items.as_deref());
        let Some(take) = self.entry().takes.get(number) else { return Vec::new() };
        let (mut exchanges, mut token) = (Vec::new(), None);
        let ready = self.prepared.takes(items_member).get(number);
        for page in ready.map(|ready| ready.pages.as_slice()).unwrap_or_default() {
            let Ok(response) = page.response().fill(|| None) else { break };
            let request = self.build_request(items_member.is_some(), take, token.as_deref());
            token =
                items_member.and_then(|_| extract_token(&response.body, &self.service.paging.token, 0).upstream_token);
            exchanges.push(Exchange { request, response, after: Some(take.after.clone()), write: take.id.clone() });
        }
        exchanges
    }

    fn entry(&self) -> &Entry {
        &self.prepared.entry
    }

    /// The request for a page: the parameters, the members that page, and the volatile ones that stand elsewhere.
    fn build_request(&self, is_listing: bool, take: &Take, token: Option<&str>) -> Request {
        let (entry, paging) = (self.entry(), &self.service.paging);
        if let Some((service, operation)) = entry.operation.service() {
            return self.build_companion_request(service, operation, take);
        }
        let mut builder = RequestBuilder::for_name(self.service, &entry.operation);
        let mut fill = |name: &str| live_value(&whole_name(take, name.to_owned()), None);
        for (name, value) in write_members(&entry.request, &mut fill) {
            builder.add(&name, &value);
        }
        if let Some(size) = take.max_results.filter(|_| is_listing) {
            builder.add_to_body(&paging.size, &size.to_string());
        }
        if let Some(token) = token {
            builder.add_to_body(&paging.token, &json::quote(token));
        }
        for (name, value) in self.own_members(take) {
            builder.add(&name, &value);
        }
        let mut request = builder.build();
        request.authority = endpoint_host(&self.service.name, &entry.region);
        self.add_headers(&mut request.headers, &self.service.name, take);
        request
    }

    /// The request of a service without a model, in the form that its answers show.
    fn build_companion_request(&self, service: &str, operation: &str, take: &Take) -> Request {
        let entry = self.entry();
        let mut fill = |name: &str| live_value(&whole_name(take, name.to_owned()), None);
        let mut members = write_members(&entry.request, &mut fill);
        members.extend(self.own_members(take));
        let answer = take.pages.first().map(|page| page.body.notation());
        let protocol = match answer {
            _ if operation.contains(' ') => Protocol::Rest,
            Some(Notation::Xml) => Protocol::Query,
            Some(Notation::Cbor) => Protocol::RpcV2Cbor,
            _ => Protocol::AwsJson,
        };
        let mut request = wire::build_request(protocol, operation, &write_object(&members));
        let rules = self.service.companions.rules(service);
        let label = rules.label.as_deref().unwrap_or(service);
        request.authority = rules.host.clone().unwrap_or_else(|| endpoint_host(label, &entry.region));
        self.add_headers(&mut request.headers, service, take);
        request
    }

    fn add_headers(&self, headers: &mut HeaderMap, service: &str, take: &Take) {
        let Entry { actor, region, .. } = self.entry();
        // There is no signature. A label claims its configured actor where it stands for an access key id, and any other in the
        // stand-in for a session token.
        let scope = format!("{actor}/19700101/{region}/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=");
        let named = [
            (HeaderName::from_static("x-ramtape-session"), take.session.clone()),
            (http::header::AUTHORIZATION, Some(authorization).filter(|_| actor != DEFAULT_ACTOR)),
            (
                HeaderName::from_static("x-amz-security-token"),
                (actor != DEFAULT_ACTOR).then(|| StandIns::for_actor(actor).session_token),
            ),
        ];
        for (name, value) in named {
            if let Some(Ok(value)) = value.map(|value| HeaderValue::from_str(&value)) {
                headers.insert(name, value);
            }
        }
    }

    /// The names of the values that a take's own request gave, each with where it stood. Of several that reads of one request
    /// brought, the first.
    fn own_names(&self, take: &Take) -> Vec<(&str, &str)> {
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
        for (name, pointer) in self.own_names(take) {
            let mut steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
            let Some(member) = steps.next() else { continue };
            match steps.next() {
                Some(_) => lists.entry(member).or_default().push(live_value(name, None)),
                None => members.push((member, live_value(name, None))),
            }
        }
        members.extend(lists.into_iter().map(|(member, items)| (member, format!("[{}]", items.join(",")))));
        members
    }
}
