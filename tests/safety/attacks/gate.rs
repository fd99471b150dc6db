//! Requests that two readers could read differently. Each comes from a caller who is proved, so that nothing but the gate
//! stands between it and upstream.

use super::recorder::{BODY, PATH, Recorder};

/// Sends what `requests` makes; each must be refused with this status and message, and end its connection. The same
/// caller's good request gets through afterwards.
fn held_back<const N: usize>(status: u16, message: &str, requests: impl FnOnce(&Recorder) -> [Vec<u8>; N]) {
    let recorder = Recorder::start();
    for bytes in requests(&recorder) {
        let mut client = recorder.connect();
        client.try_send(&bytes);
        let reply = client.reply();
        let shown = bytes.escape_ascii().to_string();
        assert_eq!(reply.status, status, "{shown}: {reply:?}");
        assert!(reply.body.contains(&format!("\"message\":\"ramtape: {message}")), "{shown}: {reply:?}");
        assert!(client.is_ended(), "{shown}: the connection stays open");
    }
    recorder.endpoint.assert_untouched();
    recorder.assert_serves();
}

/// A request of a proved caller with exactly these lines after the first, and this body.
fn with_lines(recorder: &Recorder, lines: &[&str], body: &str) -> Vec<u8> {
    let head = format!("POST {}{PATH} HTTP/1.1\r\n{}\r\n\r\n", recorder.prefix(), lines.join("\r\n"));
    (head + body).into_bytes()
}

fn host(recorder: &Recorder) -> String {
    format!("Host: {}", recorder.authority())
}

#[test]
fn content_length_beside_transfer_encoding() {
    let smuggled = "POST /createresourceshare HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    let body = format!("0\r\n\r\n{smuggled}");
    held_back(400, "requests with Transfer-Encoding are not accepted", |recorder| {
        let host = host(recorder);
        let length = format!("Content-Length: {}", body.len());
        [
            with_lines(recorder, &[&host, &length, "Transfer-Encoding: chunked"], &body),
            with_lines(recorder, &[&host, "Transfer-Encoding: chunked", &length], &body),
            with_lines(recorder, &[&host, "Content-Length: 0", "transfer-encoding:identity"], &body),
            with_lines(recorder, &[&host, &length, "Transfer-Encoding:\tchunked"], &body),
            with_lines(recorder, &[&host, &length, "Transfer-Encoding: x, chunked"], &body),
        ]
    });
}

#[test]
fn transfer_encoding_alone() {
    let body = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    held_back(400, "requests with Transfer-Encoding are not accepted", |recorder| {
        let host = host(recorder);
        let old = String::from_utf8(with_lines(recorder, &[&host, "Transfer-Encoding: chunked"], &body)).unwrap();
        [
            with_lines(recorder, &[&host, "Transfer-Encoding: chunked"], &body),
            with_lines(recorder, &["TRANSFER-ENCODING: Chunked", &host], &body),
            old.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes(),
        ]
    });
}

#[test]
fn two_lengths() {
    held_back(400, "the request has more than one Content-Length header", |recorder| {
        let (host, length) = (host(recorder), format!("Content-Length: {}", BODY.len()));
        [
            with_lines(recorder, &[&host, &length, "Content-Length: 0"], BODY),
            with_lines(recorder, &[&host, &length, &length.to_lowercase()], BODY),
        ]
    });
}

#[test]
fn a_length_with_two_readings() {
    held_back(400, "the request's Content-Length is not a number", |recorder| {
        let (host, n) = (host(recorder), BODY.len());
        let with_length = |length: String| with_lines(recorder, &[&host, &length], BODY);
        [
            with_length(format!("Content-Length: {n}, {n}")),
            with_length(format!("Content-Length: +{n}")),
            with_length(format!("Content-Length: -{n}")),
            with_length(format!("Content-Length: 0x{n:x}")),
            with_length("Content-Length: ".to_owned()),
            with_length(format!("Content-Length: {n} 0")),
            with_length(format!("Content-Length: {}", u64::MAX)),
        ]
    });
}

#[test]
fn two_hosts() {
    held_back(400, "the request has more than one Host header", |recorder| {
        let (host, length) = (host(recorder), format!("Content-Length: {}", BODY.len()));
        [
            with_lines(recorder, &[&host, &host, &length], BODY),
            with_lines(recorder, &[&host, &length, "host: ram.us-east-1.amazonaws.com"], BODY),
        ]
    });
}

#[test]
fn no_host() {
    held_back(400, "the request has no Host header", |recorder| {
        let length = format!("Content-Length: {}", BODY.len());
        let one = with_lines(recorder, &[&length], BODY);
        let old = String::from_utf8(one.clone()).unwrap().replacen("HTTP/1.1", "HTTP/1.0", 1);
        [one, old.into_bytes()]
    });
}

#[test]
fn a_host_that_is_none() {
    held_back(400, "the request's host is not a valid name or address", |recorder| {
        let length = format!("Content-Length: {}", BODY.len());
        let with_host = |host: &str| with_lines(recorder, &[&format!("Host: {host}"), &length], BODY);
        let own = recorder.authority();
        [
            with_host(""),
            with_host(&format!("{own}, {own}")),
            with_host(&format!("user@{own}")),
            with_host(&format!("{own}/x")),
        ]
    });
}

