//! A proxy under test, and a client that sends exactly the bytes it is given: HTTP clients hide malformed input.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use ramtape::admin::{AdminApi, Discarded, SessionAdmin, SettledVariables, VariableValues};
use ramtape::model::{Request, Response, Secret};
use ramtape::proxy::Limits;
use ramtape::proxy::{self, Handler, ProxyError, ProxySettings, RunningProxy};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// Bounds every read, so that a test fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const KEY: &str = "key-abcdefghijklmnopqrstuvwxyz";

/// The size of `/big`: more than the system buffers for a client that does not read.
pub(crate) const BIG: usize = 64 << 20;

/// Answers with the request's path and body, and remembers every request it was given.
pub(crate) struct Echo {
    seen: Mutex<Vec<Request>>,
    /// A request for `/wait` takes one permit before it is answered.
    pub(crate) gate: Semaphore,
    /// One permit for each request for `/wait` that has begun.
    pub(crate) begun: Semaphore,
}

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        let path = request.path.clone();
        let body = request.body.clone();
        self.seen.lock().unwrap().push(request);
        match path.as_str() {
            "/wait" => {
                self.begun.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
            }
            "/panic" => std::panic::resume_unwind(Box::new("asked to")),
            _ => {}
        }
        let body = if path == "/big" {
            Bytes::from(vec![b'x'; BIG])
        } else if body.is_empty() {
            Bytes::from(path)
        } else {
            body
        };
        Response { status: StatusCode::OK, headers: HeaderMap::new(), body }
    }
}

struct OnlyA;

impl SessionAdmin for OnlyA {
    fn list(&self) -> serde_json::Value {
        serde_json::json!([])
    }

    fn get(&self, name: &str) -> serde_json::Value {
        serde_json::json!({ "name": name })
    }

    fn discard<'a>(&'a self, _: Request, _: &'a str) -> Discarded<'a> {
        Box::pin(async { Ok(0) })
    }

    fn reset(&self, name: &str) -> bool {
        name == "a"
    }

    fn settle<'a>(&'a self, _: Request, _: Option<&'a str>, values: VariableValues) -> SettledVariables<'a> {
        Box::pin(async { Ok(values) })
    }
}

pub(crate) fn settings() -> ProxySettings {
    ProxySettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow_remote: false,
        allowed_hosts: vec!["tape.test".into()],
        services: ramtape::aws::ServiceEndpoints::new(vec![ramtape::aws::ServiceEndpoint::regional("ram")]),
        guarded: false,
        key: Secret::new(KEY),
        limits: Limits {
            request_body: 2 << 20,
            header_bytes: 16 << 10,
            header_count: 64,
            header_time: Duration::from_secs(20),
            idle_time: Duration::from_secs(20),
            total_time: Duration::from_secs(20),
            connections: 100,
            http2_streams: 100,
            tunnels: 2,
            tunnel_time: Duration::from_secs(20),
        },
        instance: "ramtape-1234".into(),
        tls: None,
        connect_policy: proxy::ConnectPolicy::default(),
    }
}

/// Starts a proxy in the runtime at hand.
pub(crate) async fn start(settings: ProxySettings) -> Result<(Arc<Echo>, RunningProxy), ProxyError> {
    let echo = Arc::new(Echo { seen: Mutex::default(), gate: Semaphore::new(0), begun: Semaphore::new(0) });
    let control = Arc::new(AdminApi::new("none", "cassettes/default", OnlyA));
    let running = proxy::start(settings, Arc::clone(&echo), control).await?;
    Ok((echo, running))
}

pub(crate) struct Server {
    pub(crate) echo: Arc<Echo>,
    pub(crate) runtime: Runtime,
    running: Option<RunningProxy>,
    pub(crate) addr: SocketAddr,
}

impl Server {
    pub(crate) fn start(settings: ProxySettings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (echo, running) = runtime.block_on(start(settings)).unwrap();
        Self { echo, addr: running.addr, runtime, running: Some(running) }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// A connection with nothing sent over it.
    pub(crate) fn socket(&self) -> TcpStream {
        socket(self.addr)
    }

    /// One connection, `bytes`, one answer.
    pub(crate) fn ask(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect();
        client.send(bytes);
        client.reply()
    }

    /// Every request the answer was given so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.echo.seen.lock().unwrap().clone()
    }

    /// What became of CONNECT so far.
    pub(crate) fn tunnels(&self) -> proxy::TunnelCounts {
        self.running.as_ref().unwrap().tunnels()
    }

    /// Starts the graceful stop; the handle ends when it has ended.
    pub(crate) fn stop(&mut self) -> tokio::task::JoinHandle<()> {
        let running = self.running.take().unwrap();
        self.runtime.spawn(async { drop(running.stop().await) })
    }

    /// Waits until a request for `/wait` has begun.
    pub(crate) fn wait_until_begun(&self) {
        self.runtime.block_on(async {
            let begun = tokio::time::timeout(PATIENCE, self.echo.begun.acquire()).await;
            begun.expect("no request for /wait came").unwrap().forget();
        });
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What bytes go over: a socket, or TLS on one.
pub(crate) trait Duplex: Read + Write {}

impl<D: Read + Write> Duplex for D {}

pub(crate) struct Client {
    stream: Box<dyn Duplex>,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        Self::over(socket(addr))
    }

    pub(crate) fn over(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends what the server takes; it may end the connection before it has read all.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()));
    }

    /// The next answer on the connection.
    pub(crate) fn reply(&mut self) -> Reply {
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.fill() > 0, "the connection ended early: {}", self.buffer.escape_ascii());
        };
        let head = String::from_utf8(self.buffer.drain(..head_end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let lower = head.to_ascii_lowercase();
        let length = lower
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.trim().parse().unwrap());
        while self.buffer.len() < length {
            assert!(self.fill() > 0, "the body ended early: {}", self.buffer.escape_ascii());
        }
        let body = String::from_utf8(self.buffer.drain(..length).collect()).unwrap();
        Reply { status, head: lower, body }
    }

    /// Whether the server has ended the connection with nothing more to say.
    pub(crate) fn is_ended(&mut self) -> bool {
        self.buffer.is_empty() && self.fill() == 0
    }

    /// How many bytes come until the connection ends.
    pub(crate) fn count_to_end(&mut self) -> usize {
        let mut count = 0;
        loop {
            count += std::mem::take(&mut self.buffer).len();
            if self.fill() == 0 {
                return count;
            }
        }
    }

    /// More bytes into the buffer; none at the end, however the connection ended.
    fn fill(&mut self) -> usize {
        let mut piece = [0; 8192];
        match self.stream.read(&mut piece) {
            Ok(count) => {
                self.buffer.extend_from_slice(&piece[..count]);
                count
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            // TLS that ends without a word of TLS.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}

/// A connection whose reads and writes end.
fn socket(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}
