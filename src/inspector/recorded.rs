//! The cassette browser: the recorded requests, found by what they say and by what this run did with them.

use super::index::{RequestKey, RequestSummary, Summarised};
use super::page::{Context, InspectorError, Page, render_page_links};
use crate::cassette::UsedTakes;
use crate::fingerprint::Fingerprint;
use crate::model::{OperationName, counted, with_causes};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// How many requests a page has.
const PAGE: usize = 100;

/// How many sessions are named in a row.
const NAMED_SESSIONS: usize = 3;

/// What can be shown alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    /// Requests with takes that answered nothing in this run.
    Unused,
    /// Requests with an error among their answers.
    Errors,
    /// Requests with a listing that was not recorded to its end.
    Partial,
}

impl Only {
    const ALL: [Self; 3] = [Self::Unused, Self::Errors, Self::Partial];

    const fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Errors => "errors",
            Self::Partial => "partial",
        }
    }

    const fn describe(self) -> &'static str {
        match self {
            Self::Unused => "Never used in this run",
            Self::Errors => "With errors",
            Self::Partial => "Recorded in part",
        }
    }
}

/// What the parameters of the page ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    /// Text to find, in lower case.
    text: Option<String>,
    /// The folder of an operation.
    folder: Option<String>,
    session: Option<String>,
    only: Option<Only>,
}

impl Filter {
    fn read(context: &Context) -> Self {
        let query = &context.query;
        let folder = |name: &str| OperationName::parse(name.to_owned()).folder();
        Self {
            text: query.get("q").map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
            folder: query.get("operation").map(folder),
            session: query.get("session").map(str::to_owned),
            only: query.get("only").and_then(|name| Only::ALL.into_iter().find(|only| only.name() == name)),
        }
    }

    /// Whether a request is wanted as far as its name and this run tell.
    fn wants_key(&self, (folder, _): &RequestKey, used: Option<&UsedTakes>) -> bool {
        let has_unused = || used.is_none_or(|used| used.used.len() < used.takes);
        self.folder.as_ref().is_none_or(|wanted| wanted == folder) && (self.only != Some(Only::Unused) || has_unused())
    }

    /// Whether what a request says must be known.
    fn needs_contents(&self) -> bool {
        self.text.is_some() || self.session.is_some() || matches!(self.only, Some(Only::Errors | Only::Partial))
    }

    /// Whether a request is wanted by what it says. One that cannot be read is: nobody knows what it would say.
    fn wants(&self, context: &Context, fingerprint: &Fingerprint, request: &Summarised) -> bool {
        let request = match request {
            Ok(Some(request)) => request,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let named = |wanted: &String| request.takes.iter().any(|take| take.session.as_ref() == Some(wanted));
        let says = |text: &String| {
            fingerprint.to_string().starts_with(text.as_str()) || request.contains(context.tape.engine.cassette(), text)
        };
        let fits = match self.only {
            Some(Only::Errors) => request.takes.iter().any(|take| take.facts.error.is_some()),
            Some(Only::Partial) => request.takes.iter().any(|take| !take.facts.complete),
            Some(Only::Unused) | None => true,
        };
        fits && self.session.as_ref().is_none_or(named) && self.text.as_ref().is_none_or(says)
    }
}

/// The browser.
pub(super) fn render(context: &Context) -> Result<Page, InspectorError> {
    let (cassette, index) = (context.tape.engine.cassette(), context.index());
    let filter = Filter::read(context);
    let keys = cassette.fingerprints()?;
    index.forget_others(&keys);
    let used = context.tape.used_takes(&context.index());
    let mut found: Vec<RequestKey> = keys.iter().filter(|key| filter.wants_key(key, used.get(*key))).cloned().collect();
    if filter.needs_contents() {
        let requests = index.requests(cassette, &found);
        let wanted = found.into_iter().zip(&requests).filter(|((_, fp), request)| filter.wants(context, fp, request));
        found = wanted.map(|(key, _)| key).collect();
    }
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = context.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let shown = found.chunks(PAGE).nth(page - 1).unwrap_or_default();
    let requests = index.requests(cassette, shown);
    let asked = context.tape.call_extent().0 > 0;
    let body = html! {
        @if keys.is_empty() {
            p { "Nothing is recorded in this cassette yet." }
        } @else {
            (render_shortcuts(context, &filter))
            (render_filters(context, &keys))
            p.extent { (describe_count(found.len(), keys.len())) @if !asked { " Nothing was asked in this run so far." } }
            @if !found.is_empty() { (render_table(context, shown, &requests, &used)) }
            (render_page_links(context, "recorded", ["Pages", "Previous", "Next"], page, pages))
        }
    };
    Ok(Page { title: "Recorded requests".to_owned(), view: "recorded", body })
}

fn describe_count(found: usize, all: usize) -> String {
    match found {
        0 => format!("None of {} is like this.", counted(all as u64, "recorded request", "recorded requests")),
        _ if found == all => format!("{}.", counted(all as u64, "recorded request", "recorded requests")),
        _ => format!("{found} of {}.", counted(all as u64, "recorded request", "recorded requests")),
    }
}

fn render_shortcuts(context: &Context, filter: &Filter) -> Markup {
    let link = |only: Option<Only>| {
        let query = context.query.with("only", only.map(Only::name)).with("page", None);
        context.link_with("recorded", &query)
    };
    html! {
        nav.shortcuts aria-label="Show only" {
            a href=(link(None)) aria-current=[filter.only.is_none().then_some("true")] { "All" }
            @for only in Only::ALL {
                a href=(link(Some(only))) aria-current=[(filter.only == Some(only)).then_some("true")] { (only.describe()) }
            }
        }
    }
}

fn render_filters(context: &Context, keys: &[RequestKey]) -> Markup {
    let query = &context.query;
    let chosen = query.get("operation");
    html! {
        form.filters method="get" role="search" aria-label="Search what is recorded" {
            @if context.names.len() > 1 { input type="hidden" name="cassette" value=(context.tape.name); }
            @if let Some(only) = query.get("only") { input type="hidden" name="only" value=(only); }
            label for="q" { "Search" }
            input #q type="search" name="q" value=[query.get("q")];
            label for="operation" { "Operation" }
            select #operation name="operation" {
                option value="" { "all" }
                @for name in operation_names(context, keys) {
                    option value=(name) selected[chosen == Some(&*name)] { (name) }
                }
            }
            label for="session" { "Session" }
            input #session type="text" name="session" value=[query.get("session")];
            button { "Find" }
        }
    }
}

