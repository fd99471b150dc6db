//! The timeline: what each session asked and when, as a picture, and in numbers below it.

use super::calls::{call_link, filter, session_choice, session_value};
use super::lanes::{Lanes, SessionCounts, count_sessions};
use super::page::{Context, InspectorError, Page, headers};
use super::picture::{self, Links, session_name};
use super::query::Query;
use super::window::{Window, milliseconds};
use crate::engine::{Call, CallFilter};
use crate::model::{Response, counted};
use bytes::Bytes;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};

/// The path of the view, and of its picture as a file.
const PATH: &str = "timeline";
const FILE: &str = "timeline.svg";
/// The table has so many sessions at most: those with the most calls.
const MAX_ROWS: usize = 200;

/// What is shown: calls of the run, and the part of its time.
struct Shown {
    /// The earliest first.
    calls: Vec<Call>,
    /// When the run's first call came that is remembered.
    origin: u64,
    whole: Window,
    window: Window,
}

impl Shown {
    fn new(context: &Context) -> Self {
        let mut calls = context.tape.latest_calls(&CallFilter::default(), None, usize::MAX);
        calls.reverse();
        let origin = origin(&calls);
        let whole = Window::whole(&calls, origin);
        let wanted = filter(context);
        calls.retain(|call| wanted.matches(call.session.as_deref(), &call.operation, call.outcome.kind()));
        Self { calls, origin, whole, window: Window::parse(&context.query, whole) }
    }

    fn lanes(&self) -> Lanes<'_> {
        Lanes::arrange(&self.calls, self.origin, self.window)
    }
}

/// When the first of `calls` came.
pub(super) fn origin(calls: &[Call]) -> u64 {
    calls.iter().map(|call| call.at).min().unwrap_or_default()
}

/// The view.
pub(super) fn render(context: &Context) -> Result<Page, InspectorError> {
    let shown = Shown::new(context);
    let lanes = shown.lanes();
    let window = shown.window;
    let body = html! {
        (render_form(context, &shown))
        @if shown.calls.is_empty() { p { "No call " (if filter(context) == CallFilter::default() { "yet." } else { "like this." }) } }
        @else {
            (render_zoom(context, &shown))
            (picture::render_shapes())
            section #timeline tabindex="0" aria-label="Picture" data-from=(milliseconds(window.from)) data-to=(milliseconds(window.to)) {
                p.extent {
                    (milliseconds(window.from)) " to " (milliseconds(window.to)) " ms after the first call. "
                    @if lanes.left_out > 0 {
                        "These are the " (lanes.lanes.len()) " sessions with the most calls; "
                        (counted(lanes.left_out as u64, "other is", "others are")) " left out: choose one above."
                    }
                    @if lanes.lanes.is_empty() { "No call is in this part of the run." }
                }
                a.skip href="#sessions" { "Skip the picture" }
                div.picture { (picture::render(&lanes, &PageLinks(context))) }
            }
            (picture::render_legend())
            p.hint { "A mark leads to its call; several calls in one mark lead to that part of the run. "
                span.scripted hidden { "Drag to move; Ctrl and the wheel, or the keys + and −, zoom; arrows move, 0 shows all." } }
            h2 #sessions tabindex="-1" { "Sessions" }
            (render_sessions(&count_sessions(&shown.calls), &|session| {
                let query = Query::default().with("session", Some(session_value(session)));
                html! { a href=(context.link_with("", &query)) { (session_name(session)) } }
            }))
        }
    };
    Ok(Page { title: "Timeline".to_owned(), view: PATH, body })
}

/// The picture as a file.
pub(super) fn respond_file(context: &Context) -> Response {
    let shown = Shown::new(context);
    let text = picture::render_file(&shown.lanes()).into_string();
    let mut headers = headers("image/svg+xml");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"ramtape-timeline.svg\""));
    Response { status: StatusCode::OK, headers, body: Bytes::from(text) }
}

/// Marks lead to calls, and to parts of the same picture.
struct PageLinks<'a>(&'a Context);

impl Links for PageLinks<'_> {
    fn call(&self, call: &Call) -> Option<String> {
        Some(call_link(self.0, call))
    }

    fn window(&self, window: Window) -> Option<String> {
        Some(self.0.link_with(PATH, &window.write(&self.0.query)))
    }

    fn session(&self, session: Option<&str>) -> Option<String> {
        Some(self.0.link_with(PATH, &self.0.query.with("session", Some(session_value(session)))))
    }
}

fn render_form(context: &Context, shown: &Shown) -> Markup {
    html! {
        form.filters method="get" role="search" aria-label="Choose what is shown" {
            @if context.names.len() > 1 { input type="hidden" name="cassette" value=(context.tape.name); }
            @for name in ["operation", "outcome"] {
                @if let Some(value) = context.query.get(name) { input type="hidden" name=(name) value=(value); }
            }
            (session_choice(context))
            @for (name, text, value) in [("from", "From", shown.window.from), ("to", "To", shown.window.to)] {
                label for=(name) { (text) " (ms)" }
                input.time id=(name) name=(name) type="number" min="0" step="any" value=(milliseconds(value));
            }
            button { "Show" }
        }
    }
}

fn render_zoom(context: &Context, shown: &Shown) -> Markup {
    let Shown { whole, window, .. } = shown;
    let link = |window: Window| context.link_with(PATH, &window.write(&context.query));
    let everything = context.link_with(PATH, &context.query.with("from", None).with("to", None));
    html! {
        nav.zoom #zoom aria-label="Zoom" {
            a #zoom-in href=(link(window.zoomed_in())) { "Zoom in" }
            @if window.from > 0 || window.to < whole.to { a #zoom-out href=(link(window.zoomed_out())) { "Zoom out" } }
            @if window.from > 0 { a #zoom-earlier href=(link(window.earlier())) { "← Earlier" } }
            @if window.to < whole.to { a #zoom-later href=(link(window.later())) { "Later →" } }
            @if window != whole { a #zoom-all href=(everything) { "All" } }
            a href=(context.link_with(FILE, &context.query)) download { "Save as SVG" }
        }
    }
}

/// The sessions in numbers; `name` is what leads to one.
pub(super) fn render_sessions(
    sessions: &[(Option<&str>, SessionCounts)],
    name: &dyn Fn(Option<&str>) -> Markup,
) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Sessions" {
            table {
                thead { tr {
                    @for head in ["Session", "Calls", "Writes", "Misses", "Refused", "Waiters that are stuck"] { th scope="col" { (head) } }
                } }
                tbody {
                    @for (session, counts) in sessions.iter().take(MAX_ROWS) {
                        tr {
                            th scope="row" { (name(*session)) }
                            td.number { (counts.calls) }
                            td.number { (counts.writes) }
                            td.number { span.badge[counts.misses > 0].missed[counts.misses > 0] { (counts.misses) } }
                            td.number { span.badge[counts.refused > 0].refused[counts.refused > 0] { (counts.refused) } }
                            td.number { span.badge[counts.stuck > 0].refused[counts.stuck > 0] { (counts.stuck) } }
                        }
                    }
                }
            }
        }
        @if sessions.len() > MAX_ROWS { p.extent { "And " (sessions.len() - MAX_ROWS) " more with fewer calls." } }
    }
}
