//! Lower-case base32 (RFC 4648, section 6, without padding): safe in a path, a URL and a shell.

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;

static LOWER: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().ok()
});

/// The lower-case base32 text of `bytes`, eight characters for every five bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    LOWER.as_ref().map_or_else(String::new, |lower| lower.encode(bytes))
}

/// The bytes that `text` spells, or `None` where it is not lower-case base32 or has stray trailing bits.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    LOWER.as_ref()?.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn round_trips_and_refuses_other_alphabets() {
        assert_eq!(super::encode(b"foobar"), "mzxw6ytboi");
        assert_eq!(super::decode("mzxw6ytboi").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(super::decode("MZXW6YTBOI"), None);
        assert_eq!(super::decode("mzxw6ytbo1"), None);
    }
}
