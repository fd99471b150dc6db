//! New calls, as server-sent events.
//!
//! An answer has the events since the last one that the browser knows, and ends; the browser asks again at once. So no
//! connection stays open for as long as a page does, and a ramtape that stops waits for nobody.

use super::calls;
use super::page::{Context, headers};
use crate::model::{Request, Response};
use bytes::Bytes;
use http::StatusCode;
use std::fmt::Write;

/// After how many milliseconds the browser asks again.
const RETRY: u32 = 500;
/// How many calls an answer has at most.
const MAX_EVENTS: usize = 200;

/// The answer with the rows of what was called since.
pub(super) fn respond(context: &Context, request: &Request) -> Response {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let seen = request.header("last-event-id").and_then(number).or_else(|| context.query.get("after").and_then(number));
    let newest = context.tape.call_extent().0;
    // What a page that slept for long has missed is not worth sending: it shows the latest.
    let after = seen.unwrap_or(newest).max(newest.saturating_sub(MAX_EVENTS as u64));
    let mut text = format!("retry: {RETRY}\n\n");
    for call in context.tape.calls_after(&calls::filter(context), after, MAX_EVENTS) {
        let row = calls::row(&call, &calls::call_link(context, &call)).into_string().replace(['\n', '\r'], " ");
        let _ = write!(text, "id: {}\ndata: {row}\n\n", call.number);
    }
    Response { status: StatusCode::OK, headers: headers("text/event-stream; charset=utf-8"), body: Bytes::from(text) }
}
