//! The parameters of a page.

use crate::model::{decode_query, query_pairs};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What need not be escaped in a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a page, as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let decode = |part: &str| String::from_utf8_lossy(&decode_query(part)).into_owned();
        Self(query_pairs(text).map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// The parameter called `name`, unless it is empty or not there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// As [`Self::get`], be it empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The same with `name` set to `value`; without it where that is `None`.
    pub(super) fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut pairs: Vec<_> = self.0.iter().filter(|(other, _)| other != name).cloned().collect();
        pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        Self(pairs)
    }

    /// As it stands behind a path; empty where there is nothing.
    pub(super) fn text(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| spell(name, value)).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// A parameter as it stands in a query.
fn spell(name: &str, value: &str) -> String {
    format!("{}={}", escape(name), escape(value))
}

/// `text` as it can stand in a path or a query.
pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_as_they_were() {
        let query = Query::parse("session=a%2Fb&outcome=&q=x+y%26z");
        assert_eq!((query.get("session"), query.get("outcome"), query.given("outcome")), (Some("a/b"), None, Some("")));
        assert_eq!(Query::parse(query.text().trim_start_matches('?')), query);
        assert_eq!(query.with("q", None).with("outcome", None).text(), "?session=a%2Fb");
        assert_eq!(query.get("q"), Some("x y&z"));
    }
}
