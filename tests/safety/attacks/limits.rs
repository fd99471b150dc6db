//! Each limit, set as a user sets it, with its own answer.

use super::recorder::{BODY, PATH, Recorder};
use ramtape::simulator::{Effect, Fault};
use std::net::TcpListener;

#[test]
fn slow_header() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_HEADER_TIME_SECONDS", "1")]);
    let whole = recorder.proved("");
    let (head, _) = whole.split_at(whole.find("\r\n\r\n").unwrap());
    for start in ["P", "POST / HTTP/1.1\r\n", head] {
        let mut client = recorder.connect();
        client.send(start);
        let reply = client.reply();
        assert_eq!(reply.status, 408, "{reply:?}");
        assert!(reply.body.contains("head took longer than 1s (limits.header_time_seconds)"), "{reply:?}");
        assert!(client.is_ended());
    }
    recorder.endpoint.assert_untouched();
    recorder.assert_serves();
}

#[test]
fn slow_body() {
    // Long enough for a loaded machine to record an answer.
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_TOTAL_TIME_SECONDS", "4")]);
    for missing in [1, BODY.len()] {
        let mut whole = recorder.proved("");
        whole.truncate(whole.len() - missing);
        let mut client = recorder.connect();
        client.send(whole);
        let reply = client.reply();
        assert_eq!(reply.status, 408, "{reply:?}");
        assert!(reply.body.contains("body took longer than 4s (limits.total_time_seconds)"), "{reply:?}");
        assert!(client.is_ended());
    }
    recorder.endpoint.assert_untouched();
    recorder.assert_serves();
}

#[test]
fn total_time() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_TOTAL_TIME_SECONDS", "1")]);
    recorder.endpoint.running().inject(Fault::next(Effect::Stall));
    let reply = recorder.ask(recorder.proved(""));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("the answer took longer than 1s (limits.total_time_seconds)"), "{reply:?}");
}

#[test]
fn idle_time() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_IDLE_TIME_SECONDS", "2")]);
    // Without a word: a client would take one for the answer to its next request.
    assert!(recorder.connect().is_ended());
    let mut used = recorder.connect();
    used.send(recorder.proved(""));
    assert_eq!(used.reply().status, 200);
    assert!(used.is_ended());
}

#[test]
fn request_body() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_REQUEST_BODY_BYTES", "100")]);
    let of_size = |size: usize| {
        let host = recorder.authority();
        format!("POST {}{PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n", recorder.prefix())
    };
    // The length alone is enough: nothing of the body is waited for.
    for size in [101, usize::MAX - 2] {
        let reply = recorder.ask(of_size(size));
        assert_eq!(reply.status, 413, "{reply:?}");
        assert!(reply.body.contains("body is larger than 100 bytes (limits.request_body_bytes)"), "{reply:?}");
    }
    recorder.endpoint.assert_untouched();
    assert_eq!(recorder.ask(of_size(100) + BODY + &" ".repeat(100 - BODY.len())).status, 200);
}

#[test]
fn response_size() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_RESPONSE_BODY_BYTES", "500000")]);
    recorder.endpoint.running().inject(Fault::next(Effect::Mebibytes(1)));
    let reply = recorder.ask(recorder.proved(""));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("is larger than the limit of 500000 bytes (limits.response_body_bytes)"), "{reply:?}");
    recorder.assert_serves();
}

#[test]
fn header_size_and_count() {
    let variables = [("RAMTAPE_LIMITS_HEADER_BYTES", "9000"), ("RAMTAPE_LIMITS_HEADER_COUNT", "5")];
    let recorder = Recorder::with(&variables);
    let reply = recorder.ask(recorder.proved(&format!("X: {}\r\n", "x".repeat(9000))));
    assert_eq!(reply.status, 431, "{reply:?}");
    assert!(reply.body.contains("head is larger than 9000 bytes (limits.header_bytes)"), "{reply:?}");
    let reply = recorder.ask(recorder.proved("a: 1\r\nb: 2\r\nc: 3\r\n"));
    assert_eq!(reply.status, 431, "{reply:?}");
    assert!(reply.body.contains("more than 5 header fields (limits.header_count)"), "{reply:?}");
    recorder.endpoint.assert_untouched();
    recorder.assert_serves();
}

#[test]
fn connections() {
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_CONNECTIONS", "2")]);
    let (mut first, second) = (recorder.connect(), recorder.connect());
    first.send(recorder.proved(""));
    assert_eq!(first.reply().status, 200);
    let mut third = recorder.connect();
    let reply = third.reply();
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.body.contains("all 2 connections are in use (limits.connections)"), "{reply:?}");
    assert!(third.is_ended());
    drop(second);
    while recorder.ask(recorder.proved("")).status != 200 {}
}

#[test]
fn upstream_answer_time() {
    // As long as in [`slow_body`].
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_UPSTREAM_ANSWER_TIME_SECONDS", "4")]);
    recorder.endpoint.running().inject(Fault::next(Effect::Stall));
    let reply = recorder.ask(recorder.proved(""));
    assert_eq!(reply.status, 504, "{reply:?}");
    assert!(reply.body.contains("a whole answer within 4s (limits.upstream_answer_time_seconds)"), "{reply:?}");
    recorder.assert_serves();
}

#[test]
fn upstream_connect_time() {
    // It accepts, and does not say a word of TLS.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let recorder = Recorder::changed(&["-q", "--upstream", &url], |command| {
        command.env("RAMTAPE_LIMITS_UPSTREAM_CONNECT_TIME_SECONDS", "1");
    });
    let reply = recorder.ask(recorder.proved(""));
    assert_eq!(reply.status, 504, "{reply:?}");
    assert!(reply.body.contains("a connection within 1s (limits.upstream_connect_time_seconds)"), "{reply:?}");
}
