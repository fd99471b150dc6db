//! A stored body: literal bytes, and holes that are filled on the way out.

use super::{Freshness, Notation};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// A place in a stored body that holds no bytes of its own. Each stands for one whole value in the body's notation: of JSON a
/// string with its quotes or a number, of XML the content of an element, of CBOR an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hole {
    /// ramtape's token for the page at this position of the chain (the first page is 0, so the smallest token is 1).
    Token(u32),
    /// The live value of a volatile member: `write id:JSON pointer` of the request member that first held it.
    Volatile(String),
    /// A time that is as far ahead as it was when it was recorded.
    Fresh(Freshness),
}

/// A piece of a [`Body`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Bytes sent as they are.
    Literal(#[serde(with = "literal")] Bytes),
    /// A place to fill.
    Hole(Hole),
}

/// A body as one sequence of literal bytes and holes. Equal bodies have equal parts: no empty literal, no two in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Body {
    parts: Vec<Part>,
}

impl Body {
    /// A body without holes.
    #[must_use]
    pub fn literal(bytes: Bytes) -> Self {
        let mut body = Self::default();
        body.push_literal(bytes);
        body
    }

    /// Appends bytes to send as they are.
    pub fn push_literal(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if let Some(Part::Literal(last)) = self.parts.last_mut() {
            let mut joined = BytesMut::with_capacity(last.len() + bytes.len());
            joined.extend_from_slice(last);
            joined.extend_from_slice(&bytes);
            *last = joined.freeze();
        } else {
            self.parts.push(Part::Literal(bytes));
        }
    }

    /// Appends a hole.
    pub fn push_hole(&mut self, hole: Hole) {
        self.parts.push(Part::Hole(hole));
    }

    /// The pieces in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The holes in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Literal(_) => None,
        })
    }

    /// How it is written.
    #[must_use]
    pub fn notation(&self) -> Notation {
        match self.parts.first() {
            Some(Part::Literal(bytes)) => Notation::detect(bytes),
            _ => Notation::Json,
        }
    }

    /// The bytes with the notation's placeholder for every hole, which is what a hole can be parsed as, and where those stand. A
    /// body without holes is handed out without a copy.
    #[must_use]
    pub fn with_placeholders(&self) -> (Bytes, Vec<(Range<usize>, &Hole)>) {
        if let [Part::Literal(bytes)] = self.parts.as_slice() {
            return (bytes.clone(), Vec::new());
        }
        let notation = self.notation();
        let (mut bytes, mut holes) = (BytesMut::new(), Vec::new());
        for part in &self.parts {
            match part {
                Part::Literal(literal) => bytes.extend_from_slice(literal),
                Part::Hole(hole) => {
                    let start = bytes.len();
                    bytes.extend_from_slice(notation.placeholder());
                    holes.push((start..bytes.len(), hole));
                }
            }
        }
        (bytes.freeze(), holes)
    }

    /// Whether there is neither a byte nor a hole.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The body's bytes with every hole replaced by what `fill` gives for it (a whole value, quotes included).
    /// A body without holes is handed out without a copy.
    ///
    /// # Errors
    /// The first error of `fill`.
    pub fn render<'a, E>(&'a self, mut fill: impl FnMut(&'a Hole) -> Result<Cow<'a, [u8]>, E>) -> Result<Bytes, E> {
        match self.parts.as_slice() {
            [] => Ok(Bytes::new()),
            [Part::Literal(bytes)] => Ok(bytes.clone()),
            parts => {
                let mut out = BytesMut::new();
                for part in parts {
                    match part {
                        Part::Literal(bytes) => out.extend_from_slice(bytes),
                        Part::Hole(hole) => out.extend_from_slice(&fill(hole)?),
                    }
                }
                Ok(out.freeze())
            }
        }
    }
}

/// How a literal's bytes are serialised.
mod literal {
    use bytes::Bytes;
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor)
    }

    struct BytesVisitor;

    impl Visitor<'_> for BytesVisitor {
        type Value = Bytes;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
            Ok(Bytes::copy_from_slice(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn equal_bodies_have_equal_parts_however_they_were_built() {
        let mut pieces = Body::default();
        pieces.push_literal(Bytes::from_static(b"{\"a\":"));
        pieces.push_literal(Bytes::new());
        pieces.push_literal(Bytes::from_static(b"1}"));
        assert_eq!(pieces, Body::literal(Bytes::from_static(b"{\"a\":1}")));
    }

    #[test]
    fn render_fills_holes_in_place() {
        let mut body = Body::literal(Bytes::from_static(b"{\"nextToken\":"));
        body.push_hole(Hole::Token(1));
        body.push_literal(Bytes::from_static(b"}"));
        let filled = body.render(|_| Ok::<_, ()>(Cow::Borrowed(&b"\"t\""[..]))).unwrap();
        assert_eq!(&filled[..], b"{\"nextToken\":\"t\"}");
    }
}
