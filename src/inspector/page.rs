//! What all pages have in common: head, navigation, headers of the answer, errors.

use super::index::{CassetteIndex, Indexes};
use super::query::Query;
use super::tape::{Tape, Tapes};
pub(super) use crate::admin::ROOT;
use crate::cassette::CassetteError;
use crate::model::{Response, with_causes};
use crate::review::ReviewError;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use http::{HeaderMap, HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, html};
use std::io;
use std::sync::Arc;

/// What a page may load: its own style sheet, script and events, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The views in the navigation: path and name.
const VIEWS: &[(&str, &str)] = &[
    ("", "Calls"),
    ("timeline", "Timeline"),
    ("recorded", "Recorded"),
    ("coverage", "Coverage"),
    ("diff", "Differences"),
];

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum InspectorError {
    #[error("there is no such page")]
    NoPage,
    #[error("no cassette is open yet: one is opened for each session, when it first asks")]
    NoCassette,
    #[error("call {0} is not remembered: it has not been made yet, or too many came after it")]
    NoCall(String),
    #[error("no recorded request, or more than one, has a fingerprint that begins with {0}")]
    NoRequest(String),
    #[error("request {fingerprint} has no take {take}")]
    NoTake { fingerprint: String, take: String },
    #[error("no cassette called {0} stands beside this one")]
    NoNeighbour(String),
    #[error("the cassette's folder cannot be told")]
    Folder(#[source] io::Error),
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error("the cassette cannot be read")]
    Unreadable(#[from] CassetteError),
    #[error("the page could not be made; the log says why")]
    Failed,
}

/// What a page is made from.
pub(super) struct Context {
    /// The cassette that is shown.
    pub(super) tape: Tape,
    /// The names of all that could be.
    pub(super) names: Vec<String>,
    /// The parameters of the page.
    pub(super) query: Query,
    indexes: Arc<Indexes>,
}

/// A page without what all have.
pub(super) struct Page {
    /// The title, also the page's first heading.
    pub(super) title: String,
    /// The path of its view in the navigation.
    pub(super) view: &'static str,
    pub(super) body: Markup,
}

impl Context {
    pub(super) fn new(tapes: &dyn Tapes, query: Query, indexes: Arc<Indexes>) -> Result<Self, InspectorError> {
        let mut open = tapes.open();
        let names: Vec<String> = open.iter().map(|tape| tape.name.clone()).collect();
        let wanted = query.get("cassette").and_then(|wanted| names.iter().position(|name| name == wanted));
        if open.is_empty() {
            return Err(InspectorError::NoCassette);
        }
        Ok(Self { tape: open.swap_remove(wanted.unwrap_or_default()), names, query, indexes })
    }

    /// What is known of the shown cassette's requests.
    pub(super) fn index(&self) -> Arc<CassetteIndex> {
        self.indexes.get_or_create(self.tape.engine.cassette().root())
    }

    /// The link to `path`, with its own query or none, for the same cassette.
    pub(super) fn link(&self, path: &str) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.link_with(path, &Query::parse(query))
    }

    /// As [`Self::link`], with `query`.
    pub(super) fn link_with(&self, path: &str, query: &Query) -> String {
        let cassette = (self.names.len() > 1).then_some(self.tape.name.as_str());
        let (path, anchor) = path.split_once('#').unwrap_or((path, ""));
        let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
        format!("{ROOT}/{path}{}{anchor}", query.with("cassette", cassette).text())
    }
}

/// The answer with `page`.
pub(super) fn respond(status: StatusCode, context: &Context, page: &Page) -> Response {
    write(status, &page.title, &render_navigation(context, Some(page.view)), &page.body)
}

/// The page that says what went wrong; `context` leads to the others.
pub(super) fn respond_error(context: Option<&Context>, error: &InspectorError) -> Response {
    let body = html! { p.problem { (with_causes(error)) } p { a href={ (ROOT) "/" } { "All calls" } } };
    let (status, title) = match error {
        InspectorError::Failed
        | InspectorError::Unreadable(_)
        | InspectorError::Folder(_)
        | InspectorError::Review(_) => (StatusCode::INTERNAL_SERVER_ERROR, "This cannot be shown"),
        _ => (StatusCode::NOT_FOUND, "Not found"),
    };
    let navigation = context.map_or_else(|| html! {}, |context| render_navigation(context, None));
    write(status, title, &navigation, &body)
}

fn render_navigation(context: &Context, view: Option<&str>) -> Markup {
    html! {
        nav aria-label="Views" {
            @for &(path, name) in VIEWS {
                a href=(context.link(path)) aria-current=[(Some(path) == view).then_some("page")] { (name) }
            }
        }
        @if context.names.len() > 1 {
            form.cassettes method="get" {
                label for="cassette" { "Cassette" }
                select #cassette name="cassette" {
                    @for name in &context.names {
                        option value=(name) selected[*name == context.tape.name] { (name) }
                    }
                }
                button { "Show" }
            }
        }
    }
}

/// The page for who has no token.
pub(super) fn ask_for_token() -> Response {
    let body = html! {
        p { "This page is for who started ramtape. Open the URL that it printed at its start, the one with " code { "?token=" }
            " in it; after that, links such as the one that brought you here work in this browser." }
    };
    write(StatusCode::UNAUTHORIZED, "The inspector needs its token", &html! {}, &body)
}

fn write(status: StatusCode, title: &str, navigation: &Markup, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · ramtape" }
                link rel="stylesheet" href={ (ROOT) "/assets/inspector.css" };
                link rel="icon" href={ (ROOT) "/assets/icon.svg" };
                script defer src={ (ROOT) "/assets/inspector.js" } {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header { span.name { "ramtape" } (navigation) }
                main #main tabindex="-1" { h1 { (title) } (body) }
            }
        }
    };
    Response { status, headers: headers("text/html; charset=utf-8"), body: Bytes::from(page.into_string()) }
}

/// The links between the pages of what `path` lists, for who cannot see them all at once; `names` are those of the whole, of the
/// link back and of the link on.
pub(super) fn render_page_links(context: &Context, path: &str, names: [&str; 3], page: usize, pages: usize) -> Markup {
    let [whole, back, on] = names;
    let link = |page: usize| context.link_with(path, &context.query.with("page", Some(&page.to_string())));
    html! {
        @if pages > 1 {
            nav.neighbours aria-label=(whole) {
                @if page > 1 { a href=(link(page - 1)) rel="prev" { "← " (back) } }
                span { "Page " (page) " of " (pages) }
                @if page < pages { a href=(link(page + 1)) rel="next" { (on) " →" } }
            }
        }
    }
}

/// The headers of everything that the inspector answers.
pub(super) fn headers(content_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(7);
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("content-security-policy"), POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}
