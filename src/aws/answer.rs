//! Upstream's answer.

use crate::model::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::Duration;

/// Headers that are about one connection only (RFC 9110, section 7.6.1), and the length, which is the body's own.
const HOP_BY_HOP: [&str; 8] =
    ["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

/// An HTTP response of upstream: status, headers and whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The end-to-end headers, as received.
    pub headers: HeaderMap,
    /// The body, as received.
    pub body: Bytes,
    /// How long it took, from sending to the last byte.
    pub elapsed: Duration,
}

impl From<Answer> for Response {
    /// The answer as it came.
    fn from(Answer { status, headers, body, .. }: Answer) -> Self {
        Self { status, headers, body }
    }
}

/// Removes the headers that are for one connection only.
pub(super) fn keep_end_to_end(headers: &mut HeaderMap) {
    let named = named_in_connection(headers);
    let hop_by_hop: Vec<HeaderName> = headers.keys().filter(|name| is_hop_by_hop(name.as_str())).cloned().collect();
    for name in named.iter().chain(&hop_by_hop) {
        headers.remove(name);
    }
}

/// The headers that `Connection` names as hop-by-hop.
pub(super) fn named_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(http::header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// Whether a header is about one connection only.
pub(super) fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name) || name.starts_with("proxy-")
}

#[cfg(test)]
mod tests {
    use super::keep_end_to_end;
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn only_end_to_end_headers_stay() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("content-length", "2"),
            ("transfer-encoding", "chunked"),
            ("proxy-authenticate", "Basic"),
            ("keep-alive", "timeout=5"),
            ("content-type", "application/json"),
            ("x-amzn-requestid", "1"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        keep_end_to_end(&mut headers);
        let mut left: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-type", "x-amzn-requestid"]);
    }
}
