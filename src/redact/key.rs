//! The redaction key, with which all pseudonyms are made.

use crate::model::{base32, utf8};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;

/// How many bytes tell a key from others.
const CHECK_LENGTH: usize = 10;

/// 128 bits take 22 characters of 6 bits.
pub const SHORTEST_KEY: usize = 22;

/// A redaction key. Two cassettes with the same key have the same pseudonyms.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl Key {
    /// The key that a file holds, however its text is encoded; `None` where it holds none.
    #[must_use]
    pub fn from_file(bytes: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(&utf8(bytes).ok()?).ok()?)
    }

    /// The key that `text` says, blanks around it not counted; `None` where it is shorter than [`SHORTEST_KEY`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let long_enough = text.chars().count() >= SHORTEST_KEY;
        long_enough
            .then(|| Self(Sha256::new_with_prefix(b"ramtape-redaction-key\n").chain_update(text).finalize().into()))
    }

    /// The text of a new key, from 32 random bytes: what [`Self::parse`] takes.
    #[must_use]
    pub fn new_text(random: [u8; 32]) -> String {
        base32::encode(&random)
    }

    /// A key that everybody has.
    #[must_use]
    pub fn public() -> Self {
        Self(Sha256::digest(b"ramtape-redaction-key\npublic").into())
    }

    /// A hash that tells this key from others and reveals nothing else of it: 16 characters.
    #[must_use]
    pub fn check(&self) -> String {
        base32::encode(self.digest("check", "").first_chunk::<CHECK_LENGTH>().unwrap_or(&[0; CHECK_LENGTH]))
    }

    /// Whether `text` may be what [`Self::check`] gives.
    #[must_use]
    pub fn is_check(text: &str) -> bool {
        base32::decode(text).is_some_and(|bytes| bytes.len() == CHECK_LENGTH)
    }

    /// The keyed hash of `text`, for the purpose `purpose`.
    pub(super) fn digest(&self, purpose: &str, text: &str) -> [u8; 32] {
        // `new_from_slice` fails for no length, but its type does not say so; the block-sized `new` does.
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(place, byte)| *place = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in [purpose.as_bytes(), &[0], text.as_bytes()] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn a_key_is_long_and_shows_nothing() {
        let text = Key::new_text([7; 32]);
        let key = Key::parse(&format!("{text}\n")).unwrap();
        assert_eq!(key, Key::parse(&text).unwrap());
        assert_eq!(format!("{key:?}"), "Key(secret)");
        assert_eq!(Key::parse("too short to be random"), Key::parse("  too short to be random "));
        assert!(Key::parse("twenty-one-characters").is_none());
    }

    #[test]
    fn a_file_s_encoding_makes_no_other_key() {
        let text = Key::new_text([7; 32]);
        let key = Key::parse(&text);
        let wide = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.clone().into_bytes(), [b"\xef\xbb\xbf", text.as_bytes(), b"\r\n"].concat(), wide] {
            assert_eq!(Key::from_file(&bytes), key);
        }
        assert_eq!(Key::from_file(&[0xe9; 32]), None);
    }

    #[test]
    fn texts_keys_and_purposes_are_told_apart() {
        let [a, b] = ["a", "b"].map(|key| Key::parse(&key.repeat(22)).unwrap());
        assert_ne!(a.check(), b.check());
        assert!(Key::is_check(&a.check()) && !Key::is_check("") && !Key::is_check(&"A".repeat(16)));
        assert_ne!(a.digest("p", "x"), a.digest("p", "y"));
        assert_ne!(a.digest("p", "x"), a.digest("q", "x"));
        assert_eq!(a.digest("p", "x"), a.digest("p", "x"));
    }
}