#[test]
fn absolute_form_against_host() {
    held_back(400, "the request's target names another host than its Host header", |recorder| {
        let own = recorder.authority();
        let absolute = |target: &str, host: &str| {
            let target = format!("http://{target}{}{PATH}", recorder.prefix());
            super::recorder::request(&target, host, "").into_bytes()
        };
        [
            absolute(own, "ram.us-east-1.amazonaws.com"),
            absolute("ram.us-east-1.amazonaws.com", own),
            absolute(own, "127.0.0.1:1"),
            absolute("localhost", own),
        ]
    });
}

#[test]
fn bare_cr() {
    held_back(400, "the request's head has a CR inside a line", |recorder| {
        [
            recorder.proved("X: a\rTransfer-Encoding: chunked\r\n").into_bytes(),
            recorder.proved("X: a\r\r\n").into_bytes(),
            recorder.proved("").replacen(" HTTP/1.1", "\rX HTTP/1.1", 1).into_bytes(),
        ]
    });
}

#[test]
fn bare_lf() {
    held_back(400, "the request's head has a line that ends in LF without CR", |recorder| {
        [
            recorder.proved("X: a\nTransfer-Encoding: chunked\r\n").into_bytes(),
            recorder.proved("").replacen("\r\n\r\n", "\n\n", 1).into_bytes(),
        ]
    });
}

#[test]
fn obs_fold() {
    held_back(400, "the request's head has a folded header line", |recorder| {
        [
            recorder.proved("X: a\r\n b\r\n").into_bytes(),
            recorder.proved("X: a\r\n\tTransfer-Encoding: chunked\r\n").into_bytes(),
            with_lines(recorder, &[" folded before any field", &host(recorder)], ""),
        ]
    });
}

#[test]
fn fragment() {
    held_back(400, "the request's target has a fragment (#)", |recorder| {
        ["#", "#x", "?a=b#c"].map(|end| recorder.proved("").replacen(PATH, &format!("{PATH}{end}"), 1).into_bytes())
    });
}

#[test]
fn nul() {
    held_back(400, "the request's head has a NUL byte", |recorder| {
        [
            recorder.proved("X: a\0b\r\n").into_bytes(),
            recorder.proved("X\0: a\r\n").into_bytes(),
            recorder.proved("").replacen(PATH, "/get\0resourceshares", 1).into_bytes(),
        ]
    });
}

#[test]
fn two_signatures() {
    held_back(400, "the request has more than one Authorization header", |recorder| {
        [recorder.proved("Authorization: a\r\nAuthorization: b\r\n").into_bytes()]
    });
}

#[test]
fn sixty_five_headers() {
    held_back(431, "the request has more than 64 header fields (limits.header_count)", |recorder| {
        // Three are there already.
        let more: String = (3..65).map(|n| format!("x-{n}: {n}\r\n")).collect();
        [recorder.proved(&more).into_bytes()]
    });
}

#[test]
fn sixty_four_headers_are_let_through() {
    let recorder = Recorder::start();
    let more: String = (3..64).map(|n| format!("x-{n}: {n}\r\n")).collect();
    assert_eq!(recorder.ask(recorder.proved(&more)).status, 200);
    assert_eq!(recorder.endpoint.running().requests(), 1);
}

#[test]
fn a_header_of_32_kib_is_refused() {
    held_back(431, "the request's head is larger than 32768 bytes (limits.header_bytes)", |recorder| {
        let large = "x".repeat(32 << 10);
        [
            recorder.proved(&format!("X: {large}\r\n")).into_bytes(),
            recorder.proved(&format!("{large}: x\r\n")).into_bytes(),
            recorder.proved("").replacen(PATH, &format!("/{large}"), 1).into_bytes(),
            recorder.proved(&"x: y\r\n".repeat(60).replace('y', &"y".repeat(600))).into_bytes(),
        ]
    });
}

#[test]
fn the_key_in_a_place_from_where_it_would_get_out() {
    held_back(400, "the request has this proxy's key somewhere other than at the beginning of its path", |recorder| {
        let (prefix, key) = (recorder.prefix(), recorder.key());
        let encoded: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let with_target =
            |target: &str| recorder.proved("").replacen(&format!("{prefix}{PATH}"), target, 1).into_bytes();
        let body = format!(r#"{{"resourceOwner":"SELF","name":"{key}"}}"#);
        let length = format!("Content-Length: {}", body.len());
        [
            with_target(&format!("{prefix}{prefix}{PATH}")),
            with_target(&format!("{prefix}/{prefix}{PATH}")),
            with_target(&format!("{prefix}{PATH}?a={key}")),
            with_target(&format!("{prefix}{PATH}?a={encoded}")),
            with_target(&format!("{prefix}/~{encoded}{PATH}")),
            recorder.proved(&format!("X-Ramtape-Session: {key}\r\n")).into_bytes(),
            recorder.proved(&format!("User-Agent: aws app/{key}\r\n")).into_bytes(),
            with_lines(recorder, &[&host(recorder), &length], &body),
        ]
    });
}
