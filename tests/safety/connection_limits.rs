//! Limits, connections and their ends: what is too much, too slow, too many, or ends in the middle.

use crate::support::alone::is_alone;
use crate::support::log::Log;
use crate::support::raw::{BIG, KEY, Server, settings};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::proxy::Limits;
use ramtape::proxy::ProxySettings;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Short enough to wait for. Whoever is cut after it was to be cut however slow the machine is.
const SHORT: Duration = Duration::from_millis(200);

/// Long enough for a client on a loaded machine to connect and to ask.
const ENOUGH: Duration = Duration::from_secs(2);

fn with(change: impl FnOnce(&mut Limits)) -> Server {
    let mut settings = settings();
    change(&mut settings.limits);
    Server::start(settings)
}

fn head_with(fields: usize) -> String {
    let fields: String = (1..fields).map(|n| format!("x-{n}: {n}\r\n")).collect();
    format!("GET /x HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn header_fields_are_counted() {
    let server = Server::start(settings());
    assert_eq!(server.ask(head_with(64)).status, 200);
    let reply = server.ask(head_with(65));
    assert_eq!(reply.status, 431);
    assert!(reply.body.contains("ramtape: the request has more than 64 header fields"), "{reply:?}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn heads_are_measured() {
    let server = Server::start(settings());
    let request = |size| format!("GET /x HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(size));
    assert_eq!(server.ask(request(16_000)).status, 200);
    for bytes in [request(32 << 10), format!("GET /{} HTTP/1.1\r\n", "x".repeat(32 << 10)), "\r\n".repeat(16 << 10)] {
        let mut client = server.connect();
        client.try_send(bytes);
        let reply = client.reply();
        assert_eq!(reply.status, 431);
        assert!(reply.body.contains("ramtape: the request's head is larger than 16384 bytes"), "{reply:?}");
        assert!(client.is_ended());
    }
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn bodies_are_measured() {
    let server = Server::start(settings());
    for size in [1, 1 << 20, (1 << 20) + 12_345, 2 << 20] {
        let mut client = server.connect();
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n{}", "b".repeat(size)));
        let reply = client.reply();
        assert_eq!((reply.status, reply.body.len()), (200, size));
    }
    assert_eq!(server.seen().len(), 4);

    for length in ["2097153", "18446744073709551613"] {
        let mut client = server.connect();
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nstart"));
        let reply = client.reply();
        assert_eq!(reply.status, 413, "{reply:?}");
        assert!(reply.body.contains("ramtape: the request's body is larger than 2097152 bytes"), "{reply:?}");
        assert!(client.is_ended());
    }
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_slow_head_is_answered_and_the_connection_closed() {
    let server = with(|limits| limits.header_time = SHORT);
    for start in ["G", "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n", "PRI * HTTP/2"] {
        let mut client = server.connect();
        client.send(start);
        let reply = client.reply();
        assert_eq!(reply.status, 408, "{start}: {reply:?}");
        assert!(reply.body.contains("ramtape: the request's head took longer than 200ms"), "{reply:?}");
        assert!(client.is_ended());
    }
    let mut second = server.connect();
    second.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y");
    assert_eq!(second.reply().status, 200);
    assert_eq!(second.reply().status, 408);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn an_idle_connection_is_closed_silently() {
    let server = with(|limits| limits.idle_time = ENOUGH);
    assert!(server.connect().is_ended());
    let mut used = server.connect();
    used.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(used.reply().status, 200);
    assert!(used.is_ended());
}

#[test]
fn a_slow_body_is_answered_and_the_connection_closed() {
    let server = with(|limits| limits.total_time = SHORT);
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfour");
    let reply = client.reply();
    assert_eq!(reply.status, 408);
    assert!(reply.body.contains("ramtape: the request's body took longer than 200ms"), "{reply:?}");
    assert!(client.is_ended());
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_slow_answer_is_not_waited_for() {
    let server = with(|limits| limits.total_time = SHORT);
    for body in ["", "body"] {
        let reply =
            server.ask(format!("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("ramtape: the answer took longer than 200ms"), "{reply:?}");
    }
}

#[test]
fn a_client_that_does_not_read_is_disconnected() {
    let server = with(|limits| (limits.connections, limits.total_time) = (1, SHORT));
    let mut lazy = server.connect();
    lazy.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    // Its place is free again once it has been cut.
    while server.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status != 200 {}
    assert!(lazy.count_to_end() < BIG);
}

#[test]
fn a_body_that_breaks_off_is_not_answered() {
    let server = Server::start(settings());
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfour");
    drop(client);
    assert_eq!(server.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn connections_are_kept_and_requests_pipelined() {
    let server = Server::start(settings());
    let mut client = server.connect();
    client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.reply().body, "/1");
    client.send(
        "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwoGET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4",
    );
    assert_eq!(client.reply().body, "two");
    assert_eq!(client.reply().body, "/3");
    client.send(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(client.reply().body, "/4");
    assert!(client.is_ended());
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn earlier_requests_are_answered_when_a_later_one_is_refused() {
    let server = Server::start(settings());
    for bad in [
        "GET /2 HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET /2 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.send(format!("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n{bad}GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
        server.wait_until_begun();
        server.echo.gate.add_permits(1);
        let first = client.reply();
        assert_eq!((first.status, first.body.as_str()), (200, "/wait"));
        let second = client.reply();
        assert_eq!(second.status, 400, "{second:?}");
        assert!(second.body.contains("ramtape: the request has more than one"), "{second:?}");
        assert!(client.is_ended());
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn connections_are_counted() {
    let server = with(|limits| limits.connections = 1);
    let mut first = server.connect();
    first.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait_until_begun();

    let mut second = server.connect();
    let reply = second.reply();
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("ramtape: all 1 connections are in use"), "{reply:?}");
    assert!(second.is_ended());

    server.echo.gate.add_permits(1);
    assert_eq!(first.reply().status, 200);
    drop(first);
    while server.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status != 200 {}
}

#[test]
fn a_stop_lets_requests_in_flight_finish() {
    let mut server = Server::start(settings());
    let (mut idle, mut used, mut busy) = (server.connect(), server.connect(), server.connect());
    used.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(used.reply().status, 200);
    busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait_until_begun();

    let stopped = server.stop();
    assert!(idle.is_ended());
    assert!(used.is_ended());
    assert!(!stopped.is_finished());
    assert!(std::net::TcpStream::connect(server.addr).is_err(), "still accepting");

    server.echo.gate.add_permits(1);
    assert_eq!(busy.reply().body, "/wait");
    assert!(busy.is_ended());
    server.runtime.block_on(stopped).unwrap();
}

#[test]
fn a_panic_ends_its_connection_only() {
    let server = Server::start(settings());
    let mut unlucky = server.connect();
    unlucky.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(unlucky.is_ended());
    assert_eq!(server.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

#[test]
fn start_says_why_it_can_not_listen() {
    let server = Server::start(settings());
    let start = |listen: &str| {
        let settings = ProxySettings { listen: listen.parse().unwrap(), ..settings() };
        server.runtime.block_on(crate::support::raw::start(settings)).err().unwrap().to_string()
    };
    let taken = server.addr.to_string();
    let error = start(&taken);
    assert!(error.starts_with(&format!("{taken} is in use; ")) && error.contains("--listen"), "{error}");
    let error = start("0.0.0.0:0");
    assert!(error.contains("not a loopback address; add --allow-remote"), "{error}");
}

/// A body of so many pieces of 64 KiB that does not tell its length.
struct Pieces(usize);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        Poll::Ready(left.map(|_| Ok(Frame::data(Bytes::from_static(&[b'b'; 64 << 10])))))
    }
}

/// One connection that speaks HTTP/2 from its first byte.
async fn http2(server: &Server) -> SendRequest<BoxBody<Bytes, Infallible>> {
    let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[test]
fn http2_works_with_prior_knowledge() {
    let server = Server::start(settings());
    server.runtime.block_on(async {
        let mut sender = http2(&server).await;
        for size in [0, 1, 1 << 20] {
            let body = Full::new(Bytes::from(vec![b'b'; size])).boxed();
            let request = http::Request::post("http://localhost:1/~s/x?q=1").body(body).unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.len(), if size == 0 { 2 } else { size });
        }
    });
    let request = server.seen().pop().unwrap();
    assert_eq!((request.path.as_str(), request.query.as_str()), ("/x", "q=1"));
    assert_eq!((request.signed_target.as_str(), request.authority.as_str()), ("/~s/x?q=1", "localhost:1"));
    assert_eq!(request.session_prefix.as_deref(), Some("s"));
}

#[test]
fn the_answer_to_head_is_a_head_on_every_path() {
    let server = Server::start(ProxySettings { guarded: true, ..settings() });
    let table = [("http://localhost/", 200), ("http://localhost/_ramtape/health", 200), ("http://evil.test/", 403)];
    for (url, status) in table {
        let head = || http::Request::head(url).body(Full::new(Bytes::new()).boxed()).unwrap();
        server.runtime.block_on(async {
            let response = http2(&server).await.send_request(head()).await.unwrap();
            assert_eq!(response.status(), status, "{url}");
            assert_ne!(response.headers()["content-length"], "0", "{url}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, "", "{url}");
        });
    }
}

#[test]
fn http2_passes_the_same_gate() {
    let server = Server::start(ProxySettings { guarded: true, ..settings() });
    let empty = || Full::new(Bytes::new()).boxed();
    let crowded =
        (0..65).fold(http::Request::get("http://localhost/"), |request, n| request.header(format!("x-{n}"), n));
    let table = [
        (http::Request::post("http://localhost/").body(Pieces(33).boxed()), 413, "the request's body is larger"),
        (http::Request::get("http://evil.test/").body(empty()), 403, "the request's host is neither"),
        (
            http::Request::get("http://localhost/").header("host", "a").body(empty()),
            400,
            "the request's target names another",
        ),
        (http::Request::get("http://localhost/").header("origin", "x").body(empty()), 403, "requests that a browser"),
        (crowded.body(empty()), 431, "the request has more than 64 header fields"),
        (
            http::Request::get("http://localhost/").header("x", "x".repeat(17 << 10)).body(empty()),
            431,
            "the request's head is larger than 16384 bytes",
        ),
    ];
    server.runtime.block_on(async {
        for (request, status, message) in table {
            let mut sender = http2(&server).await;
            let response = sender.send_request(request.unwrap()).await.unwrap();
            assert_eq!(response.status(), status, "{message}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(&format!("ramtape: {message}")), "{body}");
        }
    });
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn no_log_line_shows_the_key() {
    // The whole process's, at every level of every crate.
    if !is_alone(module_path!(), "no_log_line_shows_the_key") {
        return;
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let server = Server::start(settings());
    for path in ["/~s/logged_a", "/logged_b"] {
        assert_eq!(server.ask(format!("GET /~{KEY}{path} HTTP/1.1\r\nHost: a\r\n\r\n")).status, 200);
    }
    let misplaced = server.ask(format!("GET //~{KEY}/logged_c HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(misplaced.status, 400);
    let refused = server.ask(format!("GET /~{KEY}/logged_d HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"));
    assert_eq!(refused.status, 400);
    server.runtime.block_on(async {
        let request = http::Request::get(format!("http://localhost/~{KEY}/logged_e"));
        let request = request.body(Full::new(Bytes::new()).boxed()).unwrap();
        assert_eq!(http2(&server).await.send_request(request).await.unwrap().status(), 200);
    });

    let logged = log.text();
    // A path is shown as far as it is as plain as an operation's: not from a key in the wrong place on.
    for path in ["/logged_a", "/logged_b", "//…", "/logged_d", "/logged_e"] {
        assert!(logged.contains(&format!("path=\"{path}\"")), "{path} is not logged");
    }
    let shown: Vec<_> = logged.lines().filter(|line| line.contains(KEY)).collect();
    assert!(shown.is_empty(), "{shown:?}");
}
