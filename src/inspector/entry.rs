//! One recorded request with all its takes.

use super::body::{render_body, render_json};
use super::index::RequestKey;
use super::page::{Context, InspectorError, Page, render_page_links};
use super::query::Query;
use crate::engine::{Call, CallFilter, CallOutcome};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take, counted};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// How many takes a page has.
const PAGE: usize = 50;

/// What those pages are called, and the links between them.
const PAGE_NAMES: [&str; 3] = ["Takes", "Earlier takes", "Later takes"];

/// How many of the run's calls are looked through for those that a take answered.
const MOST_CALLS: usize = 10_000;

/// How many of those are linked for each take.
const LINKED_CALLS: usize = 10;

/// A recorded request, as it was found by the beginning of its fingerprint.
pub(super) struct FoundEntry {
    pub(super) folder: String,
    pub(super) fingerprint: Fingerprint,
    pub(super) entry: Entry,
}

/// The request whose fingerprint begins with `start`.
pub(super) fn find(context: &Context, start: &str) -> Result<FoundEntry, InspectorError> {
    let cassette = context.tape.engine.cassette();
    let start_lower = start.to_ascii_lowercase();
    let is_meant = |(_, fingerprint): &RequestKey| fingerprint.to_string().starts_with(&start_lower);
    let mut meant = cassette.fingerprints()?.into_iter().filter(is_meant);
    let (Some((folder, fingerprint)), None) = (meant.next(), meant.next()) else {
        return Err(InspectorError::NoRequest(start.to_owned()));
    };
    let entry = cassette.entry(&folder, &fingerprint)?.ok_or_else(|| InspectorError::NoRequest(start.to_owned()))?;
    Ok(FoundEntry { folder, fingerprint, entry })
}

/// The link to take `take`, from 0, of the request `fingerprint`.
pub(super) fn take_link(context: &Context, fingerprint: impl Display, take: usize) -> String {
    let page = (take >= PAGE).then(|| (take / PAGE + 1).to_string());
    let path = format!("recorded/{fingerprint}#take-{}", take + 1);
    context.link_with(&path, &Query::default().with("page", page.as_deref()))
}

/// The page of the request whose fingerprint begins with `start`.
pub(super) fn render(context: &Context, start: &str) -> Result<Page, InspectorError> {
    let found = find(context, start)?;
    let FoundEntry { folder, fingerprint, entry } = &found;
    let cassette = context.tape.engine.cassette();
    let is_pending = cassette.is_pending(fingerprint);
    let used =
        context.tape.used_takes(&context.index()).remove(&(folder.clone(), *fingerprint)).unwrap_or_default().used;
    let calls = calls_by_take(context, &found);
    let pages = entry.takes.len().div_ceil(PAGE).max(1);
    let page = context.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let shown = || entry.takes.iter().enumerate().skip((page - 1) * PAGE).take(PAGE);
    let writes = find_writes(context, shown().filter_map(|(_, take)| take.after.as_deref()))?;
    let operation = entry.operation.as_str();
    let by_operation = |path: &str| context.link_with(path, &Query::default().with("operation", Some(operation)));
    let body = html! {
        dl {
            dt { "Operation" } dd { a href=(by_operation("recorded")) { (operation) } }
            dt { "Fingerprint" } dd { code { (fingerprint) } }
            dt { "Region" } dd { (entry.region) }
            dt { "Actor" } dd { (entry.actor) }
            dt { "File" } dd { code { (folder) "/" (fingerprint) ".json" }
                @if is_pending { " (with takes that are not in it yet: they are pending)" } }
            dt { "Calls" } dd { a href=(by_operation("")) { "Calls of this operation in this run" } }
        }
        h2 { "Request" }
        (render_json(&entry.request))
        (render_page_links(context, &format!("recorded/{fingerprint}"), PAGE_NAMES, page, pages))
        @for (at, take) in shown() {
            section aria-labelledby={ "take-" (at + 1) } {
                h2 id={ "take-" (at + 1) } { "Take " (at + 1) " of " (entry.takes.len()) }
                (render_circumstances(context, take, used.contains(&at), &writes, calls.get(&at).map_or(&[], Vec::as_slice)))
                @if is_listing(context, entry) {
                    p { a href=(context.link(&format!("recorded/{fingerprint}/takes/{}", at + 1))) { "Its pages as a chain, and cut to other sizes" } }
                }
                (render_take_pages(take))
            }
        }
        (render_page_links(context, &format!("recorded/{fingerprint}"), PAGE_NAMES, page, pages))
    };
    Ok(Page { title: format!("{operation} {fingerprint}"), view: "recorded", body })
}

