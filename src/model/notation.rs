//! How a body is written.

use crate::json;

/// How a body is written, as far as that shows in its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// CBOR; a map, as services write it.
    Cbor,
    /// None of these.
    Other,
}

impl Notation {
    /// The notation that `body` begins in. It need not be well-formed to its end.
    #[must_use]
    pub fn detect(body: &[u8]) -> Self {
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match (text.trim_ascii_start().first(), body.first()) {
            (Some(b'{' | b'['), _) => Self::Json,
            (Some(b'<'), _) => Self::Xml,
            // No text begins with such a byte.
            (_, Some(0xa0..=0xbf)) => Self::Cbor,
            _ if json::parse(body).is_ok() => Self::Json,
            _ => Self::Other,
        }
    }

    /// What stands for a hole while a body is parsed: an empty string, or one of a character where an empty one would be none.
    #[must_use]
    pub const fn placeholder(self) -> &'static [u8] {
        match self {
            Self::Json | Self::Other => b"\"\"",
            Self::Xml => b"-",
            Self::Cbor => b"\x60",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notation;

    #[test]
    fn the_first_bytes_tell() {
        for (body, notation) in [
            (&b"{\"a\":1}"[..], Notation::Json),
            (b"[1]", Notation::Json),
            (b"\"x\"", Notation::Json),
            (b"", Notation::Other),
            (b"true story", Notation::Other),
            (b"\xff\xd8", Notation::Other),
            (b" \n<a/>", Notation::Xml),
            (b"\xef\xbb\xbf<?xml?>", Notation::Xml),
            (b"\xa1\x61a\x01", Notation::Cbor),
            (b"\xbf\xff", Notation::Cbor),
        ] {
            assert_eq!(Notation::detect(body), notation, "{body:?}");
        }
    }
}
