//! Where in an answer the token and the items stand.

use crate::json::{self, Kind};
use crate::model::{Body, Hole};
use bytes::Bytes;

/// An answer with a hole where upstream's token was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The body; equal to the answer where there was no token.
    pub body: Body,
    /// Upstream's own token, if the answer has one.
    pub upstream_token: Option<String>,
    /// Whether it has one that nobody can send, as it is no string: its listing neither ends nor goes on.
    pub is_odd: bool,
}

impl Placed {
    /// An answer that is left as it is.
    #[must_use]
    pub fn as_it_is(answer: &Bytes) -> Self {
        Self { body: Body::literal(answer.clone()), upstream_token: None, is_odd: false }
    }
}

/// Replaces the token in member `token_member` of `answer` by a hole for the page at `position`. A `null` or empty token
/// ends a chain like none at all, and stays as it is; so does what is no string, and a body that is no JSON object.
#[must_use]
pub fn place_token(answer: &Bytes, token_member: &str, position: u32) -> Placed {
    let as_it_is = Placed::as_it_is(answer);
    let Ok(node) = json::parse(answer) else { return as_it_is };
    let Some(value) = node.member(token_member).filter(|value| value.kind != Kind::Null) else { return as_it_is };
    let Some(token) = value.text() else { return Placed { is_odd: true, ..as_it_is } };
    if token.is_empty() {
        return as_it_is;
    }
    let mut body = Body::literal(answer.slice(..value.span().start));
    body.push_hole(Hole::Token(position));
    body.push_literal(answer.slice(value.span().end..));
    Placed { body, upstream_token: Some(token.into_owned()), is_odd: false }
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
        let placed = place_token(
            &Bytes::from_static(br#"{"a": [ {"nextToken":"no"} ], "nextToken" : "x\/y" }"#),
            "nextToken",
            3,
        );
        assert_eq!(placed.upstream_token.as_deref(), Some("x/y"));
        assert_eq!(placed.body.holes().collect::<Vec<_>>(), [&Hole::Token(3)]);
        for end in [&br#"{"nextToken":null}"#[..], br#"{"nextToken":""}"#, b"{}", b"<html>", b"[]"] {
            let placed = place_token(&Bytes::from_static(end), "nextToken", 1);
            assert_eq!(placed, Placed::as_it_is(&Bytes::from_static(end)));
        }
        for odd in [&br#"{"nextToken":7}"#[..], br#"{"nextToken":false}"#, br#"{"nextToken":["x"]}"#] {
            let (odd, placed) = (Bytes::from_static(odd), place_token(&Bytes::from_static(odd), "nextToken", 1));
            assert_eq!(placed, Placed { is_odd: true, ..Placed::as_it_is(&odd) });
        }
    }
}
