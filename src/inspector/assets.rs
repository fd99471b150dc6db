//! The style sheet, the script and the icon of all pages.

use super::page::headers;
use crate::model::Response;
use bytes::Bytes;
use http::StatusCode;

pub(super) const STYLE: &str = include_str!("assets/inspector.css");
pub(super) const SCRIPT: &str = include_str!("assets/inspector.js");
const ICON: &str = include_str!("assets/icon.svg");

/// The answer to a request for the asset `name`.
pub(super) fn respond(name: &str) -> Response {
    let (content_type, text) = match name {
        "inspector.css" => ("text/css; charset=utf-8", STYLE),
        // Without one a browser asks for `/favicon.ico`, which is nothing that is recorded.
        "icon.svg" => ("image/svg+xml", ICON),
        "inspector.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => {
            let status = StatusCode::NOT_FOUND;
            return Response {
                status,
                headers: headers("text/plain; charset=utf-8"),
                body: Bytes::from_static(b"no such file\n"),
            };
        }
    };
    Response { status: StatusCode::OK, headers: headers(content_type), body: Bytes::from_static(text.as_bytes()) }
}
