//! What goes up, byte for byte.

use super::server::{Server, Then, header, split};
use super::{KEY_ID, SECRET, TOKEN, request, settings, to};
use crate::support::log::Log;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use ramtape::aws::sigv4::{Authorization, SignedRequest, verify};
use ramtape::aws::{Upstream, UpstreamError, UpstreamSettings};
use ramtape::model::Request;
use std::time::SystemTime;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Sends to a server at `path` and returns what arrived there.
async fn arrived(path: &str, request: &Request, body: &'static [u8]) -> (Server, Vec<u8>) {
    let server = Server::start(OK, Then::KeepOpen).await;
    let upstream = Upstream::new(settings(&format!("{}{path}", server.url()))).unwrap();
    upstream.send(&to("default", "eu-central-1"), request, Bytes::from_static(body)).await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 1);
    (server, received.into_iter().next().unwrap())
}

/// Checks the signature of `received` as AWS would, from its bytes alone.
fn assert_signed(received: &[u8]) {
    let (head, body) = split(received).unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap();
    let [method, target, _] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in fields.lines().map(|line| line.split_once(": ").unwrap()) {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let authorization = Authorization::parse(&headers).unwrap().unwrap();
    assert_eq!((authorization.access_key_id.as_str(), authorization.region.as_str()), (KEY_ID, "eu-central-1"));
    let method: Method = method.parse().unwrap();
    let signed =
        SignedRequest { method: &method, target, headers: &headers, body, path_as_sent: false, authority: None };
    assert_eq!(verify(&signed, &authorization, "ram", SECRET, SystemTime::now()), Ok(()), "{head}");
}

#[tokio::test]
async fn the_request_is_built_afresh() {
    let request = request(&[
        ("host", "127.0.0.1:9"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=CLIENTS/..."),
        ("x-amz-date", "20010101T000000Z"),
        ("x-amz-security-token", "clients-token"),
        ("x-amz-content-sha256", "clients-hash"),
        ("content-length", "77"),
        ("content-type", "application/json"),
        ("user-agent", "Boto3/1.40 md/x"),
        ("x-amz-user-agent", "aws-sdk-js/3"),
        ("amz-sdk-invocation-id", "6f3d"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("accept-encoding", "gzip"),
        ("connection", "keep-alive, user-agent"),
        ("te", "trailers"),
        ("expect", "100-continue"),
        ("cookie", "a=b"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-ramtape-session", "one"),
        ("x-ramtape-via", "forged"),
    ]);
    let (server, received) = arrived("", &request, br#"{"nextToken":"upstreams"}"#).await;
    let (head, body) = split(&received).unwrap();
    assert_eq!(body, br#"{"nextToken":"upstreams"}"#);
    assert!(head.starts_with("POST /getresourceshares HTTP/1.1\r\n"), "{head}");
    for (name, value) in [
        ("host", server.address.to_string().as_str()),
        ("content-type", "application/json"),
        ("user-agent", "Boto3/1.40 md/x"),
        ("x-amz-user-agent", "aws-sdk-js/3"),
        ("amz-sdk-invocation-id", "6f3d"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("accept-encoding", "identity"),
        ("content-length", "25"),
        ("x-amz-security-token", TOKEN),
        ("x-ramtape-via", "instance-of-this-test"),
    ] {
        assert_eq!(header(head, name), Some(value), "{head}");
    }
    let mut names: Vec<_> = head.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(head.lines().count() - 1, 12, "{names:?}");
    assert_eq!(names.len(), 12, "{names:?}");
    assert_signed(&received);
}

#[tokio::test]
async fn path_and_query_go_up_as_received_and_are_signed_so() {
    for (path, query) in [
        ("/deleteresourceshare", "resourceShareArn=arn%3Aaws%3Aram%3Aus-east-1%3A123456789012%3Aresource-share%2F1-2"),
        (
            "/deleteresourceshare",
            "resourceShareArn=arn:aws:ram:us-east-1:123456789012:resource-share/1&clientToken=%2b",
        ),
        ("/a%2Fb%2fc/../d//e", "z=1&a=2&a=1&&b&=c&d=e=f&text=a+b%20c"),
        ("/", ""),
    ] {
        for prefix in ["", "/one", "/one/t%2Fwo/"] {
            let (path, query) = (path.to_owned(), query.to_owned());
            let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
            let request = Request { method: Method::DELETE, path, query, ..request(&[]) };
            let (_, received) = arrived(prefix, &request, b"").await;
            let line = format!("DELETE {}{target} HTTP/1.1\r\n", prefix.trim_end_matches('/'));
            assert!(received.starts_with(line.as_bytes()), "{}", String::from_utf8_lossy(&received));
            assert_signed(&received);
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_go_up_is_not_sent() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let upstream = Upstream::new(settings(&server.url())).unwrap();
    let error = upstream.send(&to("default", "evil.example/"), &request(&[]), Bytes::new()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::BadRegion { .. }), "{error}");
    let bad = Request { path: "*".to_owned(), ..request(&[]) };
    let error = upstream.send(&to("default", "us-east-1"), &bad, Bytes::new()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::BadTarget), "{error}");
    assert!(server.received().is_empty());
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn its_own_address_is_no_upstream() {
    let own = "127.0.0.1:4321".parse().unwrap();
    for url in ["http://127.0.0.1:4321", "http://localhost:4321/some/path"] {
        let error = Upstream::new(UpstreamSettings { own, ..settings(url) }).err().unwrap();
        assert_eq!(error, UpstreamError::Loop { url: url.to_owned() });
        assert!(!error.is_transient());
    }
    assert!(Upstream::new(UpstreamSettings { own, ..settings("http://127.0.0.1:4322") }).is_ok());
}

#[tokio::test]
async fn no_log_level_shows_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let (_, received) = arrived("", &request(&[("content-type", "application/json")]), b"{}").await;
    drop(guard);
    let (head, _) = split(&received).unwrap();
    let signature = header(head, "authorization").unwrap().rsplit_once('=').unwrap().1;
    let text = log.text();
    assert!(text.contains("getresourceshares"), "the log is empty");
    for secret in [SECRET, TOKEN, signature] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
