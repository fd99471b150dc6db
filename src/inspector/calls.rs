//! The list of calls, the latest first.

use super::page::{Context, InspectorError, Page};
use super::time::{clock, duration};
use crate::engine::{Call, CallFilter, CallOutcome, OutcomeKind};
use maud::{Markup, html};

/// How many calls a page has.
const PAGE: usize = 100;

/// How many sessions can be chosen from a list; of more, one is typed.
const MAX_CHOICES: usize = 200;

/// The calls that the page's parameters ask for.
pub(super) fn filter(context: &Context) -> CallFilter {
    let query = &context.query;
    CallFilter {
        session: match query.given("session") {
            Some(NO_SESSION) => Some(String::new()),
            other => other.filter(|name| !name.is_empty()).map(str::to_owned),
        },
        operation: query.get("operation").map(str::to_owned),
        outcome: query.get("outcome").and_then(OutcomeKind::parse),
    }
}

/// Stands for callers that name no session, where all sessions could be meant; no session can be called so.
const NO_SESSION: &str = "(none)";

/// The list.
pub(super) fn render(context: &Context) -> Result<Page, InspectorError> {
    let before = context.query.get("before").and_then(|number| number.parse().ok());
    let calls = context.tape.latest_calls(&filter(context), before, PAGE);
    let (made, forgotten) = context.tape.call_extent();
    let newest = before.is_none().then_some(made);
    let events = context.link_with("events", &context.query.with("after", Some(&made.to_string())));
    let oldest = calls.last().map(|call| call.number).filter(|oldest| calls.len() == PAGE && *oldest > forgotten + 1);
    let body = html! {
        (render_filters(context))
        p.extent { (describe_extent(made, forgotten)) }
        @if before.is_some() {
            p { a href=(context.link_with("", &context.query.with("before", None))) { "Back to the latest" } }
        }
        div.scroll tabindex="0" role="region" aria-label="Calls" {
            table.calls {
                thead { (render_head()) }
                tbody #calls data-events=[newest.map(|_| &events)] {
                    @for call in &calls { (row(call, &call_link(context, call))) }
                }
            }
        }
        @if calls.is_empty() { p #no-calls { "No call " (if filter(context) == CallFilter::default() { "yet." } else { "like this." }) } }
        @if let Some(oldest) = oldest {
            p { a href=(context.link_with("", &context.query.with("before", Some(&oldest.to_string())))) rel="next" { "Earlier calls" } }
        }
        @if newest.is_some() { p.live role="status" aria-live="polite" #live {} }
    };
    Ok(Page { title: "Calls".to_owned(), view: "", body })
}

fn describe_extent(made: u64, forgotten: u64) -> String {
    match (made, forgotten) {
        (0, _) => "Nothing was asked so far.".to_owned(),
        (made, 0) => format!("{made} so far."),
        (made, forgotten) => format!("{made} so far; of them the latest {} are remembered.", made - forgotten),
    }
}

fn render_filters(context: &Context) -> Markup {
    let filter = filter(context);
    let operations = context.tape.operations_called();
    html! {
        form.filters method="get" role="search" aria-label="Filter the calls" {
            @if context.names.len() > 1 { input type="hidden" name="cassette" value=(context.tape.name); }
            (session_choice(context))
            label for="operation" { "Operation" }
            select #operation name="operation" {
                option value="" { "all" }
                @for name in &operations { option value=(name) selected[filter.operation.as_ref() == Some(name)] { (name) } }
            }
            label for="outcome" { "Outcome" }
            select #outcome name="outcome" {
                option value="" { "all" }
                @for kind in OutcomeKind::ALL {
                    option value=(kind.name()) selected[filter.outcome == Some(kind)] { (describe(kind)) }
                }
            }
            button { "Filter" }
        }
    }
}

/// The choice of a session, in a form.
pub(super) fn session_choice(context: &Context) -> Markup {
    let (chosen, sessions) = (context.query.get("session"), context.tape.sessions());
    html! {
        label for="session" { "Session" }
        @if sessions.len() > MAX_CHOICES {
            input #session name="session" value=[chosen] placeholder="all";
        } @else {
            select #session name="session" {
                option value="" { "all" }
                @for name in &sessions {
                    @let value = session_value(name.as_deref());
                    option value=(value) selected[chosen == Some(value)] { (value) }
                }
            }
        }
    }
}

/// A session as the parameter `session` names it.
pub(super) fn session_value(name: Option<&str>) -> &str {
    name.unwrap_or(NO_SESSION)
}

/// Where the page of `call` is.
pub(super) fn call_link(context: &Context, call: &Call) -> String {
    context.link(&format!("calls/{}", call.number))
}

/// The head of a list of calls.
pub(super) fn render_head() -> Markup {
    html! {
        tr {
            th scope="col" { "Call" } th scope="col" { "Time (UTC)" } th scope="col" { "Session" }
            th scope="col" { "Operation" } th scope="col" { "Outcome" } th scope="col" { "Status" } th scope="col" { "Took" }
        }
    }
}

/// A call as a row of a list, which leads to `target`; new ones are put above the others as they come.
pub(super) fn row(call: &Call, target: &str) -> Markup {
    let kind = call.outcome.kind();
    html! {
        tr id={ "call-" (call.number) } class={ "outcome-" (kind.name()) } {
            th scope="row" { a href=(target) { (call.number) } }
            td.number { (clock(call.at)) }
            td { @match &call.session { Some(name) => (name), None => span.none { "none" } } }
            td { (call.operation) @if call.is_write { " " span.write { "write" } } }
            td { span class={ "badge " (kind.name()) } { (describe(kind)) } (take_number(&call.outcome)) }
            td.number { (call.status) }
            td.number { (duration(call.took)) }
        }
    }
}

fn take_number(outcome: &CallOutcome) -> Markup {
    match outcome {
        CallOutcome::Replayed(chosen) if chosen.position.is_some() => html! { " take " (chosen.take + 1) },
        _ => html! {},
    }
}

/// An outcome in words.
pub(super) const fn describe(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Replayed => "replayed",
        OutcomeKind::Recorded => "recorded",
        OutcomeKind::PassedOn => "passed on",
        OutcomeKind::Missed => "missed",
        OutcomeKind::Refused => "refused",
    }
}
