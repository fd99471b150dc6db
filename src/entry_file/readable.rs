//! A body as people read it.

use super::body::{laid_out, spelled};
use crate::model::Body;
use crate::wire;

/// A body as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadableBody {
    /// Its notation is known: on several lines, CBOR as the JSON that it stands for.
    LaidOut(String),
    /// Other text, as it is.
    Text(String),
    /// No text: so many bytes.
    Binary(usize),
}

/// Lays `body` out for people, holes spelled as in a cassette's text.
#[must_use]
pub fn make_readable(body: &Body) -> ReadableBody {
    if let Some(text) = laid_out(body).or_else(|| lay_out_otherwise(body)) {
        return ReadableBody::LaidOut(text);
    }
    let bytes = spelled(body);
    match std::str::from_utf8(&bytes) {
        Ok(text) => ReadableBody::Text(text.to_owned()),
        Err(_) => ReadableBody::Binary(bytes.len()),
    }
}

/// A body in XML on several lines, and one in CBOR as JSON.
fn lay_out_otherwise(body: &Body) -> Option<String> {
    wire::lay_out_xml(&spelled(body)).or_else(|| {
        let (bytes, _) = body.with_placeholders();
        laid_out(&Body::literal(wire::to_json(&bytes)?.into()))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::Hole;
    use bytes::Bytes;

    #[test]
    fn xml_and_cbor_are_laid_out_and_what_is_no_text_is_told() {
        let mut xml = Body::literal(Bytes::from_static(b"<R><Role><Arn>arn:x</Arn></Role><Expiration>"));
        xml.push_hole(Hole::Fresh("3600 iso".parse().unwrap()));
        xml.push_literal(Bytes::from_static(b"</Expiration></R>"));
        let ReadableBody::LaidOut(text) = make_readable(&xml) else { unreachable!() };
        assert!(text.contains("\n    <Arn>arn:x</Arn>\n") && text.contains("{\"$fresh\":\"3600 iso\"}"), "{text}");
        let of = |bytes: &'static [u8]| make_readable(&Body::literal(Bytes::from_static(bytes)));
        assert_eq!(of(b"\xa1\x61a\x01"), ReadableBody::LaidOut("{\n  \"a\": 1\n}\n".to_owned()));
        assert_eq!(of(b"plain"), ReadableBody::Text("plain".to_owned()));
        assert_eq!(of(b"\xff\x00"), ReadableBody::Binary(2));
    }
}
