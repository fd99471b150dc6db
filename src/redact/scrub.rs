//! [`Scrubbed`]: a value that may be stored, which only this module makes.

use crate::model::Page;
use http::HeaderMap;

/// The headers of an answer that a cassette keeps. Everything else is the connection's, the moment's or a secret.
///
/// In a cassette any other one was put there by hand: whoever changes this list raises the format's version.
pub const KEPT_HEADERS: [&str; 2] = ["content-type", "x-amzn-errortype"];

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

/// The headers to keep, in order of their names.
pub(super) fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = KEPT_HEADERS.iter();
    kept.filter_map(|name| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned()))).collect()
}

/// The headers of `page` that none is stored with.
pub fn unkept_headers(page: &Page) -> impl Iterator<Item = &str> {
    page.headers.iter().map(|(name, _)| name.as_str()).filter(|name| !KEPT_HEADERS.contains(name))
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
        assert_eq!(kept_headers(&headers), [("content-type".to_owned(), "v".to_owned())]);
    }
}
