//! The notations of bodies, and the strings in those that are not JSON.

use super::{cbor, xml};
use crate::json;
use std::borrow::Cow;
use std::ops::Range;

/// The notation of a body.
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
}

/// A string in an XML or CBOR body: the content of an element that has no elements in it (`<a/>` has none), or a text item. XML's
/// attributes and the text beside elements are none, nor are CBOR's names of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The bytes to replace: in XML what stands between the tags, which may be nothing; in CBOR the item with its head.
    pub range: Range<usize>,
    /// The string, escapes resolved.
    pub text: Cow<'a, str>,
    /// The steps to it in what [`to_json`] makes of the body: names of members, and indexes of lists in decimal.
    pub path: Vec<Cow<'a, str>>,
    /// Whether it is itself an item of a list.
    pub in_list: bool,
}

/// All strings of an XML or CBOR body, in the order of their places; `None` of a body in another notation, or that does not
/// parse.
#[must_use]
pub fn leaves(body: &[u8]) -> Option<Vec<Leaf<'_>>> {
    match Notation::detect(body) {
        Notation::Xml => xml::read(body).map(|read| read.leaves),
        Notation::Cbor => cbor::read(body).map(|read| read.leaves),
        Notation::Json | Notation::Other => None,
    }
}

/// `text` as it stands in a body: quoted in JSON, escaped in XML (where a character that XML cannot have becomes U+FFFD), with
/// its head in CBOR, as it is elsewhere.
#[must_use]
pub fn encode_text(notation: Notation, text: &str) -> Vec<u8> {
    match notation {
        Notation::Json => json::quote(text).into_bytes(),
        Notation::Xml => xml::escape(text).into_bytes(),
        Notation::Cbor => {
            let mut writer = cbor::Writer::new();
            writer.text(text);
            writer.into_bytes()
        }
        Notation::Other => text.as_bytes().to_vec(),
    }
}

/// An XML or CBOR body as compact JSON, to be shown and compared; `None` as of [`leaves`].
///
/// In XML elements are members, those with the same name a list, as is an element that has only elements `member` or `item`;
/// attributes are members `@name`, text beside them or beside elements is a member `#text`, and all values are strings. The
/// root's own name is left out. In CBOR byte strings are base64 and times numbers.
#[must_use]
pub fn to_json(body: &[u8]) -> Option<String> {
    match Notation::detect(body) {
        Notation::Xml => xml::read(body).map(|read| read.value.to_json()),
        Notation::Cbor => cbor::read(body).map(|read| read.value.to_json()),
        Notation::Json | Notation::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_begins_in_its_notation() {
        for (body, notation) in [
            (&b" {"[..], Notation::Json),
            (b"[1]", Notation::Json),
            (b"\"x\"", Notation::Json),
            (b"\xef\xbb\xbf<?xml", Notation::Xml),
            (b"\n<a/>", Notation::Xml),
            (b"\xa0", Notation::Cbor),
            (b"\xbf\xff", Notation::Cbor),
            (b"", Notation::Other),
            (b"true story", Notation::Other),
            (b"\xff\xd8", Notation::Other),
        ] {
            assert_eq!(Notation::detect(body), notation, "{body:?}");
        }
    }
}
