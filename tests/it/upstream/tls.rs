//! Whom TLS trusts, and HTTP/2 over it.

use super::server::{Server, Then, fixture, tls_in_front_of};
use super::{KEY_ID, SECRET, send, settings};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::aws::sigv4::{Authorization, SignedRequest, verify};
use ramtape::aws::{UpstreamError, UpstreamSettings};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::SystemTime;
use tokio::net::TcpListener;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn with_bundle(url: &str, bundle: PathBuf) -> UpstreamSettings {
    UpstreamSettings { ca_bundle: Some(bundle), ..settings(url) }
}

#[tokio::test]
async fn a_self_signed_server_is_trusted_through_the_bundle_only() {
    let server = Server::start(OK, Then::KeepOpen).await;
    let url = format!("https://localhost:{}", tls_in_front_of(server.address, &[b"http/1.1"]).port());
    let error = send(settings(&url)).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Tls { .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(server.received().is_empty());

    let answer = send(with_bundle(&url, fixture("localhost-test-only.cert.pem"))).await.unwrap();
    assert_eq!(&answer.body[..], b"{}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_server_without_tls_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let error = send(settings(&format!("https://{address}"))).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_bundle_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    for (bundle, problem) in [
        (folder.path().join("absent.pem"), "No such file"),
        (folder.path().to_owned(), "directory"),
        (path("empty.pem", ""), "no certificate"),
        (path("text.pem", "not a certificate\n"), "no certificate"),
        (path("key.pem", &std::fs::read_to_string(fixture("localhost-test-only.key.pem")).unwrap()), "no certificate"),
        (path("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n"), "PEM"),
        (path("bad.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), "certificate 1"),
    ] {
        let name = bundle.display().to_string();
        let error = send(with_bundle("https://localhost:9", bundle)).await.unwrap_err();
        assert!(matches!(error, UpstreamError::CaBundle(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(problem) && text.contains(&name), "{text}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let backend = http_2_server().await;
    let address = tls_in_front_of(backend, &[b"h2", b"http/1.1"]);
    let url = format!("https://localhost:{}/base", address.port());
    let answer = send(with_bundle(&url, fixture("localhost-test-only.cert.pem"))).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"POST /base/getresourceshares verified"[..]));
}

/// Says what it was asked, and whether the signature is right. It speaks nothing but HTTP/2.
async fn http_2_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let stream = TokioIo::new(listener.accept().await.unwrap().0);
            let server = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(stream, service_fn(verified)));
        }
    });
    address
}

async fn verified(request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = parts.uri.path_and_query().unwrap().as_str();
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    assert!(parts.headers.get("host").is_none());
    let authorization = Authorization::parse(&parts.headers).unwrap().unwrap();
    assert_eq!(authorization.access_key_id, KEY_ID);
    let signed = SignedRequest {
        method: &parts.method,
        target,
        headers: &parts.headers,
        body: &body,
        path_as_sent: false,
        authority,
    };
    let verdict = match verify(&signed, &authorization, "ram", SECRET, SystemTime::now()) {
        Ok(()) => "verified".to_owned(),
        Err(error) => error.to_string(),
    };
    Ok(http::Response::new(format!("{} {target} {verdict}", parts.method).into()))
}
