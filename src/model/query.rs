//! How a query is read: one way for what is signed, fingerprinted, redacted and shown.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// The pairs of `query`, names and values as received; one without `=` has an empty value.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(query_pair)
}

/// The name and the value of one pair, as received.
#[must_use]
pub fn query_pair(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

/// A name or a value as it is meant. A `+` is a blank, as in a form: AWS's signer for Rust reads it so before it signs, and so
/// does moto. No SDK writes one: a blank is `%20`, a plus `%2B`.
#[must_use]
pub fn decode_query(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        Cow::Owned(percent_decode(text.replace('+', " ").as_bytes()).collect())
    } else {
        percent_decode(text.as_bytes()).into()
    }
}

/// As [`decode_query`], as text; `None` where it is none.
#[must_use]
pub fn decode_query_text(text: &str) -> Option<Cow<'_, str>> {
    match decode_query(text) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_blank_and_an_encoded_one_a_plus() {
        for (text, meant) in [("a+b", "a b"), ("a%20b", "a b"), ("a%2Bb", "a+b"), ("%2b+", "+ "), ("%zz", "%zz")] {
            assert_eq!(decode_query_text(text).as_deref(), Some(meant), "{text}");
        }
        assert_eq!(decode_query_text("%ff+"), None);
        assert_eq!(&*decode_query("%ff+"), b"\xff ");
    }

    #[test]
    fn pairs_are_told_apart_before_they_are_decoded() {
        let pairs: Vec<_> = query_pairs("a=1&&b&c=d=e%26&=").collect();
        assert_eq!(pairs, [("a", "1"), ("b", ""), ("c", "d=e%26"), ("", "")]);
    }
}
