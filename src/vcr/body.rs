//! The bodies of a cassette: texts, binary data, or compressed.

use super::node::Node;
use crate::model::Lack;
use bytes::Bytes;
use data_encoding::BASE64;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::Read;

/// How large a body may be once it is decompressed, in bytes.
const LARGEST: u64 = 64 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The body in `node`: a text, binary data, or an object that has one of them. `whose` names it in errors.
pub(super) fn read(node: Option<&Node>, whose: &str) -> Result<Bytes, Lack> {
    let unreadable = |why: String| Lack::Unreadable(format!("{whose} body is {why}"));
    match node {
        None | Some(Node::Null) => Ok(Bytes::new()),
        Some(Node::Text(text)) => Ok(Bytes::from(text.clone())),
        Some(Node::Bytes(bytes)) => Ok(Bytes::from(bytes.clone())),
        Some(Node::Map(members)) => match (node.and_then(|node| node.member("string")), packed(node)) {
            (Some(string @ (Node::Text(_) | Node::Bytes(_))), _) => read(Some(string), whose),
            (Some(other), _) => Err(unreadable(other.kind())),
            (None, Some(packed)) => {
                let bytes = BASE64.decode(packed.as_bytes());
                bytes.map(Bytes::from).map_err(|_| unreadable("not valid base64".to_owned()))
            }
            (None, None) if members.iter().all(|(name, _)| name == "string") => Ok(Bytes::new()),
            (None, None) => Err(unreadable("an object, and not the bytes that were sent".to_owned())),
        },
        Some(other) => Err(unreadable(other.kind())),
    }
}

fn packed(node: Option<&Node>) -> Option<&str> {
    node?.member("base64_string")?.text()
}

/// The form in `node`, name by name and value by value, as it was sent; empty where there is none.
pub(super) fn form(node: Option<&Node>) -> Bytes {
    let Some(Node::Map(members)) = node else { return Bytes::new() };
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = members.iter().flat_map(|(name, values)| {
        let values = values.list().unwrap_or_default().iter().filter_map(move |value| Some((name, value.text()?)));
        values.map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
    });
    Bytes::from(pairs.collect::<Vec<String>>().join("&"))
}

/// `body` as it is without its `Content-Encoding`. Some recorders decode what they write and leave the header as it was.
pub(super) fn decoded(body: Bytes, headers: &HeaderMap) -> Result<Bytes, Lack> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter().filter(|coding| {
        let coding = coding.as_bytes();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    });
    let Some(coding) = codings.next() else { return Ok(body) };
    if body.is_empty() || (std::str::from_utf8(&body).is_ok() && !body.starts_with(&GZIP)) {
        return Ok(body);
    }
    let is_gzip = coding.as_bytes().eq_ignore_ascii_case(b"gzip") && codings.next().is_none();
    if !is_gzip || !body.starts_with(&GZIP) {
        let coding = String::from_utf8_lossy(coding.as_bytes());
        return Err(Lack::Unreadable(format!("its answer's body is compressed with {coding:?}; only gzip is decoded")));
    }
    let mut plain = Vec::new();
    match MultiGzDecoder::new(&body[..]).take(LARGEST + 1).read_to_end(&mut plain) {
        Ok(_) if plain.len() as u64 > LARGEST => {
            Err(Lack::Unreadable(format!("its answer's body is larger than {} MiB", LARGEST >> 20)))
        }
        Ok(_) => Ok(plain.into()),
        Err(error) => Err(Lack::Unreadable(format!("its answer's body is not valid gzip: {error}"))),
    }
}
