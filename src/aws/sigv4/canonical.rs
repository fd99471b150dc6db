//! Builds the canonical request, whose hash is signed.

use super::authorization::Authorization;
use super::error::VerifyError;
use crate::model::{decode_query, query_pairs};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As `RESERVED`, with the path's own separator kept.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A request as the client signed it, before ramtape removed anything.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query exactly as received, session prefixes included.
    pub target: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
    /// Whether the path is signed as it stands on the wire, as for S3; else normalised and encoded once more.
    pub path_as_sent: bool,
    /// What `host` stands for where there is no such header: the `:authority` of HTTP/2.
    pub authority: Option<&'a str>,
}

/// Bytes, not text: header values need not be UTF-8.
pub(super) fn canonical_request(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    payload_hash: &str,
) -> Result<Vec<u8>, VerifyError> {
    let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
    let mut out = Vec::new();
    let mut line = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        out.push(b'\n');
    };
    line(request.method.as_str().as_bytes());
    let path = if request.path_as_sent { path.to_owned() } else { canonical_path(path) };
    line(path.as_bytes());
    line(canonical_query(query).as_bytes());
    for name in &authorization.signed_headers {
        let value = canonical_header(request, name)?;
        line(&[name.as_bytes(), b":", &value].concat());
    }
    line(b"");
    line(authorization.signed_headers.join(";").as_bytes());
    out.extend_from_slice(payload_hash.as_bytes());
    Ok(out)
}

/// Dot segments and empty segments removed, then encoded once more than it came.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let trailing = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    let normalized = format!("/{}{trailing}", segments.join("/"));
    percent_encode(normalized.as_bytes(), RESERVED_IN_PATH).to_string()
}

/// Pairs decoded, encoded in the one canonical way, and sorted.
fn canonical_query(query: &str) -> String {
    let encode = |text: &str| percent_encode(&decode_query(text), RESERVED).to_string();
    let mut pairs: Vec<(String, String)> =
        query_pairs(query).map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn canonical_header(request: &SignedRequest<'_>, name: &str) -> Result<Vec<u8>, VerifyError> {
    if let ("host", Some(authority)) = (name, request.authority) {
        return Ok(fold_blanks(authority.as_bytes()));
    }
    let values: Vec<Vec<u8>> =
        request.headers.get_all(name).iter().map(|value| fold_blanks(value.as_bytes())).collect();
    if values.is_empty() {
        return Err(VerifyError::SignedHeaderMissing { name: name.to_owned() });
    }
    Ok(values.join(b",".as_slice()))
}

fn fold_blanks(value: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
    words.join(b" ".as_slice())
}
