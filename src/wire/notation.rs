//! The strings in bodies that are not JSON, and how a string is written in each notation.

use super::leaf::Leaf;
use super::{cbor, xml};
use crate::json;
use crate::model::Notation;

/// Whether `body` is XML of a service: well-formed, and no web page.
#[must_use]
pub fn is_xml_answer(body: &[u8]) -> bool {
    Notation::detect(body) == Notation::Xml
        && xml::root_name(body).is_some_and(|name| !name.eq_ignore_ascii_case("html"))
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
        Notation::Xml => xml::escape_xml(text).into_bytes(),
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
