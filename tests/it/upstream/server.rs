//! Servers that answer exactly the bytes a test gives them.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream as StdStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server does when it has said its piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Waits for the next request on the connection.
    KeepOpen,
    /// Closes the connection.
    Close,
    /// Says no more and keeps the connection.
    Stall,
    /// Drops the connection with the request unread: a reset.
    Reset,
}

/// A server, and what it received, request by request.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::default());
        let log = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(talk(stream, Arc::clone(&answer), then, Arc::clone(&log)));
            }
        });
        Self { address, received }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }
}

async fn talk(mut stream: TcpStream, answer: Arc<[u8]>, then: Then, log: Arc<Mutex<Vec<Vec<u8>>>>) {
    if then == Then::Reset {
        stream.readable().await.unwrap();
        return;
    }
    while let Some(request) = read_request(&mut stream).await {
        log.lock().unwrap().push(request);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        match then {
            Then::KeepOpen => {}
            Then::Stall => std::future::pending().await,
            Then::Close | Then::Reset => return,
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some((head, body)) = split(&bytes) else { continue };
        let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return Some(bytes);
        }
    }
}

/// A request's head and body.
pub(crate) fn split(request: &[u8]) -> Option<(&str, &[u8])> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((std::str::from_utf8(&request[..end]).unwrap(), &request[end + 4..]))
}

/// The value of a header in a request's head.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// Listens with TLS as `localhost`, offers `protocols`, and passes what it reads on to `backend`.
pub(crate) fn tls_in_front_of(backend: SocketAddr, protocols: &[&[u8]]) -> SocketAddr {
    tls_as("localhost-test-only.cert.pem", backend, protocols)
}

/// As [`tls_in_front_of`], with another certificate of the same key.
pub(crate) fn tls_as(certificate: &str, backend: SocketAddr, protocols: &[&[u8]]) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(fixture(certificate)).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("localhost-test-only.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let backend = StdStream::connect(backend).unwrap();
            let client = client.unwrap();
            std::thread::spawn(move || pass_on(client, backend, tls));
        }
    });
    address
}

fn pass_on(mut client: StdStream, mut backend: StdStream, tls: ServerConnection) {
    let tls = Arc::new(Mutex::new(tls));
    let (mut to_client, mut from_backend) = (client.try_clone().unwrap(), backend.try_clone().unwrap());
    let answering = Arc::clone(&tls);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from_backend.read(&mut buffer) {
            let mut tls = answering.lock().unwrap();
            tls.writer().write_all(&buffer[..count]).unwrap();
            while tls.wants_write() && tls.write_tls(&mut to_client).is_ok() {}
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        let mut plain = Vec::new();
        let mut tls = tls.lock().unwrap();
        let mut unread = &buffer[..count];
        while !unread.is_empty() {
            tls.read_tls(&mut unread).unwrap();
            let processed = tls.process_new_packets();
            let _ = tls.reader().read_to_end(&mut plain);
            while tls.wants_write() && tls.write_tls(&mut client).is_ok() {}
            if processed.is_err() {
                let _ = client.shutdown(Shutdown::Both);
                return;
            }
        }
        drop(tls);
        if backend.write_all(&plain).is_err() {
            return;
        }
    }
}
