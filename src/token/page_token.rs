//! Encodes and decodes page tokens.

use crate::model::base32;
use sha2::{Digest, Sha256};
use std::fmt;

/// The first 64 bits of a fingerprint.
pub type FingerprintStart = [u8; 8];
/// The first 64 bits of a digest of pages.
pub type PageDigest = [u8; 8];
/// A token's bytes without its check: a key to store things under.
pub type TokenKey = [u8; BODY];

const VERSION: u8 = 1;
/// Version and cut, fingerprint, digest, position, step.
const BODY: usize = 1 + 8 + 8 + 4 + 2;
const CHECK: usize = 5;
/// Base32 characters of a token: 28 bytes.
const LENGTH: usize = 45;
/// What the mark of a foreign token begins with.
const MARK: &str = "foreign-";
const MARK_BYTES: usize = 10;

/// How the chain that a token belongs to is cut into pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cut {
    /// As it was recorded; the position counts pages.
    Recorded,
    /// Anew, in steps of the asked page size; the position counts items.
    Anew,
}

/// A page token: where a listing continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// The cut.
    pub cut: Cut,
    /// The start of the listing's fingerprint.
    pub fingerprint: FingerprintStart,
    /// The digest of the items and page cuts before the position (of the whole take, for a new cut).
    pub digest: PageDigest,
    /// The position of the page (recorded cut) or of the item (new cut) that comes next.
    pub position: u32,
    /// The asked page size, for a new cut, 0 where none was asked; its upper bits are for whoever cuts. Else 0.
    pub step: u16,
}

/// Why a text is not a token of ramtape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not look like one: somebody else's, the service's own perhaps.
    #[error("not a ramtape token")]
    Foreign,
    /// It has the length and the letters of one, but its check fails.
    #[error("a damaged ramtape token")]
    Garbled,
    /// It is a later version's.
    #[error("a token from a newer ramtape (token version {0})")]
    Newer(u8),
}

impl Token {
    /// The token's bytes but for the check.
    #[must_use]
    pub fn key(&self) -> TokenKey {
        let cut = match self.cut {
            Cut::Recorded => 0,
            Cut::Anew => 1,
        };
        let fields = [
            &[VERSION << 4 | cut][..],
            &self.fingerprint,
            &self.digest,
            &self.position.to_be_bytes(),
            &self.step.to_be_bytes(),
        ];
        let mut key = [0; BODY];
        for (to, from) in key.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        key
    }

    /// Reads a token that a client sent back.
    ///
    /// # Errors
    /// As the variants of [`TokenError`] say.
    pub fn decode(text: &str) -> Result<Self, TokenError> {
        if text.len() != LENGTH || !text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7')) {
            return Err(TokenError::Foreign);
        }
        let bytes = base32::decode(text).ok_or(TokenError::Garbled)?;
        let (body, sum) = bytes.split_first_chunk::<BODY>().ok_or(TokenError::Garbled)?;
        if sum != check(body) {
            return Err(TokenError::Garbled);
        }
        let (head, rest) = body.split_first().ok_or(TokenError::Garbled)?;
        if head >> 4 != VERSION {
            return Err(TokenError::Newer(head >> 4));
        }
        let cut = match head & 0xf {
            0 => Cut::Recorded,
            1 => Cut::Anew,
            _ => return Err(TokenError::Garbled),
        };
        let (fingerprint, rest) = rest.split_first_chunk().ok_or(TokenError::Garbled)?;
        let (digest, rest) = rest.split_first_chunk().ok_or(TokenError::Garbled)?;
        let (position, rest) = rest.split_first_chunk().ok_or(TokenError::Garbled)?;
        let step = rest.first_chunk().ok_or(TokenError::Garbled)?;
        Ok(Self {
            cut,
            fingerprint: *fingerprint,
            digest: *digest,
            position: u32::from_be_bytes(*position),
            step: u16::from_be_bytes(*step),
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.key();
        let mut bytes = Vec::with_capacity(BODY + CHECK);
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&check(&body));
        f.write_str(&base32::encode(&bytes))
    }
}

/// The text that a request's parameters have for a token that ramtape did not issue: its digest. The token itself may be the
/// service's own, and those never enter a cassette's text. A mark, read from a cassette, stands for itself.
#[must_use]
pub fn foreign_mark(token: &str) -> String {
    if token.strip_prefix(MARK).and_then(base32::decode).is_some_and(|start| start.len() == MARK_BYTES) {
        return token.to_owned();
    }
    let hash = Sha256::new().chain_update(b"ramtape-foreign-token").chain_update(token).finalize();
    let start: [u8; MARK_BYTES] = hash.first_chunk().copied().unwrap_or_default();
    format!("{MARK}{}", base32::encode(&start))
}

fn check(body: &TokenKey) -> [u8; CHECK] {
    let hash = Sha256::new().chain_update(b"ramtape-token-check").chain_update(body).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_stands_for_itself() {
        let mark = foreign_mark("Zm9yZWlnbg+/==");
        assert_eq!(foreign_mark(&mark), mark);
        for other in ["foreign-", "foreign-mildvzrtsbl2ifi", "foreign-MILDVZRTSBL2IFIA"] {
            assert_ne!(foreign_mark(other), other);
        }
    }

    fn any_token() -> impl Strategy<Value = Token> {
        (any::<bool>(), any::<[u8; 8]>(), any::<[u8; 8]>(), any::<u32>(), any::<u16>()).prop_map(
            |(anew, fingerprint, digest, position, step)| Token {
                cut: if anew { Cut::Anew } else { Cut::Recorded },
                fingerprint,
                digest,
                position,
                step,
            },
        )
    }

    proptest! {
        #[test]
        fn round_trips_in_45_safe_characters(token in any_token()) {
            let text = token.to_string();
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert!(text.bytes().all(|c| c.is_ascii_alphanumeric()));
            prop_assert_eq!(Token::decode(&text), Ok(token));
        }

        #[test]
        fn one_changed_character_is_noticed(token in any_token(), at in 0..LENGTH, to in "[a-z2-7]") {
            let mut text = token.to_string();
            text.replace_range(at..=at, &to);
            if text != token.to_string() {
                prop_assert_ne!(Token::decode(&text), Ok(token));
                prop_assert!(Token::decode(&text).is_err());
            }
        }

        #[test]
        fn another_text_of_the_same_token_is_none(token in any_token(), cut in 2_u8..16) {
            let mut body = token.key();
            body[0] = VERSION << 4 | cut;
            let text = base32::encode(&[&body[..], &check(&body)].concat());
            prop_assert_eq!(Token::decode(&text), Err(TokenError::Garbled));
        }

        #[test]
        fn any_text_is_survived(text in ".{0,60}") {
            let _ = Token::decode(&text);
        }
    }
}
