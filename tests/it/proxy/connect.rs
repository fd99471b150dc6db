//! CONNECT over raw sockets: what is read, where it leads, and what it never leads to.

use super::tls::trusting;
use crate::support::raw::{Client, Reply, Server, settings};
use ramtape::aws::UpstreamError;
use ramtape::ca::{CertificateAuthority, ServerCertificates};
use ramtape::model::Door;
use ramtape::proxy::{ConnectPolicy, ConnectTarget, Connector, Limits};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RAM: &str = "ram.us-east-1.amazonaws.com";
pub(crate) const STS: &str = "sts.us-east-1.amazonaws.com";

/// A way out that leads everybody to one listener of this machine, and remembers who asked for what.
#[derive(Debug)]
struct Out {
    to: Mutex<SocketAddr>,
    asked: Mutex<Vec<(String, bool)>>,
}

impl Connector for Out {
    fn connect<'a>(
        &'a self,
        target: &'a ConnectTarget,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<tokio::net::TcpStream, UpstreamError>> + Send + 'a>> {
        self.asked.lock().unwrap().push((target.to_string(), configured));
        let to = *self.to.lock().unwrap();
        Box::pin(async move {
            tokio::net::TcpStream::connect(to).await.map_err(|_| UpstreamError::Refused { host: to.to_string() })
        })
    }
}

/// A proxy to CONNECT to.
pub(crate) struct Stage {
    pub(crate) server: Server,
    out: Arc<Out>,
    /// Where tunnels end.
    pub(crate) outside: TcpListener,
    trust: ClientConfig,
}

impl Stage {
    pub(crate) fn recording() -> Self {
        Self::with(true, |_| ())
    }

    pub(crate) fn with(recording: bool, change: impl FnOnce(&mut Limits)) -> Self {
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let out = Arc::new(Out { to: Mutex::new(outside.local_addr().unwrap()), asked: Mutex::default() });
        let authority = CertificateAuthority::make(&[RAM.to_owned()], Duration::from_secs(3600)).unwrap();
        let trust = trusting(&authority);
        let mut settings = settings();
        settings.guarded = recording;
        change(&mut settings.limits);
        settings.connect_policy = ConnectPolicy {
            certificates: Some(Arc::new(ServerCertificates::new(authority))),
            connector: recording.then(|| Arc::clone(&out) as Arc<dyn Connector>),
            allowed: vec!["proxy.test:8443".parse().unwrap()],
        };
        Self { server: Server::start(settings), out, outside, trust }
    }

    /// From now on everybody is led to this address.
    pub(crate) fn lead_to(&self, address: SocketAddr) {
        *self.out.to.lock().unwrap() = address;
    }

    pub(crate) fn asked(&self) -> Vec<(String, bool)> {
        self.out.asked.lock().unwrap().clone()
    }

    /// A socket with a tunnel through it to `target`.
    pub(crate) fn tunnel(&self, target: &str) -> TcpStream {
        let mut socket = self.server.socket();
        socket.write_all(format!("CONNECT {target} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        let expected = b"HTTP/1.1 200 Connection established\r\n\r\n";
        let mut answer = [0; 39];
        socket.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, expected);
        socket
    }

    /// TLS inside a tunnel to `target`, the client asking for `name`.
    fn tls(&self, target: &str, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(self.trust.clone()), name).unwrap();
        StreamOwned::new(connection, self.tunnel(target))
    }

    pub(crate) fn refused(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut client = self.server.connect();
        client.try_send(bytes);
        let reply = client.reply();
        assert!(client.is_ended(), "the connection stays open: {reply:?}");
        reply
    }
}

