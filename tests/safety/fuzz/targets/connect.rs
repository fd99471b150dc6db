//! CONNECT: whatever its line says, the way out leads to AWS's hosts on the port of HTTPS, or to what was configured; and
//! inside a tunnel to RAM, what is answered from was asked for exactly so, of that host.

use super::host::is_of_aws;
use super::requests::{Kept, NoSessions, all_asked, exchange, settings, socket};
use httparse::{EMPTY_HEADER, Request, Status};
use ramtape::admin::AdminApi;
use ramtape::aws::ServiceHost;
use ramtape::aws::UpstreamError;
use ramtape::ca::{CertificateAuthority, ServerCertificates};
use ramtape::model::{Door, Request as Asked};
use ramtape::proxy::{self, ConnectPolicy, ConnectTarget, Connector, ProxySettings, RunningProxy};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream as Socket;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// What a user configured.
const CONFIGURED: &str = "vault.test:8200";

/// Whom the certificates speak for.
const HOSTS: [&str; 2] = ["ram.us-east-1.amazonaws.com", "ram-fips.us-west-2.amazonaws.com"];

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

type Way = (ConnectTarget, bool);

/// A way out that leads nowhere, and tells where it would have led.
#[derive(Debug, Default)]
struct Spy(Mutex<Vec<Way>>);

impl Connector for Spy {
    fn connect<'a>(
        &'a self,
        target: &'a ConnectTarget,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, UpstreamError>> + Send + 'a>> {
        self.0.lock().unwrap().push((target.clone(), configured));
        Box::pin(async { Err(UpstreamError::Dns { host: "not-today".to_owned() }) })
    }
}

struct Proxy {
    running: RunningProxy,
    spy: Arc<Spy>,
    seen: Arc<Mutex<Vec<Asked>>>,
    trust: Arc<ClientConfig>,
    _runtime: Runtime,
}

static PROXY: LazyLock<Mutex<Proxy>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let spy = Arc::new(Spy::default());
    let connector: Arc<dyn Connector> = Arc::clone(&spy) as _;
    let authority = CertificateAuthority::make(&HOSTS.map(str::to_owned), Duration::from_secs(1_000_000)).unwrap();
    let trust = trusting(&authority);
    let certificates = Some(Arc::new(ServerCertificates::new(authority)));
    let connect_policy =
        ConnectPolicy { certificates, connector: Some(connector), allowed: vec![CONFIGURED.parse().unwrap()] };
    let control = Arc::new(AdminApi::new("recording", "tape", NoSessions));
    let seen = Arc::new(Mutex::default());
    let settings = ProxySettings { connect_policy, ..settings() };
    let running = runtime.block_on(proxy::start(settings, Arc::new(Kept(Arc::clone(&seen))), control)).unwrap();
    Mutex::new(Proxy { running, spy, seen, trust, _runtime: runtime })
});

fn trusting(authority: &CertificateAuthority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// `data` is what follows the method: the rest of a head, and after it what is said inside the tunnel.
pub(crate) fn check(data: &[u8]) {
    let proxy = PROXY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let sent = [b"CONNECT ", data].concat();
    let end = sent.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD).map(|at| at + END_OF_HEAD.len());
    let answered = match end.map(|end| sent.split_at(end)) {
        // What begins with a zero comes without waiting for the answer.
        Some((head, inside)) if inside.first() != Some(&0) => match connect(&proxy, head) {
            Ok(tunnel) => return within(&proxy, head, tunnel, inside),
            Err(answered) => answered,
        },
        _ => exchange(proxy.running.addr, &sent),
    };
    let ways = std::mem::take(&mut *proxy.spy.0.lock().unwrap());
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1.1 4") || answered.starts_with(b"HTTP/1.1 5"));
    assert_eq!(proxy.seen.lock().unwrap().len(), 0, "a request that came through no tunnel");
    let Some((target, configured)) = ways.first() else { return };
    assert_eq!(ways.len(), 1, "{ways:?}");
    if *configured {
        assert_eq!(target.to_string(), CONFIGURED);
    } else {
        assert_eq!(target.port, 443, "{target}");
        assert!(is_of_aws(&target.host) && ServiceHost::parse(&target.host, "ram").is_none(), "{target}");
    }
    was_asked_for(&sent, target);
}

/// A tunnel by the CONNECT in `head`, or what else was answered.
fn connect(proxy: &Proxy, head: &[u8]) -> Result<Socket, Vec<u8>> {
    let mut stream = socket(proxy.running.addr);
    // It may end the connection before it has read all.
    drop(stream.write_all(head));
    let mut answered = Vec::new();
    let mut byte = [0];
    while answered != ESTABLISHED {
        match stream.read(&mut byte) {
            Ok(1..) => answered.extend(byte),
            _ => return Err(answered),
        }
    }
    Ok(stream)
}

/// Nobody is connected to: ramtape is the host that was named, and nobody else.
fn within(proxy: &Proxy, head: &[u8], tunnel: Socket, inside: &[u8]) {
    assert_eq!(*proxy.spy.0.lock().unwrap(), [], "a tunnel that ends here, and one that goes out");
    let host =
        HOSTS.into_iter().find(|host| head[b"CONNECT ".len()..].to_ascii_lowercase().starts_with(host.as_bytes()));
    let host = host.unwrap_or_else(|| panic!("a tunnel to {}", head.escape_ascii()));
    was_asked_for(head, &ConnectTarget { host: host.to_owned(), port: 443 });

    let name = ServerName::try_from(host).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(&proxy.trust), name).unwrap(), tunnel);
    stream.conn.complete_io(&mut stream.sock).unwrap();
    // It may end the connection before it has read all.
    drop(stream.write_all(inside));
    stream.conn.send_close_notify();
    drop(stream.flush());
    let mut answered = Vec::new();
    drop(stream.read_to_end(&mut answered));
    let seen = std::mem::take(&mut *proxy.seen.lock().unwrap());
    if inside.starts_with(b"PRI * HTTP/2.0\r\n") {
        return;
    }
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1."), "{}", answered.escape_ascii());
    all_asked(inside, &seen, &answered);
    for request in &seen {
        assert_eq!(request.door, Door::Intercept);
        let authority = request.authority.to_ascii_lowercase();
        assert!(authority == host || authority == format!("{host}:443"), "{authority} through a tunnel to {host}");
    }
}

/// Another parser reads the same target in a whole head.
fn was_asked_for(head: &[u8], target: &ConnectTarget) {
    let mut fields = [EMPTY_HEADER; 64];
    let mut request = Request::new(&mut fields);
    assert!(matches!(request.parse(head), Ok(Status::Complete(_))), "no whole head");
    assert_eq!(request.method, Some("CONNECT"));
    let asked = request.path.unwrap().to_ascii_lowercase();
    let (host, port) = asked.rsplit_once(':').unwrap();
    assert_eq!((host, port.parse()), (target.host.as_str(), Ok(target.port)));
}
