//! A head has one reading, or none.

use super::all_refused;
use crate::support::raw::{Server, settings};

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
