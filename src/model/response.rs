//! An answer, ready to be sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};

/// An answer as it goes to the client.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers, without those that belong to the connection (length, encoding, keep-alive, date).
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
}

impl Response {
    /// A JSON error as RAM's protocol (restJson1) spells it: `kind` in `x-amzn-errortype` and `__type`, `message` beside it.
    #[must_use]
    pub fn error(status: StatusCode, kind: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": kind, "message": message });
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(kind) = HeaderValue::from_str(kind) {
            headers.insert("x-amzn-errortype", kind);
        }
        Self { status, headers, body: Bytes::from(body.to_string()) }
    }
}
