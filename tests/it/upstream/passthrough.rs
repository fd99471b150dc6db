//! Requests that keep their client's signature, byte for byte, and where they may go.

use super::server::{Server, Then, fixture, header, split, tls_as, tls_in_front_of};
use super::{LONG, request, settings};
use bytes::Bytes;
use http::Method;
use ramtape::aws::{AddressRules, Answer, Names, Upstream, UpstreamError, UpstreamSettings};
use ramtape::model::{Door, Request};
use std::collections::BTreeMap;
use std::net::SocketAddr;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const HOST: &str = "ram.us-east-1.amazonaws.com";
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/ram/aws4_request, \
                      SignedHeaders=accept-encoding;host;x-amz-date;x-ramtape-session, Signature=0";

fn signed_request() -> Request {
    let headers = [
        ("host", HOST),
        ("authorization", SIGNED),
        ("x-amz-date", "20261122T000000Z"),
        ("x-amz-security-token", "clients-token"),
        ("x-ramtape-session", "one"),
        ("accept-encoding", "gzip, br"),
        ("content-length", "2"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic bWU6aHVudGVyMg=="),
    ];
    Request { authority: HOST.to_owned(), door: Door::Proxy, ..request(&headers) }
}

/// To the public endpoint, whose name leads to `address`.
fn public(address: SocketAddr, allowed: &[&str]) -> UpstreamSettings {
    UpstreamSettings {
        urls: BTreeMap::new(),
        names: Names::Fixed(BTreeMap::from([(HOST.to_owned(), vec![address])])),
        addresses: AddressRules { allowed: allowed.iter().map(|network| network.parse().unwrap()).collect() },
        ca_bundle: Some(fixture("ram-test-only.cert.pem")),
        ..settings("http://unused.test")
    }
}

async fn pass_on(settings: UpstreamSettings, request: &Request) -> Result<Answer, UpstreamError> {
    Upstream::new(settings)?.pass_on(request).await
}

#[tokio::test]
async fn what_was_signed_arrives_as_it_was_signed() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let body = Bytes::from_static(br#"{"nextToken": "upstreams"}"#);
    let request = Request {
        method: Method::DELETE,
        signed_target: "/a%2Fb//../c?z=1&a=%2f&a=1&b".to_owned(),
        body: body.clone(),
        ..signed_request()
    };
    let mut request = request;
    request.headers.insert("content-length", body.len().into());
    assert_eq!(&pass_on(settings(&server.url()), &request).await.unwrap().body[..], b"{}");

    let received = server.received().pop().unwrap();
    let (head, arrived) = split(&received).unwrap();
    assert_eq!(arrived, body);
    assert!(head.starts_with("DELETE /a%2Fb//../c?z=1&a=%2f&a=1&b HTTP/1.1\r\n"), "{head}");
    for (name, value) in [
        ("host", HOST),
        ("authorization", SIGNED),
        ("x-amz-date", "20261122T000000Z"),
        ("x-amz-security-token", "clients-token"),
        ("x-ramtape-session", "one"),
        ("accept-encoding", "gzip, br"),
        ("content-length", "26"),
        ("x-ramtape-via", "instance-of-this-test"),
    ] {
        assert_eq!(header(head, name), Some(value), "{head}");
    }
    assert_eq!(head.lines().count(), 1 + 8, "{head}");
}

#[tokio::test]
async fn a_tls_upstream_gets_the_clients_host_even_if_it_prefers_http2() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let tls = tls_in_front_of(server.address, &[b"h2", b"http/1.1"]);
    let bundle = Some(fixture("localhost-test-only.cert.pem"));
    let to_localhost = UpstreamSettings { ca_bundle: bundle, ..settings(&format!("https://localhost:{}", tls.port())) };
    pass_on(to_localhost, &signed_request()).await.unwrap();
    let received = server.received().pop().unwrap();
    assert_eq!(header(split(&received).unwrap().0, "host"), Some(HOST));
}

#[tokio::test]
async fn the_public_endpoint_is_reached_by_tls_under_its_own_name() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let tls = tls_as("ram-test-only.cert.pem", server.address, &[b"http/1.1"]);
    let upstream = Upstream::new(public(tls, &["127.0.0.0/8"])).unwrap();
    upstream.pass_on(&signed_request()).await.unwrap();
    assert_eq!(upstream.connections(), 1);
    let received = server.received().pop().unwrap();
    let (head, _) = split(&received).unwrap();
    assert_eq!((header(head, "host"), header(head, "x-ramtape-via")), (Some(HOST), None), "{head}");

    let untrusted = UpstreamSettings { ca_bundle: None, ..public(tls, &["127.0.0.0/8"]) };
    let error = pass_on(untrusted, &signed_request()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let own = listener.local_addr().unwrap();
    for address in [own, "169.254.169.254:80".parse().unwrap(), "[fd00:ec2::254]:80".parse().unwrap()] {
        let upstream = Upstream::new(public(address, &["10.0.0.0/8"])).unwrap();
        let error = upstream.pass_on(&signed_request()).await.unwrap_err();
        assert!(matches!(error, UpstreamError::ForbiddenAddress { .. }), "{address}: {error}");
        for part in [HOST, &address.ip().to_string(), "allowed_networks"] {
            assert!(error.to_string().contains(part), "{part} in {error}");
        }
        assert!(!error.is_transient());
        assert_eq!(upstream.connections(), 0);
    }
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn what_no_endpoint_was_signed_for_is_not_sent() {
    let server = Server::start(OK, Then::KeepOpen).await;
    for authority in ["evil.test", "127.0.0.1", "ram.us-east-1.amazonaws.com.evil.test", "RAM.us-east-1.amazonaws.com"]
    {
        let request = Request { authority: authority.to_owned(), ..signed_request() };
        let error = pass_on(settings(&server.url()), &request).await.unwrap_err();
        assert!(matches!(error, UpstreamError::NotAnEndpoint { .. }), "{authority}: {error}");
    }
    let error = pass_on(settings(&format!("{}/gateway", server.url())), &signed_request()).await.unwrap_err();
    assert!(error.to_string().contains("/gateway has a path, which cannot be added"), "{error}");
    assert!(server.received().is_empty());
}

/// `{}` as `gzip` writes it.
const PACKED: [u8; 22] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0];

#[tokio::test]
async fn an_answer_that_comes_compressed_as_the_client_asked_under_its_signature_is_unpacked() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", PACKED.len());
    let server = Server::start([head.as_bytes(), &PACKED].concat(), Then::KeepOpen).await;
    let answer = pass_on(settings(&server.url()), &signed_request()).await.unwrap();
    assert_eq!((&answer.body[..], answer.headers.len()), (&b"{}"[..], 0), "{answer:?}");

    let mut unsigned = signed_request();
    unsigned.headers.remove("authorization");
    let error = pass_on(settings(&server.url()), &unsigned).await.unwrap_err();
    assert!(matches!(error, UpstreamError::ContentEncoded { .. }), "{error}");
}

#[tokio::test]
async fn no_credentials_are_asked_for() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let none = ramtape::aws::CredentialSource::Profile("no such profile".to_owned());
    let settings = UpstreamSettings { credentials: none, credentials_time: LONG, ..settings(&server.url()) };
    pass_on(settings, &signed_request()).await.unwrap();
}
