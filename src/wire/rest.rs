//! The rest protocols: parameters in path, query, headers and body.

use super::names::{is_parameter_header, query_member};
use super::parts::{content_type, decode_pairs, opaque_body, push_opaque_query};
use super::value::{Members, Value, read_json_members};
use super::{payload, s3, xml};
use crate::model::Request;
use http::header::CONTENT_ENCODING;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Method and path, the path's escapes in one spelling.
pub(super) fn operation(request: &Request) -> String {
    format!("{} {}", request.method, spell_path(&s3::path(request)))
}

/// Escapes stay only where a path needs them, so that clients that escape differently agree. A `+` stays as it is: S3 takes it
/// for a blank.
fn spell_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, following)) = rest.split_first() {
        rest = following;
        let escaped = following.get(..2).filter(|_| byte == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        let is_plain = match escaped {
            Some(meant) => is_plain(meant),
            None => is_plain(byte) || byte == b'/' || byte == b'+',
        };
        let meant = escaped.unwrap_or(byte);
        if escaped.is_some() {
            rest = following.get(2..).unwrap_or_default();
        }
        if is_plain {
            out.push(char::from(meant));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{meant:02X}");
        }
    }
    out
}

/// What RFC 3986 lets stand in a segment of a path, but for `+`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*,;=:@".contains(&byte)
}

/// The parameters in query, headers and body; the path is the operation's.
pub(super) fn read_parameters(request: &Request, body: &[u8]) -> Members {
    let pairs = decode_pairs(&request.query).filter(|pairs| pairs.iter().all(|(name, _)| !name.starts_with('$')));
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs.iter().flatten() {
        if let Some(name) = query_member(name) {
            texts.entry(name.into_owned()).or_default().push(value.clone());
        }
    }
    for name in request.headers.keys().filter(|name| is_parameter_header(name.as_str())) {
        let values: Vec<_> = request.headers.get_all(name).iter().map(|value| read_header(value.as_bytes())).collect();
        let value = if name == CONTENT_ENCODING { payload::content_codings(&values) } else { values.join(",") };
        if name != CONTENT_ENCODING || !value.is_empty() {
            texts.entry(name.as_str().to_owned()).or_default().push(value);
        }
    }
    let mut members: Members = texts.into_iter().map(|(name, texts)| (name, Value::one_or_list(texts))).collect();
    if pairs.is_none() {
        push_opaque_query(&mut members, &request.query);
    }
    let inside = read_body(request, body);
    let has = |name: &str| members.iter().any(|(other, _)| other == name);
    match inside.filter(|inside| !inside.iter().any(|(name, _)| has(name))) {
        Some(inside) => members.extend(inside),
        None => members.push(opaque_body(body)),
    }
    members
}

/// The members of a JSON object, or the root of an XML document, where the content type says so; boto3 sends XML without one.
fn read_body(request: &Request, body: &[u8]) -> Option<Members> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    if s3::puts_object(request) {
        return None;
    }
    let content_type = content_type(request);
    if content_type.contains("json") {
        return read_json_members(body);
    }
    if content_type.is_empty() || content_type.contains("xml") {
        return xml::read_document(body).map(|root| vec![root]);
    }
    None
}

/// A header's value as text; bytes that are no UTF-8 as Latin-1, which is what they were meant as.
fn read_header(value: &[u8]) -> String {
    std::str::from_utf8(value).map_or_else(|_| value.iter().copied().map(char::from).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for (path, spelled) in [
            ("/a/b", "/a/b"),
            ("/%61%7e%2f%3a:", "/a~%2F::"),
            ("/a b\"%20%zz%2", "/a%20b%22%20%25zz%252"),
            ("/%c3%a9é", "/%C3%A9%C3%A9"),
            ("/a+b%2B", "/a+b%2B"),
            ("/(x)%28%+1", "/(x)(%25+1"),
        ] {
            assert_eq!(spell_path(path), spelled, "{path}");
            assert_eq!(spell_path(spelled), spelled, "{path}");
        }
    }
}