#[test]
fn only_one_reading_of_a_head_is_taken() {
    let stage = Stage::recording();
    let many: String = (0..64).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let table = [
        (format!("CONNECT {RAM} HTTP/1.1\r\nHost: {RAM}\r\n\r\n"), 400, "is not of the form"),
        (format!("CONNECT {RAM}:443 HTTP/1.1\r\n\r\n"), 400, "no host header"),
        (format!("CONNECT {RAM}:443 HTTP/1.1\r\nHost: {STS}\r\n\r\n"), 400, "another host than its host"),
        (format!("CONNECT {RAM}:443 HTTP/1.1\r\nHost: {RAM}:8443\r\n\r\n"), 400, "another host than its host"),
        (format!("CONNECT {RAM}:443 HTTP/1.1\r\nHost: {RAM}\r\nHost: {RAM}\r\n\r\n"), 400, "more than one host"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\nContent-Length: 3\r\n\r\n"), 400, "is not of the form"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "transfer-encoding"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\nOrigin: https://evil.test\r\n\r\n"), 403, "browser"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\nX: y\n\n"), 400, "lf without cr"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\nX: y\r\n z\r\n\r\n"), 400, "folded"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\nX: \0\r\n\r\n"), 400, "nul byte"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\n{many}x: y\r\n\r\n"), 431, "more than 64"),
        (format!("CONNECT {}:443 HTTP/1.0\r\n\r\n", "a".repeat(32 << 10)), 431, "larger than 16384 bytes"),
        (format!("CONNECT http://{RAM}:443 HTTP/1.0\r\n\r\n"), 400, "is not of the form"),
        (format!("CONNECT u@{RAM}:443 HTTP/1.0\r\n\r\n"), 400, "is not of the form"),
        (format!("CONNECT {RAM}:443 HTTP/2.0\r\n\r\n"), 400, "is not of the form"),
        (format!("CONNECT {RAM}:443 HTTP/1.0\r\n\r\n\u{16}\u{3}"), 400, "without waiting for the answer"),
        (format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nCONNECT {RAM}:443 HTTP/1.0\r\n\r\n"), 400, ""),
    ];
    for (bytes, status, part) in table {
        if part.is_empty() {
            let mut client = stage.server.connect();
            client.send(&bytes);
            assert_eq!(client.reply().status, 200);
            let late = client.reply();
            assert!(late.status == status && late.body.contains("has to be the first request"), "{late:?}");
            continue;
        }
        let reply = stage.refused(&bytes);
        assert_eq!(reply.status, status, "{part}: {reply:?}");
        let first = reply.head.lines().next().unwrap();
        assert!(
            first.starts_with(&format!("http/1.1 {status} ramtape: ")) && first.contains(part),
            "{part}: {reply:?}"
        );
        assert!(reply.body.to_lowercase().contains(part), "{reply:?}");
    }
    assert_eq!((stage.asked().len(), stage.server.tunnels().opened), (0, 0));
}

#[test]
fn what_is_neither_ram_nor_aws_is_not_connected_to() {
    let stage = Stage::recording();
    let targets = [
        "169.254.169.254:80",
        "169.254.169.254:443",
        "127.0.0.1:443",
        "[::1]:443",
        "[::ffff:169.254.169.254]:443",
        "localhost:443",
        "52.94.5.1:443",
        "example.com:443",
        "ram.us-east-1.amazonaws.com:80",
        "ram.us-east-1.amazonaws.com.evil.test:443",
        "evil-amazonaws.com:443",
        "amazonaws.com:443",
        "sts.us-east-1.amazonaws.com:22",
        "proxy.test:443",
        "0x7f000001:443",
    ];
    for target in targets {
        let reply = stage.refused(format!("CONNECT {target} HTTP/1.0\r\n\r\n"));
        assert_eq!(reply.status, 403, "{target}: {reply:?}");
        assert!(reply.body.contains(&format!("there is no tunnel to {target}")), "{target}: {reply:?}");
        assert!(reply.body.contains("--allow-tunnel"), "{reply:?}");
    }
    assert_eq!(stage.asked(), []);
    let refused = stage.server.tunnels().refused;
    assert_eq!(
        (refused.len(), refused.iter().map(|(_, count)| count).sum::<u64>()),
        (targets.len(), targets.len() as u64)
    );
}

#[test]
fn nothing_leaves_where_nothing_is_recorded() {
    let stage = Stage::with(false, |_| ());
    for (target, port) in [(STS, 443), ("proxy.test", 8443), ("example.com", 443)] {
        let reply = stage.refused(format!("CONNECT {target}:{port} HTTP/1.1\r\nHost: {target}:{port}\r\n\r\n"));
        assert_eq!(reply.status, 403);
        let told = format!("there is no tunnel to {target}:{port}: ramtape replays and sends nothing");
        assert!(reply.head.contains(&told) && reply.body.contains(&told), "{reply:?}");
    }
    assert_eq!(stage.asked(), []);
    let tunnels = stage.server.tunnels();
    assert_eq!((tunnels.opened, tunnels.refused.len()), (0, 3));
    // RAM is answered by ramtape itself.
    let mut client = Client::over(stage.tls(&format!("{RAM}:443"), RAM));
    client.send(format!("GET /x HTTP/1.1\r\nHost: {RAM}\r\n\r\n"));
    assert_eq!(client.reply().body, "/x");
}

