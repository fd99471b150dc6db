//! [`Scrubbed`]: a value that may be stored, which only this module makes.

use crate::model::{OperationName, Page};
use http::{HeaderMap, HeaderName};

/// The headers of an answer that a cassette keeps. Everything else is the connection's, the moment's or a secret.
///
/// In a cassette any other one was put there by hand: whoever changes this list raises the format's version.
pub const KEPT_HEADERS: [&str; 2] = ["content-type", "x-amzn-errortype"];

/// Headers that are members of answers of other services, besides `x-amz-*`.
const MEMBER_HEADERS: [&str; 11] = [
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-language",
    "content-length",
    "content-range",
    "etag",
    "expires",
    "last-modified",
    "location",
    "smithy-protocol",
];

/// A value that has been through this module. Only such values can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed<T>(T);

impl<T> Scrubbed<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The value, lent.
    pub const fn inner(&self) -> &T {
        &self.0
    }
}

impl Scrubbed<Page> {
    /// A page that came out of a cassette: it was scrubbed when it went in.
    #[must_use]
    pub const fn from_cassette(page: Page) -> Self {
        Self(page)
    }
}

/// The headers to keep of an answer to `operation`, in order of their names.
pub(super) fn kept_headers(operation: &OperationName, headers: &HeaderMap) -> Vec<(String, String)> {
    let is_kept: fn(&str) -> bool = match operation {
        OperationName::Companion(_) => is_kept_of_companions,
        OperationName::Known(_) | OperationName::Unknown(_) => |name| KEPT_HEADERS.contains(&name),
    };
    let kept = headers.keys().map(HeaderName::as_str).filter(|name| is_kept(name));
    let pair = |name: &str| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
    let mut kept: Vec<_> = kept.filter_map(pair).collect();
    kept.sort_unstable();
    kept
}

/// Whether the header `name` can be a member of an answer of a service other than RAM.
fn is_kept_of_companions(name: &str) -> bool {
    let is_member = name.starts_with("x-amz-") || name.starts_with("x-amzn-");
    let is_of_call = ["request-id", "requestid", "-id-2", "-cf-id", "-trace-id", "-date", "-security-token"];
    KEPT_HEADERS.contains(&name)
        || MEMBER_HEADERS.contains(&name)
        || (is_member && !is_of_call.iter().any(|end| name.ends_with(end)))
}

/// Whether the header `name` tells a checksum of the body.
pub(super) fn is_checksum(name: &str) -> bool {
    name == "x-amz-crc32" || name.starts_with("x-amz-checksum-")
}

/// The headers of `page` that none is stored with.
pub fn unkept_headers(page: &Page) -> impl Iterator<Item = &str> {
    page.headers.iter().map(|(name, _)| name.as_str()).filter(|name| !is_kept_of_companions(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn keeps_only_the_listed_headers() {
        let mut headers = HeaderMap::new();
        for name in ["set-cookie", "x-amzn-requestid", "content-type", "date", "authorization"] {
            headers.insert(name, HeaderValue::from_static("v"));
        }
        let pair = |name: &str| (name.to_owned(), "v".to_owned());
        let ram = OperationName::Known("GetX".to_owned());
        assert_eq!(kept_headers(&ram, &headers), [pair("content-type")]);
        headers.insert("etag", HeaderValue::from_static("v"));
        headers.insert("x-amz-meta-a", HeaderValue::from_static("v"));
        headers.insert("x-amz-request-id", HeaderValue::from_static("v"));
        assert_eq!(kept_headers(&ram, &headers), [pair("content-type")]);
        let s3 = OperationName::Companion("s3:GET /b/k".to_owned());
        assert_eq!(kept_headers(&s3, &headers), ["content-type", "etag", "x-amz-meta-a"].map(pair));
    }
}
