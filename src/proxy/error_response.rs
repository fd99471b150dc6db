//! The one place where a refusal becomes a response.

use super::refusal::Refusal;
use crate::model::Response;

/// The response that gives a client the reason.
pub(super) fn to_response(refusal: &Refusal) -> Response {
    Response::error(refusal.status(), refusal.kind(), &format!("ramtape: {refusal}"))
}

/// The same response as bytes, for a connection that no HTTP server drives.
pub(super) fn to_http_bytes(refusal: &Refusal) -> Vec<u8> {
    let response = to_response(refusal);
    let first = format!("HTTP/1.1 {}\r\n", response.status);
    serialize(first, response)
}

/// The same response to CONNECT: clients show nothing of it but the reason in its first line.
pub(super) fn to_connect_bytes(refusal: &Refusal) -> Vec<u8> {
    let response = to_response(refusal);
    let reason = refusal.to_string().replace(|c: char| !c.is_ascii_graphic(), " ");
    let first = format!("HTTP/1.1 {} ramtape: {reason}\r\n", response.status.as_str());
    serialize(first, response)
}

fn serialize(first: String, response: Response) -> Vec<u8> {
    let Response { headers, body, .. } = response;
    let mut out = first.into_bytes();
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
    use crate::aws::UpstreamError;

    #[test]
    fn the_reason_is_in_the_first_line_of_an_answer_to_connect() {
        let target = "sts.amazonaws.com".parse().unwrap();
        let source = UpstreamError::NoRoute { host: "h".to_owned(), reason: "no\r\nroute".to_owned() };
        let text = String::from_utf8(to_connect_bytes(&Refusal::Unreachable { target, source })).unwrap();
        let expected = "HTTP/1.1 502 ramtape: sts.amazonaws.com:443 cannot be reached: cannot connect to upstream h: no  route\r\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn raw_says_what_answer_says() {
        let text = String::from_utf8(to_http_bytes(&Refusal::Connections { limit: 2 })).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("x-amzn-errortype: RamtapeBusyException"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        assert!(body.contains("ramtape: all 2 connections are in use"), "{body}");
    }
}
