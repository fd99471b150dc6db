//! Finds the page token and the items in an answer.

use crate::json::{self, Kind};
use crate::model::{Body, Hole};
use bytes::Bytes;

/// An answer with a hole where upstream's token was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedToken {
    /// The body; equal to the answer where there was no token.
    pub body: Body,
    /// Upstream's own token, if the answer has one.
    pub upstream_token: Option<String>,
    /// Whether it has one that nobody can send, as it is not a string: its listing neither ends nor continues.
    pub is_not_text: bool,
}

impl ExtractedToken {
    /// An answer that is left as it is.
    #[must_use]
    pub fn unchanged(answer: &Bytes) -> Self {
        Self { body: Body::literal(answer.clone()), upstream_token: None, is_not_text: false }
    }
}

/// Replaces the token in member `token_member` of `answer` by a hole for the page at `position`. A `null` or empty token
/// ends a chain like none at all, and stays as it is; so does what is not a string, and a body that is not a JSON object.
#[must_use]
pub fn extract_token(answer: &Bytes, token_member: &str, position: u32) -> ExtractedToken {
    let unchanged = ExtractedToken::unchanged(answer);
    let Ok(node) = json::parse(answer) else { return unchanged };
    let Some(value) = node.member(token_member).filter(|value| value.kind != Kind::Null) else { return unchanged };
    let Some(token) = value.text() else { return ExtractedToken { is_not_text: true, ..unchanged } };
    if token.is_empty() {
        return unchanged;
    }
    let mut body = Body::literal(answer.slice(..value.span().start));
    body.push_hole(Hole::Token(position));
    body.push_literal(answer.slice(value.span().end..));
    ExtractedToken { body, upstream_token: Some(token.into_owned()), is_not_text: false }
}

/// The items of an answer as they are spelled; `None` where it has no list in `items_member`.
#[must_use]
pub fn item_texts<'a>(answer: &'a [u8], items_member: &str) -> Option<Vec<&'a str>> {
    let node = json::parse(answer).ok()?;
    Some(node.member(items_member)?.items()?.iter().map(|item| item.raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_real_token_becomes_a_hole() {
        let placed = extract_token(
            &Bytes::from_static(br#"{"a": [ {"nextToken":"no"} ], "nextToken" : "x\/y" }"#),
            "nextToken",
            3,
        );
        assert_eq!(placed.upstream_token.as_deref(), Some("x/y"));
        assert_eq!(placed.body.holes().collect::<Vec<_>>(), [&Hole::Token(3)]);
        for end in [&br#"{"nextToken":null}"#[..], br#"{"nextToken":""}"#, b"{}", b"<html>", b"[]"] {
            let placed = extract_token(&Bytes::from_static(end), "nextToken", 1);
            assert_eq!(placed, ExtractedToken::unchanged(&Bytes::from_static(end)));
        }
        for odd in [&br#"{"nextToken":7}"#[..], br#"{"nextToken":false}"#, br#"{"nextToken":["x"]}"#] {
            let (odd, placed) = (Bytes::from_static(odd), extract_token(&Bytes::from_static(odd), "nextToken", 1));
            assert_eq!(placed, ExtractedToken { is_not_text: true, ..ExtractedToken::unchanged(&odd) });
        }
    }
}
