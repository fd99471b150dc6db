//! What comes back, whole or not.

use super::server::{Server, Then};
use super::{LONG, SHORT, send, settings, to};
use ramtape::aws::{Phase, Upstream, UpstreamError, UpstreamSettings};
use std::time::Duration;

async fn answer_to(bytes: impl Into<Vec<u8>>, then: Then) -> Result<ramtape::aws::Answer, UpstreamError> {
    let server = Server::start(bytes, then).await;
    send(settings(&server.url())).await
}

async fn error_of(bytes: impl Into<Vec<u8>>, then: Then) -> UpstreamError {
    answer_to(bytes, then).await.unwrap_err()
}

#[tokio::test]
async fn every_framing_gives_the_same_body() {
    for (bytes, then) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"a\": \"b\"}\n", Then::KeepOpen),
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"a\": \"b\"}\n", Then::Close),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\": \"b\"}\n", Then::Close),
        ("HTTP/1.0 200 OK\r\n\r\n{\"a\": \"b\"}\n", Then::Close),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n4\r\n{\"a\"\r\n1;e=1\r\n:\r\n6\r\n \"b\"}\n\
             \r\n0\r\nX-T: 1\r\n\r\n",
            Then::KeepOpen,
        ),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"a\": \"b\"}\n", Then::KeepOpen),
    ] {
        let answer = answer_to(bytes, then).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"{\"a\": \"b\"}\n"[..]), "{bytes}");
        assert!(answer.headers.is_empty(), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn status_headers_and_odd_content_types_come_back_as_they_are() {
    let bytes =
        b"HTTP/1.1 429 Slow\r\nContent-Type: text/x-odd; a=\"b;c\"\r\nx-amzn-ErrorType: Throttling:http://x/\r\n\
                  Set-Cookie: a\r\nSet-Cookie: b\r\nKeep-Alive: 5\r\nContent-Length: 3\r\n\r\n\xff\x00\n";
    let answer = answer_to(&bytes[..], Then::KeepOpen).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (429, &b"\xff\x00\n"[..]));
    assert_eq!(answer.headers["content-type"], "text/x-odd; a=\"b;c\"");
    assert_eq!(answer.headers["x-amzn-errortype"], "Throttling:http://x/");
    assert_eq!(answer.headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(answer.headers.len(), 4);
    for bytes in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"] {
        assert!(answer_to(bytes, Then::KeepOpen).await.unwrap().body.is_empty(), "{bytes}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused() {
    let full = "x".repeat(1000);
    let exact = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{full}");
    assert_eq!(answer_to(exact, Then::KeepOpen).await.unwrap().body.len(), 1000);
    for head in ["HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
        let error = error_of(format!("{head}{full}x"), Then::Close).await;
        assert!(matches!(error, UpstreamError::TooLarge { limit: 1000, .. }), "{error}");
        assert!(!error.is_transient());
        assert!(error.to_string().contains("1000 bytes"), "{error}");
    }
    // Refused by what it announces: nothing of the body ever comes.
    let error = error_of("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", Then::Stall).await;
    assert!(matches!(error, UpstreamError::TooLarge { .. }), "{error}");
    // Refused on the way: a body without an end.
    let chunk = format!("3e8\r\n{full}\r\n");
    let error =
        error_of(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}"), Then::Stall).await;
    assert!(matches!(error, UpstreamError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{\"a\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
    ] {
        let error = error_of(bytes, Then::Close).await;
        assert!(matches!(error, UpstreamError::HalfBody { .. }), "{error}");
        assert!(error.is_transient() && !error.is_timeout());
    }
}

#[tokio::test]
async fn no_answer_is_a_reset() {
    for (bytes, then) in [("", Then::Close), ("", Then::Reset), ("HTTP/1.1 200 O", Then::Close)] {
        let error = error_of(bytes, then).await;
        assert!(matches!(error, UpstreamError::Reset { .. }), "{error:?}");
        assert!(error.is_transient() && !error.is_timeout());
    }
}

#[tokio::test]
async fn a_stall_ends_with_the_time() {
    for bytes in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let server = Server::start(bytes, Then::Stall).await;
        let error = send(UpstreamSettings { answer_time: SHORT, ..settings(&server.url()) }).await.unwrap_err();
        let host = server.address.to_string();
        assert_eq!(error, UpstreamError::TimedOut { host, phase: Phase::Answer, limit: SHORT }, "{bytes}");
        assert!(error.is_transient() && error.is_timeout());
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_connection_time() {
    let server = Server::start("", Then::Stall).await;
    let url = format!("https://{}", server.address);
    let error = send(UpstreamSettings { connect_time: SHORT, ..settings(&url) }).await.unwrap_err();
    let host = server.address.to_string();
    assert_eq!(error, UpstreamError::TimedOut { host, phase: Phase::Connect, limit: SHORT });
    // The connection's time bounds the connection only. It is long enough for a loaded machine to connect to itself.
    let server = Server::start("", Then::Stall).await;
    let (connect_time, answer_time) = (SHORT * 5, SHORT * 7);
    let error = send(UpstreamSettings { connect_time, answer_time, ..settings(&server.url()) }).await.unwrap_err();
    assert!(matches!(error, UpstreamError::TimedOut { phase: Phase::Answer, .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_http_is_garbage() {
    for bytes in ["220 smtp.example ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x46", "HTTP/1.1 twohundred OK\r\n\r\n"] {
        let error = error_of(bytes, Then::Close).await;
        assert!(matches!(error, UpstreamError::Garbage { .. }), "{bytes:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_refused() {
    for encoding in ["gzip", "br", "identity, gzip"] {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 2\r\n\r\n\x1f\x1f");
        let error = error_of(bytes, Then::KeepOpen).await;
        assert!(matches!(&error, UpstreamError::ContentEncoded { encoding: e, .. } if e == encoding), "{error}");
        assert!(!error.is_transient());
    }
    let bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(&answer_to(bytes, Then::KeepOpen).await.unwrap().body[..], b"{}");
}

#[tokio::test]
async fn a_refused_connection_is_reported() {
    // Bound, so that nobody else gets the port, and not listened at.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = bound.local_addr().unwrap();
    let error = send(settings(&format!("http://{closed}"))).await.unwrap_err();
    assert_eq!(error, UpstreamError::Refused { host: closed.to_string() });
    let error = send(settings("http://nowhere.invalid")).await.unwrap_err();
    assert_eq!(error, UpstreamError::Dns { host: "nowhere.invalid".to_owned() });
    assert!(error.is_transient());
}

#[tokio::test]
async fn connections_are_counted_as_they_are_used() {
    let kept = Server::start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Then::KeepOpen).await;
    let closed = Server::start("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", Then::Close).await;
    for (server, count) in [(kept, 1), (closed, 3)] {
        let upstream = Upstream::new(UpstreamSettings { answer_time: LONG, ..settings(&server.url()) }).unwrap();
        assert_eq!(upstream.connections(), 0);
        for _ in 0..3 {
            let request = super::request(&[]);
            let answer = upstream.send(&to("default", "us-east-1"), &request, request.body.clone()).await.unwrap();
            assert!(answer.elapsed > Duration::ZERO);
        }
        assert_eq!(upstream.connections(), count);
    }
}
