//! Page tokens: one text for each, and one way to put one into an answer.

use bytes::Bytes;
use ramtape::json;
use ramtape::model::Hole;
use ramtape::token::{Token, extract_token};
use sha2::{Digest, Sha256};
use std::convert::Infallible;

/// The bytes of a token before its check, and the check's.
const BODY: usize = 23;
const CHECK: usize = 5;

pub(crate) fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        one_text(text);
    }
    one_text(&with_check(data));
    place(data);
}

/// What is read as a token is written as it was read.
fn one_text(text: &str) {
    if let Ok(token) = Token::decode(text) {
        assert_eq!(token.to_string(), text, "{token:?}");
        assert_eq!(Token::decode(text), Ok(token));
        assert!(text.len() == 45 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
    }
}

/// The token that `data` would be if it ended in its check: chance does not find that.
fn with_check(data: &[u8]) -> String {
    let mut bytes: Vec<u8> = data.iter().copied().chain(std::iter::repeat(0)).take(BODY).collect();
    let hash = Sha256::new().chain_update(b"ramtape-token-check").chain_update(&bytes).finalize();
    bytes.extend_from_slice(&hash[..CHECK]);
    let text = data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    // The last letter has a bit to spare.
    match data.get(BODY) {
        Some(1) => text[..44].to_owned() + "b",
        _ => text,
    }
}

/// An answer with a hole is the answer again once upstream's token is back in its place, and holds it nowhere else.
fn place(data: &[u8]) {
    let answer = Bytes::copy_from_slice(data);
    let placed = extract_token(&answer, "nextToken", 7);
    let holes: Vec<_> = placed.body.holes().collect();
    match &placed.upstream_token {
        None => assert_eq!(holes.len(), 0),
        Some(token) => {
            assert_eq!(holes, [&Hole::Token(7)]);
            let node = json::parse(&answer).unwrap();
            let value = node.member("nextToken").unwrap();
            assert_eq!(value.text().as_deref(), Some(token.as_str()));
            let filled = placed.body.render(|_| Ok::<_, Infallible>(value.raw.as_bytes().into()));
            assert_eq!(filled, Ok(answer.clone()));
        }
    }
}
