//! The same bytes, and the whole way through a proxy that listens: what is answered from was asked for exactly so.

use http::{HeaderMap, StatusCode};
use httparse::{EMPTY_HEADER, Request as Head, Status};
use ramtape::admin::{AdminApi, Discarded, SessionAdmin, SettledVariables, VariableValues};
use ramtape::model::{Request, Response, Secret};
use ramtape::proxy::{self, Handler, Limits, ProxySettings, RunningProxy};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

const MAX_BYTES: usize = 8192;
const MAX_FIELDS: usize = 16;
const MAX_BODY: usize = 4096;
const KEY: &str = "key-abcdefghijklmnopqrstuvwxyz";

/// What is answered to whatever got through, and to nothing else.
const HANDED_ON: &str = "-handed-on-";

/// Keeps what it is asked.
pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<Request>>>);

impl Handler for Kept {
    async fn handle(&self, request: Request) -> Response {
        self.0.lock().unwrap().push(request);
        Response { status: StatusCode::OK, headers: HeaderMap::new(), body: HANDED_ON.into() }
    }
}

pub(crate) struct NoSessions;

impl SessionAdmin for NoSessions {
    fn list(&self) -> serde_json::Value {
        serde_json::json!([])
    }

    fn get(&self, name: &str) -> serde_json::Value {
        serde_json::json!({ "name": name })
    }

    fn discard<'a>(&'a self, _: Request, _: &'a str) -> Discarded<'a> {
        Box::pin(async { Ok(0) })
    }

    fn reset(&self, _: &str) -> bool {
        false
    }

    fn settle<'a>(&'a self, _: Request, _: Option<&'a str>, values: VariableValues) -> SettledVariables<'a> {
        Box::pin(async { Ok(values) })
    }
}

struct Proxy {
    running: RunningProxy,
    seen: Arc<Mutex<Vec<Request>>>,
    _runtime: Runtime,
}

/// One proxy for all: that it is still there is part of what is checked. One at a time asks it.
static PROXY: LazyLock<Mutex<Proxy>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let seen = Arc::new(Mutex::default());
    let control = Arc::new(AdminApi::new("recording", "tape", NoSessions));
    let running = runtime.block_on(proxy::start(settings(), Arc::new(Kept(Arc::clone(&seen))), control)).unwrap();
    Mutex::new(Proxy { running, seen, _runtime: runtime })
});

pub(crate) fn settings() -> ProxySettings {
    let patience = Duration::from_secs(20);
    ProxySettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow_remote: false,
        allowed_hosts: vec!["a".to_owned()],
        services: ramtape::aws::ServiceEndpoints::new(vec![ramtape::aws::ServiceEndpoint::regional("ram")]),
        guarded: true,
        key: Secret::new(KEY),
        limits: Limits {
            request_body: MAX_BODY,
            header_bytes: MAX_BYTES,
            header_count: MAX_FIELDS,
            header_time: patience,
            idle_time: patience,
            total_time: patience,
            connections: 100,
            http2_streams: 10,
            tunnels: 1,
            tunnel_time: patience,
        },
        instance: "fuzzed".to_owned(),
        tls: None,
        connect_policy: proxy::ConnectPolicy::default(),
    }
}

pub(crate) fn check(data: &[u8]) {
    let proxy = PROXY.lock().unwrap();
    let answered = exchange(proxy.running.addr, data);
    let seen = std::mem::take(&mut *proxy.seen.lock().unwrap());
    if data.starts_with(b"PRI * HTTP/2.0\r\n") {
        return;
    }
    all_asked(data, &seen, &answered);
    let first = answered.get(..12).map(<[u8]>::escape_ascii);
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1."), "{first:?}");
}

/// Each of the requests in `seen` stands in `data`, in this order, and was answered once.
pub(crate) fn all_asked(data: &[u8], seen: &[Request], answered: &[u8]) {
    let mut at = 0;
    for request in seen {
        at = asked(data, at, request);
    }
    let answers = answered.windows(HANDED_ON.len()).filter(|window| *window == HANDED_ON.as_bytes()).count();
    assert_eq!(answers, seen.len(), "{}", answered.escape_ascii());
}

/// Sends `data`, ends it, and gives all that comes back.
pub(crate) fn exchange(addr: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut stream = socket(addr);
    // It may end the connection before it has read all.
    let sent = stream.write_all(data).and_then(|()| stream.shutdown(Shutdown::Write));
    drop(sent);
    let mut answered = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answered) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    answered
}

/// A connection whose reads end.
pub(crate) fn socket(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Finds `request` in `data` from `at` on as the next one there that the proxy may have answered from; gives its end.
fn asked(data: &[u8], at: usize, request: &Request) -> usize {
    let mut at = at;
    loop {
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        let mut head = Head::new(&mut fields);
        let Ok(Status::Complete(length)) = head.parse(&data[at..]) else {
            panic!("nobody asked for {request:?}");
        };
        let values = |name: &str| -> Vec<&[u8]> {
            let named = head.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
            named.map(|field| field.value).collect()
        };
        assert_eq!(values("transfer-encoding").len() + values("origin").len(), 0);
        let lengths = values("content-length");
        assert!(lengths.len() <= 1, "two lengths got through");
        let body = lengths.first().map_or(0, |length| std::str::from_utf8(length).unwrap().trim().parse().unwrap());
        let body = data.get(at + length..at + length + body).unwrap_or_else(|| panic!("a body that did not come"));
        at += length + body.len();
        // What control answers is not handed on.
        if head.path.is_some_and(|path| path.contains("/_ramtape")) && head.path != Some(request.signed_target.as_str())
        {
            continue;
        }
        assert_eq!(head.method, Some(request.method.as_str()));
        assert_eq!(body, request.body);
        assert_eq!(values("host").as_slice(), [request.authority.as_bytes()]);
        assert!(head.path.is_some_and(|path| path.ends_with(&request.signed_target) || request.signed_target == "/"));
        assert!(length <= MAX_BYTES && body.len() <= MAX_BODY && head.headers.len() <= MAX_FIELDS);
        assert!(!holds(request.path.as_bytes()) && !holds(&request.body), "the key got through");
        return at;
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes())
}
