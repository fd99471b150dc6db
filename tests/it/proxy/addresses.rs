//! Names that lead to this machine, to a private network or to an instance's metadata service: whatever door a client names
//! them through, nobody is connected to. Over raw sockets, through the whole proxy, with a listener where the names lead.

use super::tls::trusting;
use crate::support::proxied::HOST as RAM;
use crate::support::raw::{Client, Reply};
use crate::support::stage::{Ramtape, Stage};
use ramtape::aws::Names;
use ramtape::ca::{AuthorityStore, CertificateAuthority};
use ramtape::config::{RawConfig, RecordMode};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

const EC2: &str = "ec2.us-east-1.amazonaws.com";

/// A recording ramtape to which RAM's name and that of EC2 have one address.
struct Scene {
    runtime: Runtime,
    ramtape: Ramtape,
    _stage: Stage,
    addr: SocketAddr,
    trust: ClientConfig,
}

impl Scene {
    fn leading_to(address: SocketAddr, change: impl FnOnce(&mut RawConfig)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let stage = runtime.block_on(Stage::new());
        let authority = CertificateAuthority::make(&[RAM.to_owned()], Duration::from_secs(3600)).unwrap();
        let folder = stage.cassette("ca");
        AuthorityStore::at(&folder).keep(&authority).unwrap();
        let mut config = stage.config("tape", RecordMode::All, |written| {
            written.upstream = None;
            written.ca_folder = Some(folder);
            change(written);
        });
        config.names = Names::Fixed([RAM, EC2, "proxy.test"].map(|name| (name.to_owned(), vec![address])).into());
        let ramtape = runtime.block_on(Stage::start(config));
        let origin = ramtape.base.strip_prefix("http://").unwrap();
        let addr = origin.split('/').next().unwrap().parse().unwrap();
        Self { runtime, ramtape, _stage: stage, addr, trust: trusting(&authority) }
    }

    fn ask(&self, bytes: &str) -> Reply {
        let mut client = Client::connect(self.addr);
        client.send(bytes);
        client.reply()
    }

    fn tunnel(&self, target: &str) -> Reply {
        self.ask(&format!("CONNECT {target} HTTP/1.0\r\n\r\n"))
    }

    fn absolute(&self) -> Reply {
        self.ask(&format!(
            "POST http://{RAM}/getresourceshares HTTP/1.1\r\nHost: {RAM}\r\nContent-Length: 2\r\n\r\n{{}}"
        ))
    }

    fn intercepted(&self) -> Reply {
        let mut socket = TcpStream::connect(self.addr).unwrap();
        socket.write_all(format!("CONNECT {RAM}:443 HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        socket.read_exact(&mut [0; 39]).unwrap();
        let name = ServerName::try_from(RAM).unwrap();
        let connection = ClientConnection::new(Arc::new(self.trust.clone()), name).unwrap();
        let mut client = Client::over(StreamOwned::new(connection, socket));
        client.send(format!("POST /getresourceshares HTTP/1.1\r\nHost: {RAM}\r\nContent-Length: 2\r\n\r\n{{}}"));
        client.reply()
    }

    fn upstream_connections(self) -> u64 {
        self.runtime.block_on(self.ramtape.stop()).upstream_connections
    }
}

fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

fn has_caller(listener: &TcpListener) -> bool {
    match listener.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn no_door_leads_to_this_machine_or_to_the_metadata_service() {
    let listener = listener();
    let port = listener.local_addr().unwrap().port();
    for (address, kind) in [
        ("127.0.0.1", "127.0.0.1, a loopback address"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1, a loopback address"),
        ("169.254.169.254", "169.254.169.254, a link-local address"),
        ("::ffff:169.254.169.254", "::ffff:169.254.169.254, a link-local address"),
        ("10.0.0.1", "10.0.0.1, a private address"),
    ] {
        let scene = Scene::leading_to(SocketAddr::new(address.parse().unwrap(), port), |_| ());
        for (name, door, reply) in [
            (EC2, "tunnel", scene.tunnel(&format!("{EC2}:443"))),
            (RAM, "absolute form", scene.absolute()),
            (RAM, "interception", scene.intercepted()),
        ] {
            assert!(reply.status >= 400, "{door} to {address}: {reply:?}");
            let reason = format!("the name {name} resolves to {kind}");
            assert!(reply.body.contains(&reason), "{door} to {address}: {reply:?}");
            assert!(!has_caller(&listener), "{door} to {address}");
        }
        assert_eq!(scene.upstream_connections(), 0, "{address}");
    }
}

/// Else the test above would show nothing.
#[test]
fn the_same_names_lead_where_the_configuration_allows() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let scene = Scene::leading_to(address, |written| written.allowed_networks = Some(vec!["127.0.0.0/8".into()]));
    assert_eq!(scene.tunnel(&format!("{EC2}:443")).status, 200);
    assert!(has_caller(&listener));

    let scene = Scene::leading_to(address, |written| written.allowed_tunnels = Some(vec!["proxy.test:8443".into()]));
    assert_eq!(scene.tunnel("proxy.test:8443").status, 200);
    assert!(has_caller(&listener), "what was configured leads anywhere");
    assert_ne!(scene.tunnel(&format!("{EC2}:443")).status, 200);
    assert!(!has_caller(&listener));
}