/// Whether the answers are pages of a listing.
pub(super) fn is_listing(context: &Context, entry: &Entry) -> bool {
    let operation = context.tape.engine.settings().service.operation_called(&entry.operation);
    operation.is_some_and(|operation| operation.page_items.is_some())
}

/// The calls of this run that each take answered, the latest first.
fn calls_by_take(context: &Context, found: &FoundEntry) -> BTreeMap<usize, Vec<u64>> {
    let operation = Some(found.entry.operation.as_str().to_owned());
    let filter = CallFilter { session: None, operation, outcome: None };
    let mut calls: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for call in context.tape.latest_calls(&filter, None, MOST_CALLS) {
        if let (CallOutcome::Replayed(chosen), true) = (&call.outcome, asks(&call, &found.fingerprint)) {
            calls.entry(chosen.take).or_default().push(call.number);
        }
    }
    calls
}

fn asks(call: &Call, fingerprint: &Fingerprint) -> bool {
    call.request.as_ref().is_some_and(|request| request.fingerprint == *fingerprint)
}

/// Where the takes of the writes called `ids` are.
fn find_writes<'a>(
    context: &Context,
    ids: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, (Fingerprint, usize)>, InspectorError> {
    let ids: BTreeSet<&str> = ids.collect();
    let cassette = context.tape.engine.cassette();
    let keys = if ids.is_empty() { Vec::new() } else { cassette.fingerprints()? };
    let place = |id: &str| Some((id.to_owned(), context.index().find_write(cassette, &keys, id)?));
    Ok(ids.into_iter().filter_map(place).collect())
}

fn render_circumstances(
    context: &Context,
    take: &Take,
    is_used: bool,
    writes: &BTreeMap<String, (Fingerprint, usize)>,
    calls: &[u64],
) -> Markup {
    let session_link = |session: &str| context.link_with("recorded", &Query::default().with("session", Some(session)));
    html! {
        dl {
            @if let Some(session) = &take.session { dt { "Session" } dd { a href=(session_link(session)) { (session) } } }
            @if let Some(after) = &take.after {
                dt { "Recorded after" }
                dd {
                    @match writes.get(after) {
                        Some((fingerprint, at)) => { a href=(take_link(context, fingerprint, *at)) { "the write " (after) } },
                        None => { "the write " (after) ", which is not in this cassette" },
                    }
                }
            }
            @if let Some(id) = &take.id { dt { "The write" } dd { (id) } }
            @if let Some(size) = take.max_results { dt { "Page size asked for" } dd { (size) } }
            @if take.times > 1 { dt { "Given" } dd { (take.times) " times in a row" } }
            dt { "Recorded" } dd { (if take.complete { "whole" } else { "in part: its listing went on" }) }
            dt { "Used in this run" }
            dd {
                (if is_used { "yes" } else { "never" })
                @for (place, number) in calls.iter().take(LINKED_CALLS).enumerate() {
                    (if place == 0 { ", by call " } else { ", " })
                    a href=(context.link(&format!("calls/{number}"))) { (number) }
                }
                @if calls.len() > LINKED_CALLS { " and " (counted((calls.len() - LINKED_CALLS) as u64, "earlier call", "earlier calls")) }
            }
        }
    }
}

fn render_take_pages(take: &Take) -> Markup {
    html! {
        @for (number, page) in (1..).zip(&take.pages) {
            p.page-head {
                @if take.pages.len() > 1 { "Page " (number) " of " (take.pages.len()) ": " }
                "status " (page.status)
                @for (name, value) in &page.headers { ", " code { (name) ": " (value) } }
            }
            (render_body(&page.body))
        }
    }
}
