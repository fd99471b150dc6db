//! Where in an answer the token and the items stand.

use crate::interaction::{Body, Hole, json};
use bytes::Bytes;

/// An answer with a hole where upstream's token was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The body; equal to the answer where there was no token.
    pub body: Body,
    /// Upstream's own token, if the answer has one.
    pub upstream_token: Option<String>,
}

/// Replaces the token in member `token_member` of `answer` by a hole for the page at `position`. A `null` or empty token
/// ends a chain like none at all, and stays as it is; so does a body that is no JSON object.
#[must_use]
pub fn place_token(answer: &Bytes, token_member: &str, position: u32) -> Placed {
    let found = json::parse(answer).ok().and_then(|node| {
        let value = node.member(token_member)?;
        let text = value.text().filter(|text| !text.is_empty())?;
        Some((value.span(), text.into_owned()))
    });
    let Some((span, token)) = found else {
        return Placed { body: Body::literal(answer.clone()), upstream_token: None };
    };
    let mut body = Body::literal(answer.slice(..span.start));
    body.push_hole(Hole::Token(position));
    body.push_literal(answer.slice(span.end..));
    Placed { body, upstream_token: Some(token) }
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
        for end in [&br#"{"nextToken":null}"#[..], br#"{"nextToken":""}"#, b"{}", b"<html>", br#"{"nextToken":7}"#] {
            let placed = place_token(&Bytes::from_static(end), "nextToken", 1);
            assert_eq!(placed, Placed { body: Body::literal(Bytes::from_static(end)), upstream_token: None });
        }
    }
}