#[test]
fn inside_a_tunnel_ramtape_is_ram_and_nobody_else() {
    let stage = Stage::recording();
    let mut client = Client::over(stage.tls(&format!("{RAM}:443"), RAM));
    client.send(format!("GET /x HTTP/1.1\r\nHost: {RAM}\r\n\r\n"));
    assert_eq!(client.reply().body, "/x");
    client.send(format!("POST /y HTTP/1.1\r\nHost: {RAM}:443\r\nContent-Length: 2\r\n\r\n{{}}"));
    assert_eq!(client.reply().status, 200);
    let seen = stage.server.seen();
    assert!(seen.iter().all(|request| request.door == Door::Intercept), "{seen:?}");
    assert_eq!((seen[0].authority.as_str(), seen[0].path.as_str()), (RAM, "/x"));

    let inside = [
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "a host other than that of its CONNECT"),
        ("GET / HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com\r\n\r\n", 400, "a host other than that of its CONNECT"),
        (
            "GET / HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com:80\r\n\r\n",
            400,
            "a host other than that of its CONNECT",
        ),
        ("GET / HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\nOrigin: https://evil.test\r\n\r\n", 403, "browser"),
        ("GET /_ramtape/health HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n\r\n", 403, "neither loopback"),
        (
            "GET /~s/x HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n\r\n",
            400,
            "because the client's signature covers it",
        ),
        ("GET / HTTP/1.1\nHost: ram.us-east-1.amazonaws.com\n\n", 400, "LF without CR"),
        ("CONNECT sts.amazonaws.com:443 HTTP/1.1\r\nHost: sts.amazonaws.com:443\r\n\r\n", 400, "first request"),
    ];
    for (bytes, status, part) in inside {
        let mut client = Client::over(stage.tls(&format!("{RAM}:443"), RAM));
        client.send(bytes);
        let reply = client.reply();
        assert!(reply.status == status && reply.body.contains(part), "{part}: {reply:?}");
    }
    assert_eq!((stage.server.seen().len(), stage.asked()), (2, Vec::new()));
}

#[test]
fn tls_inside_must_be_for_the_host_of_the_connect() {
    let stage = Stage::recording();
    for name in [STS, "localhost", "127.0.0.1"] {
        let mut stream = stage.tls(&format!("{RAM}:443"), name);
        let error = stream.write_all(b"GET").and_then(|()| stream.read(&mut [0]).map(drop)).unwrap_err();
        assert!(error.to_string().contains("AccessDenied"), "{name}: {error}");
    }
    // What is no TLS at all ends, without an answer that could be taken for RAM's.
    let mut plain = Client::over(stage.tunnel(&format!("{RAM}:443")));
    plain.send(format!("GET / HTTP/1.1\r\nHost: {RAM}\r\n\r\n"));
    plain.count_to_end();
    assert_eq!(stage.server.seen().len(), 0);
}

#[test]
fn a_region_unknown_to_the_authority_is_reported_with_a_remedy() {
    let stage = Stage::recording();
    let reply = stage.refused("CONNECT ram.eu-west-1.amazonaws.com:443 HTTP/1.0\r\n\r\n");
    assert_eq!(reply.status, 403);
    for part in
        ["the certificate authority is not valid for ram.eu-west-1.amazonaws.com", "ca_regions", "ramtape ca --renew"]
    {
        assert!(reply.head.contains(part) && reply.body.contains(part), "{part}: {reply:?}");
    }
    assert_eq!(stage.server.tunnels().refused, [("ram.eu-west-1.amazonaws.com:443".to_owned(), 1)]);
}

#[test]
fn a_slow_head_gets_an_answer() {
    let stage = Stage::with(true, |limits| limits.header_time = Duration::from_millis(200));
    let reply = stage.refused(format!("CONNECT {RAM}:4"));
    assert_eq!(reply.status, 408, "{reply:?}");
    // Its time goes on inside the tunnel.
    let mut silent = Client::over(stage.tunnel(&format!("{RAM}:443")));
    assert!(silent.is_ended());
}
