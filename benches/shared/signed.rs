//! Signed requests, for what is recorded.

use crate::shared::child::KEYS;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use ramtape::aws::Keys;
use ramtape::aws::sigv4::{SigningScope, sign};
use ramtape::model::Secret;
use std::fmt::Write;
use std::time::SystemTime;

/// A signed request for `path` below `base`, as it goes over the wire.
pub(crate) fn signed(base: &str, path: &str, body: &str) -> Vec<u8> {
    let url: Uri = format!("{base}{path}").parse().unwrap();
    let keys =
        Keys { access_key_id: KEYS.0.to_owned(), secret: Secret::new(KEYS.1), session_token: None, expiry: None };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let scope = SigningScope { service: "ram", region: "us-east-1", time: SystemTime::now(), as_s3: false };
    headers.extend(sign(&Method::POST, &url, &headers, body.as_bytes(), &keys, scope).unwrap());
    let mut request = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", url.path(), url.authority().unwrap());
    for (name, value) in &headers {
        write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    request.into_bytes()
}
