//! A request, read whole.

use super::Door;
use bytes::Bytes;
use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName, Method};
use std::fmt;

/// Names the ramtape that a request came through: by it a ramtape notices that it is its own upstream.
pub const VIA: HeaderName = HeaderName::from_static("x-ramtape-via");

/// A client's request as ramtape works on it: buffered once, checked by the gate, free of any socket.
#[derive(Clone)]
pub struct Request {
    /// The method as received.
    pub method: Method,
    /// Path without the capability and session prefixes and without slashes to spare at its ends; else as received
    /// (percent-encoding untouched).
    pub path: String,
    /// What follows `?`, as received; empty where there is none.
    pub query: String,
    /// The headers as received. They hold credentials: never print them.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
    /// Path and query as received, prefixes included: what the client signed.
    pub signed_target: String,
    /// The host that the client addressed (`Host`, or HTTP/2's `:authority`), as received: what the client signed.
    pub authority: String,
    /// The front door that it came through.
    pub door: Door,
    /// The segment after `/~` that came first and is or may be a capability key.
    pub key: Option<super::Secret>,
    /// The session named by the path prefix, if one was; else the run's, once the request has been given to that.
    pub session_prefix: Option<String>,
}

/// What it asks, and nothing of who asks: headers and the path as signed hold credentials and the capability key.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, body, authority, .. } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("path", path)
            .field("query", query)
            .field("authority", authority)
            .field("body", &format_args!("{} bytes", body.len()))
            .finish_non_exhaustive()
    }
}

impl Request {
    /// The value of header `name` where it is present once and readable as text.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
