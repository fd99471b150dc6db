//! What the proxy lets through, what it refuses and in which words. A refused request never reaches the answer.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/raw.rs"]
#[expect(dead_code, reason = "each test file uses its part")]
mod raw;

use ramtape::interaction::Door;
use raw::{KEY, Server, settings};

/// Asks one server for each of `table` and checks status and message; the answer must not have been called.
fn all_refused(table: &[(&str, &[u8], u16, &str)]) {
    let server = Server::start(settings());
    for (what, bytes, status, message) in table {
        let mut client = server.connect();
        client.try_send(bytes);
        let reply = client.reply();
        assert_eq!(reply.status, *status, "{what}: {reply:?}");
        assert!(reply.body.contains(&format!("\"message\":\"ramtape: {message}")), "{what}: {reply:?}");
        assert!(reply.head.contains("x-amzn-errortype: ramtape"), "{what}: {reply:?}");
        assert!(client.is_ended(), "{what}: the connection stays open");
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn hosts_must_be_one_and_valid() {
    all_refused(&[
        ("two", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "the request has more than one Host header"),
        ("none", b"GET / HTTP/1.1\r\n\r\n", 400, "the request has no Host header"),
        ("none in 1.0", b"GET / HTTP/1.0\r\n\r\n", 400, "the request has no Host header"),
        ("empty", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "the request's host is not a valid"),
        ("list", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "the request's host is not a valid"),
        ("user", b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "the request's host is not a valid"),
        ("port", b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400, "the request's host is not a valid"),
        ("not text", b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", 400, "the request's host is not a valid"),
    ]);
}

#[test]
fn absolute_forms_must_agree_and_mean_ramtape_or_the_service() {
    all_refused(&[
        (
            "another Host",
            b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com\r\n\r\n",
            400,
            "the request's target names another host than its Host header",
        ),
        (
            "another port",
            b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:2\r\n\r\n",
            400,
            "the request's target names another host than its Host header",
        ),
        (
            "another server",
            b"GET http://sts.eu-west-1.amazonaws.com/ HTTP/1.1\r\nHost: sts.eu-west-1.amazonaws.com\r\n\r\n",
            403,
            "ramtape is a forward proxy for RAM's own endpoints alone (http://ram.REGION.amazonaws.com); clients that are \
             not set up for that get AWS_ENDPOINT_URL_RAM=http://127.0.0.1:",
        ),
        (
            "another port here",
            b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
            403,
            "ramtape is a forward proxy for RAM's own endpoints alone",
        ),
        (
            "CONNECT without an authority",
            b"CONNECT ram.eu-west-1.amazonaws.com:443 HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com:443\r\n\r\n",
            403,
            "ramtape has no certificate to show",
        ),
    ]);
}

#[test]
fn lengths_must_have_one_reading() {
    all_refused(&[
        (
            "chunked",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "requests with Transfer-Encoding are not accepted",
        ),
        (
            "unknown coding",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
            400,
            "requests with Transfer-Encoding are not accepted",
        ),
        (
            "both",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "requests with Transfer-Encoding are not accepted",
        ),
        (
            "in 1.0",
            b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "requests with Transfer-Encoding are not accepted",
        ),
        (
            "equal lengths",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}",
            400,
            "the request has more than one Content-Length header",
        ),
        (
            "different lengths",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            400,
            "the request has more than one Content-Length header",
        ),
        (
            "length list",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\n{}",
            400,
            "the request's Content-Length is not a number",
        ),
        (
            "negative",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
            400,
            "the request's Content-Length is not a number",
        ),
    ]);
}

#[test]
fn other_headers_must_have_one_reading() {
    all_refused(&[
        (
            "two signatures",
            b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: x\r\n\r\n",
            400,
            "the request has more than one Authorization header",
        ),
        (
            "expectation",
            b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n",
            400,
            "the request's Expect header asks for something other than 100-continue",
        ),
        ("bare CR", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, "the request's head has a CR inside a line"),
        ("bare LF", b"GET / HTTP/1.1\nHost: a\n\n", 400, "the request's head has a line that ends in LF without CR"),
        ("NUL", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, "the request's head has a NUL byte"),
        (
            "obs-fold",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
            400,
            "the request's head has a folded header line",
        ),
    ]);
}

/// Targets that a client may name, and what its Host header then says.
const ENDPOINTS: [(&str, &str); 7] = [
    ("http://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com"),
    ("http://ram.us-east-1.amazonaws.com:80", "ram.us-east-1.amazonaws.com"),
    ("http://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com:80"),
    ("https://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com"),
    ("https://ram.us-east-1.amazonaws.com:443", "ram.us-east-1.amazonaws.com"),
    ("http://ram-fips.us-east-1.amazonaws.com", "ram-fips.us-east-1.amazonaws.com"),
    ("http://ram.cn-north-1.amazonaws.com.cn", "ram.cn-north-1.amazonaws.com.cn"),
];

/// Hosts that are none of RAM's, whatever they look like.
const STRANGERS: [&str; 26] = [
    "ram.us-east-1.amazonaws.com.evil.test",
    "ram.us-east-1.amazonaws.com.",
    "RAM.us-east-1.amazonaws.com",
    "ram.us-east-1.AMAZONAWS.COM",
    "ram.us-east-1.amazonaws.com:8080",
    "ram.us-east-1.amazonaws.com:443",
    "ram.us-east-1.amazonaws.com:0",
    "evil.test",
    "evil-ram.us-east-1.amazonaws.com",
    "x.ram.us-east-1.amazonaws.com",
    "ram.evil.amazonaws.com",
    "ram.cn-north-1.amazonaws.com",
    "sts.us-east-1.amazonaws.com",
    "amazonaws.com",
    "metadata",
    "169.254.169.254",
    "169.254.169.254:80",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.16689662",
    "127.0.0.1:1",
    "localhost:1",
    "[::1]:1",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
];

#[test]
fn an_absolute_form_for_the_service_is_its_proxy_whether_upstream_can_be_reached_or_not() {
    for guarded in [false, true] {
        let server = Server::start(ramtape::proxy::Settings { guarded, ..settings() });
        for (target, host) in ENDPOINTS {
            let head = format!("POST {target}/getresourceshares?a=%2F HTTP/1.1\r\nHost: {host}\r\n");
            let reply = server.ask(format!("{head}Proxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\n{{}}"));
            assert_eq!(reply.status, 200, "{target}: {reply:?}");
            let request = server.seen().pop().unwrap();
            assert_eq!(request.door, Door::Proxy, "{target}");
            assert_eq!(request.authority, host);
            assert_eq!((request.path.as_str(), request.query.as_str()), ("/getresourceshares", "a=%2F"));
            assert_eq!(&request.body[..], b"{}");
        }
        server.ask("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(server.seen().pop().unwrap().door, Door::Endpoint);
    }
}

#[test]
fn no_other_host_is_proxied_to() {
    for guarded in [false, true] {
        let server = Server::start(ramtape::proxy::Settings { guarded, ..settings() });
        for host in STRANGERS {
            let reply = server.ask(format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert!([400, 403].contains(&reply.status), "{host}: {reply:?}");
        }
        for target in ["http://me@ram.us-east-1.amazonaws.com", "http://ram.us-east-1.amazonaws.com@evil.test"] {
            let line = format!("GET {target}/ HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n\r\n");
            assert_eq!(server.ask(line).status, 400, "{target}");
        }
        for host in ["RAM.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com:81", "127.0.0.1"] {
            let line = format!("GET http://ram.us-east-1.amazonaws.com/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert!([400, 403].contains(&server.ask(line).status), "{host}");
        }
        assert_eq!(server.seen().len(), 0);
    }
}

#[test]
fn nothing_but_the_service_is_asked_for_through_a_proxy() {
    let server = Server::start(ramtape::proxy::Settings { guarded: true, ..settings() });
    let ask = |path: &str, fields: &str| {
        let target = "http://ram.us-east-1.amazonaws.com";
        server.ask(format!("POST {target}{path} HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n{fields}\r\n"))
    };
    for path in ["/~test_create/getresourceshares", "/%7Ea/~b/x", &format!("/~{KEY}/x"), "/~key-old/x"] {
        let reply = ask(path, "");
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
        assert!(reply.body.contains("AWS_SDK_UA_APP_ID") && !reply.body.contains(KEY), "{reply:?}");
    }
    for path in ["/_ramtape/health", "/_ramtape/sessions/a/reset"] {
        assert_eq!(ask(path, "").status, 403, "{path}");
    }
    assert_eq!(ask("/x", "Origin: http://web.test\r\n").status, 403);
    assert_eq!(server.seen().len(), 0);
    assert_eq!(ask("/x", "").status, 200);
}

#[test]
fn what_is_no_http_gets_a_400() {
    let server = Server::start(settings());
    let table: [&[u8]; 5] = [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    ];
    for bytes in table {
        let mut client = server.connect();
        client.send(bytes);
        assert_eq!(client.reply().status, 400, "{}", bytes.escape_ascii());
        assert!(client.is_ended(), "{}", bytes.escape_ascii());
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_request_that_went_through_this_ramtape_is_a_loop() {
    let server = Server::start(settings());
    let reply = server.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Ramtape-Via: other, ramtape-1234\r\n\r\n");
    assert_eq!(reply.status, 400);
    assert!(reply.head.contains("x-amzn-errortype: ramtapeloopexception"), "{reply:?}");
    assert!(reply.body.contains("ramtape: upstream leads back to ramtape itself; check --upstream"), "{reply:?}");
    assert_eq!(server.seen().len(), 0);

    assert_eq!(server.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Ramtape-Via: ramtape-12345\r\n\r\n").status, 200);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_clients_send_passes() {
    let server = Server::start(settings());
    let port = server.addr.port();
    let table = [
        "GET / HTTP/1.0\r\nHost: a\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n{}".to_owned(),
        format!("GET http://localhost:{port}/ HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
        "GET http://tape.test/ HTTP/1.1\r\nHost: tape.test:80\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://web.test\r\n\r\n".to_owned(),
    ];
    for bytes in &table {
        let mut client = server.connect();
        client.send(bytes);
        let mut reply = client.reply();
        if reply.status == 100 {
            reply = client.reply();
        }
        assert_eq!(reply.status, 200, "{bytes}: {reply:?}");
    }
    assert_eq!(server.seen().len(), table.len());
}

/// Hosts that a web page can't have pointed here, and one that it can.
const HOSTS: [(&str, bool); 7] = [
    ("127.0.0.1", true),
    ("127.1.2.3:99", true),
    ("[::1]:1", true),
    ("localhost:1", true),
    ("a.localhost", true),
    ("tape.test:1", true),
    ("evil.test", false),
];

#[test]
fn browsers_are_kept_from_control_paths() {
    let server = Server::start(settings());
    for (host, is_own) in HOSTS {
        for path in ["/_ramtape/health", "/~key-x/_ramtape/health", "/~s/_ramtape/health"] {
            let reply = server.ask(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(reply.status, if is_own { 200 } else { 403 }, "{host} {path}: {reply:?}");
        }
        let reply = server.ask(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(reply.status, 200, "{host}: {reply:?}");
    }
    let reply = server.ask("GET /_ramtape/health HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n");
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("ramtape: requests that a browser sends"), "{reply:?}");
    assert_eq!(server.seen().len(), HOSTS.len());
}

#[test]
fn browsers_are_kept_from_every_path_where_upstream_can_be_reached() {
    let server = Server::start(ramtape::proxy::Settings { guarded: true, ..settings() });
    for (host, is_own) in HOSTS {
        let reply = server.ask(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(reply.status, if is_own { 200 } else { 403 }, "{host}: {reply:?}");
        assert_eq!(reply.body.contains("add it with --allow-host"), !is_own, "{reply:?}");
    }
    assert_eq!(server.seen().len(), HOSTS.len() - 1);
    let reply = server.ask("GET /x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n");
    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(server.seen().len(), HOSTS.len() - 1);
}

#[test]
fn control_answers_and_says_what_there_is() {
    let server = Server::start(settings());
    let ask = |line: &str| server.ask(format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let health = ask("GET /_ramtape/health");
    assert_eq!(
        (health.status, health.body.as_str()),
        (200, r#"{"status":"ok","mode":"none","cassette":"cassettes/default"}"#)
    );
    assert_eq!(ask(&format!("GET /~{KEY}/_ramtape/health")).status, 200);
    assert_eq!(ask("POST /_ramtape/sessions/a/reset").body, r#"{"session":"a","reset":true}"#);
    assert_eq!(ask("GET /_ramtape/nothing").status, 404);
    let wrong = ask("DELETE /_ramtape/health");
    assert_eq!(wrong.status, 405);
    assert!(wrong.head.contains("allow: get, head"), "{wrong:?}");
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn prefixes_are_taken_off_and_kept() {
    let server = Server::start(settings());
    let target = format!("/%7E{KEY}/~run%201/associateresourceshare?a=%20b&c");
    let reply =
        server.ask(format!("POST {target} HTTP/1.1\r\nHost: LocalHost:80\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n{{}}"));
    assert_eq!(reply.status, 200, "{reply:?}");

    let seen = server.seen();
    let [request] = seen.as_slice() else { panic!("{} requests", seen.len()) };
    assert_eq!(request.method, http::Method::POST);
    assert_eq!(request.path, "/associateresourceshare");
    assert_eq!(request.query, "a=%20b&c");
    assert_eq!(request.signed_target, target);
    assert_eq!(request.authority, "LocalHost:80");
    assert_eq!(request.key.as_ref().map(ramtape::interaction::Secret::expose), Some(KEY));
    assert_eq!(request.session_prefix.as_deref(), Some("run%201"));
    assert_eq!(request.header("x-a"), Some("1"));
    assert_eq!(&request.body[..], b"{}");
}

#[test]
fn a_path_without_prefixes_has_neither_key_nor_session() {
    let server = Server::start(settings());
    for (path, key, session) in
        [("/x", false, false), ("/~key-z", true, false), ("/~s/x", false, true), ("/~w/~s/x", true, true)]
    {
        server.ask(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let request = server.seen().pop().unwrap();
        assert_eq!((request.key.is_some(), request.session_prefix.is_some()), (key, session), "{path}");
        assert_eq!(request.path, if path == "/~key-z" { "/" } else { "/x" });
    }
}
