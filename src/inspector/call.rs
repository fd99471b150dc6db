//! One call: what it asked, what it was answered, and which take that was.

use super::calls::describe;
use super::page::{Context, InspectorError, Page};
use super::time::{clock, duration};
use super::why;
use crate::engine::{Call, CallOutcome, CallRequest, ServedPage, TakeChosen, describe_page};
use crate::entry_file::{laid_out, spelled};
use crate::model::{Entry, Take};
use maud::{Markup, html};

/// The page of the call with this number.
pub(super) fn render(context: &Context, number: &str) -> Result<Page, InspectorError> {
    let call = number.parse().ok().and_then(|number| context.tape.call(number));
    let call = call.ok_or_else(|| InspectorError::NoCall(number.to_owned()))?;
    let entry = call.request.as_ref().and_then(|request| context.tape.entry(&request.folder, &request.fingerprint));
    let kind = call.outcome.kind();
    let body = html! {
        p { span class={ "badge " (kind.name()) } { (describe(kind)) } " with status " (call.status) ", " (duration(call.took)) " after it came at " (clock(call.at)) " UTC" }
        (render_neighbours(context, &call))
        (render_request(context, &call, entry.as_ref()))
        @match &call.outcome {
            CallOutcome::Replayed(chosen) => (render_take(context, &call, entry.as_ref(), chosen)),
            CallOutcome::Recorded => p { "Upstream answered, and the answer was recorded." },
            CallOutcome::PassedOn => p { "Upstream answered; by rule the answer was not recorded." },
            CallOutcome::Missed { message } => { h2 { "Why there is no answer" } pre.message { (message) } },
            CallOutcome::Refused { message } => { h2 { "Why it was refused" } pre.message { (message) } },
        }
        @if let Some(explanation) = context.tape.explain(&call) { (why::render(context, &explanation)) }
    };
    Ok(Page { title: format!("Call {}: {}", call.number, call.operation), view: "", body })
}

fn render_neighbours(context: &Context, call: &Call) -> Markup {
    let (made, forgotten) = context.tape.call_extent();
    let link = |number: u64| context.link(&format!("calls/{number}"));
    html! {
        nav.neighbours aria-label="Neighbouring calls" {
            @if call.number > forgotten + 1 { a href=(link(call.number - 1)) rel="prev" { "← Call " (call.number - 1) } }
            @if call.number < made { a href=(link(call.number + 1)) rel="next" { "Call " (call.number + 1) " →" } }
        }
    }
}

fn render_request(context: &Context, call: &Call, entry: Option<&Entry>) -> Markup {
    let Some(request) = &call.request else { return html! {} };
    let (region, actor, parameters) = match (&request.asked, entry) {
        (Some(asked), _) => (&*asked.region, &*asked.actor, &*asked.parameters),
        (None, Some(entry)) => (&*entry.region, &*entry.actor, &*entry.request),
        (None, None) => ("", "", ""),
    };
    html! {
        h2 { "Request" }
        dl {
            dt { "Session" } dd { (call.session.as_deref().unwrap_or("none")) }
            dt { "Region" } dd { (region) }
            dt { "Actor" } dd { (actor) }
            dt { "Fingerprint" } dd { (render_fingerprint(context, request, entry)) }
            @if let Some(size) = request.page_size { dt { "Page size" } dd { (size) } }
            @if request.continues { dt { "Page" } dd { "goes on with a listing" } }
        }
        pre tabindex="0" { (lay_out(parameters)) }
    }
}

fn render_fingerprint(context: &Context, request: &CallRequest, entry: Option<&Entry>) -> Markup {
    let fingerprint = request.fingerprint.to_string();
    html! {
        @if entry.is_some() { a href=(context.link(&format!("recorded/{fingerprint}"))) { code { (fingerprint) } } }
        @else { code { (fingerprint) } }
    }
}

fn render_take(context: &Context, call: &Call, entry: Option<&Entry>, chosen: &TakeChosen) -> Markup {
    let Some(entry) = entry else { return html! { p { "The take that answered is no longer in the cassette." } } };
    let Some(take) = entry.takes.get(chosen.take) else {
        return html! { p { "Take " (chosen.take + 1) " answered; it is no longer in the cassette." } };
    };
    html! {
        h2 { "Answer: take " (chosen.take + 1) " of " (entry.takes.len()) }
        @if let Some(text) = describe_page(chosen.page, take.pages.len()) { p { (text) } }
        @match chosen.page {
            ServedPage::Recorded(page) => (render_page(take, page)),
            ServedPage::Cut { .. } => p { a href=(pages_link(context, call, chosen)) { "The listing's pages, as recorded and as cut" } },
        }
    }
}

/// Where the pages of the take are shown that answered.
fn pages_link(context: &Context, call: &Call, chosen: &TakeChosen) -> String {
    let request = call.request.as_ref();
    let fingerprint = request.map(|request| request.fingerprint.to_string()).unwrap_or_default();
    let size = request.and_then(|request| request.page_size).map(|size| format!("?size={size}")).unwrap_or_default();
    context.link(&format!("recorded/{fingerprint}/takes/{}{size}", chosen.take + 1))
}

fn render_page(take: &Take, page: u32) -> Markup {
    let Some(page) = take.pages.get(page as usize) else { return html! {} };
    let body = laid_out(&page.body).unwrap_or_else(|| String::from_utf8_lossy(&spelled(&page.body)).into_owned());
    html! { p { "Status " (page.status) } pre tabindex="0" { (body) } }
}

/// JSON on several lines; other text as it is.
fn lay_out(text: &str) -> String {
    laid_out(&crate::model::Body::literal(text.to_owned().into())).unwrap_or_else(|| text.to_owned())
}
