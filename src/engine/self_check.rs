//! An entry replayed against its own requests, before it becomes text: what cannot be found again must not be kept.

use crate::cassette::BrokenEntry;
use crate::diff::parameter_differences;
use crate::engine::identify::{IdentifiedRequest, IdentifyRules, PageRequest, identify};
use crate::engine::pagination::page_cut::{PageQuery, select_page};
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::request_builder::{RequestBuilder, build_companion_request, write_members};
use crate::engine::request_scope::RequestScope;
use crate::engine::settings::Pages;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Entry, OperationName, Request};
use crate::redact::Redaction;
use crate::service::Service;
use crate::session::Bindings;
use crate::token::Token;
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
) -> Result<(), BrokenEntry> {
    // What is not asked again: a request that only a digest of a foreign token is kept of.
    let Some(identified) = identify_again(service, redaction, fingerprint, entry)? else { return Ok(()) };
    if identified.fingerprint != *fingerprint {
        let differences = parameter_differences(&entry.request, &identified.parameters);
        let place = differences.first().map_or("", |difference| difference.pointer.as_str());
        return Err(BrokenEntry {
            pointer: format!("/request{place}"),
            reason: format!(
                "sent again, this request has another fingerprint ({}): a replay would never find it",
                identified.fingerprint
            ),
        });
    }
    let prepared = Arc::new(PreparedEntry::new(*fingerprint, entry.clone()));
    for at in 0..entry.takes.len() {
        follow_take(service, &identified, &prepared, at)?;
    }
    Ok(())
}

/// What the entry's request asks when it is sent again: the form that comes to its fingerprint, else the first one.
pub(super) fn identify_again(
    service: &Service,
    redaction: &Redaction,
    fingerprint: &Fingerprint,
    entry: &Entry,
) -> Result<Option<IdentifiedRequest>, BrokenEntry> {
    let rules = IdentifyRules { service, redaction };
    let scope = RequestScope {
        credential: None,
        service: entry.operation.service().map_or(&service.name, |(service, _)| service),
        region: &entry.region,
        actor: entry.actor.clone().into(),
        stand_in_for: None,
        parameter_headers: String::new(),
    };
    let mut live = Bindings::default();
    let mut first = None;
    for request in build_requests(service, entry, &mut live) {
        let identified = identify(&request, &rules, &scope, Some(&live)).map_err(|error| BrokenEntry {
            pointer: "/request".to_owned(),
            reason: format!("it cannot be sent again: {}", error.explained()),
        })?;
        if identified.fingerprint == *fingerprint {
            return Ok(Some(identified));
        }
        first = first.or(Some(identified));
    }
    Ok(first)
}

/// Follows take `at` from its first page to its last.
fn follow_take(
    service: &Service,
    identified: &IdentifiedRequest,
    prepared: &Arc<PreparedEntry>,
    at: usize,
) -> Result<(), BrokenEntry> {
    let recorded = prepared.entry.takes.get(at).map(|take| take.pages.as_slice()).unwrap_or_default();
    let items_member = identified.items_member();
    let mut page = PageRequest::default();
    for number in 0..recorded.len() {
        let broken = |reason: String| BrokenEntry { pointer: format!("/takes/{at}/pages/{number}"), reason };
        let query = PageQuery { pages: Pages::Recorded, request: &page, paging: &service.paging, items_member };
        let (response, _) = select_page(&query, prepared, at)
            .map_err(|reason| broken(format!("the page before does not lead here ({reason:?})")))?;
        let response = response.fill(|| None).map_err(|hole| broken(format!("nothing fills its hole {hole:?}")))?;
        if number + 1 == recorded.len() {
            break;
        }
        let token = json::parse(&response.body)
            .ok()
            .and_then(|root| Token::decode(&root.member(&service.paging.token)?.text()?).ok());
        let takes = prepared.takes(items_member);
        match token.filter(|token| takes.get(at).is_some_and(|take| take.answers(token))) {
            Some(token) => page = PageRequest { token: Some(token), ..PageRequest::default() },
            None => return Err(broken("it has no token that leads to the next page".to_owned())),
        }
    }
    Ok(())
}

/// The requests that `entry` may have been recorded for, with values for the holes in them.
fn build_requests(service: &Service, entry: &Entry, live: &mut Bindings) -> Vec<Request> {
    let members = write_members(&entry.request, &mut |name| {
        let value = format!("ramtape-self-check {name}");
        live.bind(name.to_owned(), &value);
        json::quote(&value)
    });
    let build = |add: fn(&mut RequestBuilder<'_>, &str, &str)| {
        let mut builder = RequestBuilder::for_name(service, &entry.operation);
        members.iter().for_each(|(name, value)| add(&mut builder, name, value));
        builder.build()
    };
    match &entry.operation {
        OperationName::Known(name) => {
            let is_foreign_page = members.iter().any(|(name, _)| *name == service.paging.token);
            if is_foreign_page || service.operation_named(name).is_none() {
                return Vec::new();
            }
            vec![build(|builder, name, value| builder.add(name, value))]
        }
        OperationName::Companion(_) => vec![build_companion_request(&entry.operation, &members)],
        OperationName::Unknown(_) => {
            let request = build(|builder, name, value| builder.add(name, value));
            if service.operation(&request.method, &request.path).is_some() {
                return Vec::new();
            }
            vec![request, build(|builder, name, value| builder.add_to_body(name, value))]
        }
    }
}
