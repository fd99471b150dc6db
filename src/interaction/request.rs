//! A request, read whole.

use super::Door;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};

/// Names the ramtape that a request came through: by it a ramtape notices that it is its own upstream.
pub const VIA: HeaderName = HeaderName::from_static("x-ramtape-via");

/// A client's request as ramtape works on it: buffered once, checked by the gate, free of any socket.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method as received.
    pub method: Method,
    /// Path without the capability and session prefixes, as received (percent-encoding untouched).
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
    /// The session named by the path prefix, if one was.
    pub session_prefix: Option<String>,
}

impl Request {
    /// The value of header `name` where it is present once and readable as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
