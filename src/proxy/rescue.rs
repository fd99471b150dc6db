//! The one place where a refusal becomes an answer.

use super::refusal::Refusal;
use crate::interaction::Response;

/// The answer that tells a client of `refusal`.
pub(super) fn answer(refusal: &Refusal) -> Response {
    Response::error(refusal.status(), refusal.kind(), &format!("ramtape: {refusal}"))
}

/// The same answer as bytes for a connection that no HTTP server drives (any more).
pub(super) fn raw(refusal: &Refusal) -> Vec<u8> {
    let Response { status, headers, body } = answer(refusal);
    let mut out = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &headers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(&body);
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn raw_says_what_answer_says() {
        let text = String::from_utf8(raw(&Refusal::Connections { limit: 2 })).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("x-amzn-errortype: RamtapeBusyException"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        assert!(body.contains("ramtape: all 2 connections are in use"), "{body}");
    }
}
