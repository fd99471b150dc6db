//! A stored body as one JSON text with placeholders for its holes, to be parsed and copied from.

use crate::model::{Body, Hole, Part};
use bytes::{Bytes, BytesMut};
use std::ops::Range;

/// What stands for a hole in the text: a JSON string, as every hole is.
const PLACEHOLDER: &[u8] = b"\"\"";

/// A stored body's text, and where its holes are.
#[derive(Clone, Debug)]
pub(super) struct BodyTemplate {
    text: Bytes,
    /// Where each placeholder starts, ascending.
    holes: Vec<(usize, Hole)>,
}

impl BodyTemplate {
    pub(super) fn from_body(body: &Body) -> Self {
        if let [Part::Literal(bytes)] = body.parts() {
            return Self { text: bytes.clone(), holes: Vec::new() };
        }
        let (mut text, mut holes) = (BytesMut::new(), Vec::new());
        for part in body.parts() {
            match part {
                Part::Literal(bytes) => text.extend_from_slice(bytes),
                Part::Hole(hole) => {
                    holes.push((text.len(), hole.clone()));
                    text.extend_from_slice(PLACEHOLDER);
                }
            }
        }
        Self { text: text.freeze(), holes }
    }

    /// The text, placeholders included.
    pub(super) fn text(&self) -> &Bytes {
        &self.text
    }
}

/// Builds a body. Literal bytes are gathered, so that many small copies cost no more than one large.
#[derive(Debug, Default)]
pub(super) struct BodyBuilder {
    body: Body,
    literal: BytesMut,
}

impl BodyBuilder {
    pub(super) fn literal(&mut self, bytes: &[u8]) {
        self.literal.extend_from_slice(bytes);
    }

    /// Copies what stands at `range` of `template`, its holes as holes.
    pub(super) fn part(&mut self, template: &BodyTemplate, range: Range<usize>) {
        let mut at = range.start;
        let first = template.holes.partition_point(|(start, _)| *start < range.start);
        for (start, hole) in template.holes.iter().skip(first).take_while(|(start, _)| *start < range.end) {
            self.literal(template.text.get(at..*start).unwrap_or_default());
            self.flush();
            self.body.push_hole(hole.clone());
            at = start + PLACEHOLDER.len();
        }
        self.literal(template.text.get(at..range.end).unwrap_or_default());
    }

    pub(super) fn finish(mut self) -> Body {
        self.flush();
        self.body
    }

    fn flush(&mut self) {
        self.body.push_literal(self.literal.split().freeze());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_keep_holes_and_bytes() {
        let mut body = Body::literal(Bytes::from_static(b"{\"a\":"));
        body.push_hole(Hole::Volatile("v".into()));
        body.push_literal(Bytes::from_static(b",\"t\":"));
        body.push_hole(Hole::Token(1));
        body.push_literal(Bytes::from_static(b"}"));
        let template = BodyTemplate::from_body(&body);
        assert_eq!(&template.text()[..], br#"{"a":"","t":""}"#);
        let mut whole = BodyBuilder::default();
        whole.part(&template, 0..4);
        whole.part(&template, 4..template.text().len());
        assert_eq!(whole.finish(), body);
        let mut one = BodyBuilder::default();
        one.part(&template, 5..7);
        assert_eq!(one.finish().parts(), [Part::Hole(Hole::Volatile("v".into()))]);
    }
}