/// The operations that are recorded, by name. One request of each folder is read, where its name alone does not tell.
fn operation_names(context: &Context, keys: &[RequestKey]) -> BTreeSet<String> {
    let service = &context.tape.engine.settings().service;
    let known: BTreeMap<&str, &str> =
        service.operations().map(|operation| (operation.folder.as_str(), operation.name.as_str())).collect();
    let mut firsts: Vec<&RequestKey> = keys.iter().collect();
    firsts.dedup_by_key(|(folder, _)| folder);
    let name = |key: &RequestKey| match known.get(key.0.as_str()) {
        Some(name) => Some((*name).to_owned()),
        None => {
            let request = context.index().request(context.tape.engine.cassette(), key);
            Some(request.ok()??.operation.as_str().to_owned())
        }
    };
    firsts.into_iter().filter_map(name).collect()
}

fn render_table(
    context: &Context,
    keys: &[RequestKey],
    requests: &[Summarised],
    used: &BTreeMap<RequestKey, UsedTakes>,
) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Recorded requests" {
            table.requests {
                thead { tr {
                    th scope="col" { "Operation" } th scope="col" { "Request" } th scope="col" { "Region" }
                    th scope="col" { "Actor" } th scope="col" { "Takes" } th scope="col" { "Pages" }
                    th scope="col" { "Sessions" } th scope="col" { "Errors" } th scope="col" { "Used in this run" }
                } }
                tbody {
                    @for (key, request) in keys.iter().zip(requests) {
                        @match request {
                            Ok(Some(request)) => (render_row(context, key, request, used.get(key))),
                            Ok(None) => {},
                            Err(error) => tr {
                                th scope="row" { (key.0) }
                                td colspan="8" { a href=(entry_link(context, &key.1)) { code { (key.1) } } " "
                                    span.problem { "cannot be read: " (with_causes(error)) } }
                            },
                        }
                    }
                }
            }
        }
    }
}

fn entry_link(context: &Context, fingerprint: &Fingerprint) -> String {
    context.link(&format!("recorded/{fingerprint}"))
}

fn render_row(
    context: &Context,
    (_, fingerprint): &RequestKey,
    request: &RequestSummary,
    used: Option<&UsedTakes>,
) -> Markup {
    let pages: usize = request.takes.iter().map(|take| take.facts.pages).sum();
    let partial = request.takes.iter().filter(|take| !take.facts.complete).count();
    let errors: BTreeSet<&str> = request.takes.iter().filter_map(|take| take.facts.error.as_deref()).collect();
    html! {
        tr {
            th scope="row" { (request.operation.as_str()) }
            td { a href=(entry_link(context, fingerprint)) { code { (fingerprint) } } " " code.start { (request.request) } }
            td { (request.region) }
            td { (request.actor) }
            td.number { (request.takes.len()) @if partial > 0 { " (" (partial) " in part)" } }
            td.number { (pages) }
            td { (describe_sessions(request)) }
            td { @for error in &errors { span.problem { (error) } " " } }
            td { (describe_use(request.takes.len(), used)) }
        }
    }
}

fn describe_sessions(request: &RequestSummary) -> String {
    let names: BTreeSet<&str> = request.takes.iter().filter_map(|take| take.session.as_deref()).collect();
    let first: Vec<&str> = names.iter().copied().take(NAMED_SESSIONS).collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// How many of a request's takes answered anything.
fn describe_use(takes: usize, used: Option<&UsedTakes>) -> Markup {
    let count = used.map_or(0, |used| used.used.iter().filter(|take| **take < takes).count());
    html! {
        @match count {
            0 => span.none { "never" },
            _ if count == takes => "yes",
            _ => { (count) " of " (takes) " takes" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_words() {
        assert_eq!(describe_count(0, 1), "None of 1 recorded request is like this.");
        assert_eq!(describe_count(2, 2), "2 recorded requests.");
        assert_eq!(describe_count(1, 2), "1 of 2 recorded requests.");
    }

    #[test]
    fn a_take_that_answered_nothing_makes_its_request_wanted() {
        let filter = Filter { only: Some(Only::Unused), ..Filter::default() };
        let key = ("get-x".to_owned(), Fingerprint::hash("x"));
        let used = |used: &[usize]| UsedTakes { takes: 2, used: used.iter().copied().collect() };
        assert!(filter.wants_key(&key, None));
        assert!(filter.wants_key(&key, Some(&used(&[1]))));
        assert!(!filter.wants_key(&key, Some(&used(&[0, 1]))));
        let shown = |used: Option<&UsedTakes>| describe_use(2, used).into_string();
        assert!(shown(None).contains("never"));
        assert_eq!(
            (shown(Some(&used(&[1]))), shown(Some(&used(&[0, 1])))),
            ("1 of 2 takes".to_owned(), "yes".to_owned())
        );
    }
}
