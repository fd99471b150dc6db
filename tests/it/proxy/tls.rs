//! TLS on the listening port: the same rules as in clear, and a word for clients that speak the wrong language.

use crate::support::raw::{Client, KEY, Server, settings};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::ca::{CertificateAuthority, ServerCertificates};
use ramtape::proxy::Limits;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Short enough to wait for, and long enough for a handshake on a loaded machine.
const HEADER_TIME: Duration = Duration::from_secs(2);

/// A proxy that speaks TLS, and what a client must trust.
pub(crate) struct Encrypted {
    pub(crate) server: Server,
    pub(crate) trust: ClientConfig,
}

pub(crate) fn trusting(authority: &CertificateAuthority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

impl Encrypted {
    fn start() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let authority = CertificateAuthority::make(&[], Duration::from_secs(3600)).unwrap();
        let trust = trusting(&authority);
        let mut settings = settings();
        settings.tls = Some(Arc::new(ServerCertificates::new(authority)));
        change(&mut settings.limits);
        Self { server: Server::start(settings), trust }
    }

    /// TLS with the server as `name`.
    fn tls(&self, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(self.trust.clone()), name).unwrap();
        StreamOwned::new(connection, self.server.socket())
    }

    fn connect(&self) -> Client {
        Client::over(self.tls("127.0.0.1"))
    }
}

#[test]
fn loopback_is_served_by_all_its_names() {
    let encrypted = Encrypted::start();
    for name in ["127.0.0.1", "localhost", "::1"] {
        let mut client = Client::over(encrypted.tls(name));
        client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(client.reply().status, 200, "{name}");
    }
    let mut foreign = encrypted.tls("example.com");
    let refused = foreign.write_all(b"GET / HTTP/1.1\r\n\r\n").and_then(|()| foreign.read(&mut [0]).map(drop));
    assert!(refused.unwrap_err().to_string().contains("certificate"), "a certificate for anybody");
}

#[test]
fn the_gate_is_as_strict_inside_tls() {
    let encrypted = Encrypted::start();
    let fields: String = (1..65).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let (many, large) =
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"), format!("GET /{}", "x".repeat(32 << 10)));
    let table: [(&str, &str); 12] = [
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "more than one Host"),
        ("GET / HTTP/1.1\r\n\r\n", "no Host header"),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "names another host than its Host"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding",
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            "more than one Content-Length",
        ),
        ("GET / HTTP/1.1\nHost: a\n\n", "LF without CR"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "CR inside a line"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", "NUL byte"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "folded header line"),
        (&many, "more than 64 header fields"),
        (&large, "larger than 16384 bytes"),
    ];
    for (bytes, part) in table {
        let mut client = encrypted.connect();
        client.try_send(bytes);
        let reply = client.reply();
        assert!([400, 431].contains(&reply.status) && reply.body.contains(part), "{part}: {reply:?}");
        assert!(client.is_ended(), "{part}: the connection stays open");
    }
    assert_eq!(encrypted.server.seen().len(), 0);
}

#[test]
fn requests_follow_each_other_and_prefixes_count() {
    let encrypted = Encrypted::start();
    let mut client = encrypted.connect();
    for body in ["one", "two"] {
        client.send(format!("POST /~{KEY}/~s/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\n{body}"));
        assert_eq!(client.reply().body, body);
    }
    let seen = encrypted.server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].path.as_str(), seen[0].session_prefix.as_deref()), ("/x", Some("s")));
}

#[test]
fn a_slow_head_over_tls_gets_an_answer() {
    let encrypted = Encrypted::with(|limits| limits.header_time = HEADER_TIME);
    let mut client = encrypted.connect();
    client.send("GET / HT");
    let reply = client.reply();
    assert_eq!(reply.status, 408, "{reply:?}");
    assert!(client.is_ended());
}

#[test]
fn a_handshake_has_its_time() {
    let encrypted = Encrypted::with(|limits| limits.header_time = HEADER_TIME);
    let mut socket = encrypted.server.socket();
    socket.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    let mut rest = Vec::new();
    // Ended or reset; the socket's own patience would fail otherwise.
    let ended = socket.read_to_end(&mut rest);
    assert!(ended.is_ok() || ended.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
    // And the others go on.
    let mut client = encrypted.connect();
    client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.reply().status, 200);
}

#[test]
fn plain_http_on_the_tls_port_gets_an_explanation() {
    let encrypted = Encrypted::start();
    for bytes in ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut client = encrypted.server.connect();
        client.send(bytes);
        let reply = client.reply();
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("use an endpoint that begins with https://"), "{reply:?}");
        assert!(client.is_ended());
    }
    assert_eq!(encrypted.server.seen().len(), 0);
}

#[test]
fn tls_on_the_plain_port_fails_as_a_wrong_protocol() {
    let server = Server::start(settings());
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let trust = trusting(&CertificateAuthority::make(&[], Duration::from_secs(60)).unwrap());
    let connection = ClientConnection::new(Arc::new(trust), name).unwrap();
    let mut stream = StreamOwned::new(connection, server.socket());
    let ended = stream.write_all(b"GET").and_then(|()| stream.read(&mut [0]).map(drop)).unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::InvalidData, "{ended:?}");
    let reply = server.ask(b"\x16\x03\x01\x02\x00\x01");
    assert!(reply.status == 400 && reply.body.contains("use an endpoint that begins with http://"), "{reply:?}");
}

#[test]
fn http2_is_offered_and_its_authority_checked() {
    let encrypted = Encrypted::start();
    let mut trust = encrypted.trust.clone();
    trust.alpn_protocols = vec![b"h2".to_vec()];
    let addr = encrypted.server.addr;
    let ask = |authority: &'static str, host: Option<&'static str>| {
        let trust = trust.clone();
        encrypted.server.runtime.block_on(async move {
            let socket = tokio::net::TcpStream::connect(addr).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let stream = tokio_rustls::TlsConnector::from(Arc::new(trust)).connect(name, socket).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let mut request = http::Request::get(format!("https://{authority}/x")).body(Empty::<Bytes>::new()).unwrap();
            request.headers_mut().extend(host.map(|host| (http::header::HOST, host.parse().unwrap())));
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            (status, String::from_utf8(answer.collect().await.unwrap().to_bytes().to_vec()).unwrap())
        })
    };
    assert_eq!(ask("localhost:1", None), (200, "/x".to_owned()));
    assert_eq!(ask("localhost", Some("localhost:443")), (200, "/x".to_owned()));
    let (status, body) = ask("localhost:1", Some("localhost:2"));
    assert!(status == 400 && body.contains("names another host than its Host"), "{status} {body}");
    assert_eq!(encrypted.server.seen().len(), 2);
}
