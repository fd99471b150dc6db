//! An upstream that means harm, or is broken.

use super::recorder::{PATH, as_owner, request};
use crate::support::binary::{Server, folder, ramtape};
use crate::support::raw::{Client, Reply};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// So many bytes come out of [`bomb`].
const UNPACKED: usize = 1 << 30;

/// A gzip file of zeros, about a thousandth as large as what is in it: one literal, then matches of 258 bytes, in one block
/// of the fixed code (RFC 1951, section 3.2.6).
fn bomb() -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], buffer: 0, count: 0 };
    bits.push(0b011, 3);
    // Codes go out from their first bit: 0x30 for the literal 0, 197 for the longest match, then five bits for distance 1.
    bits.push(0b0000_1100, 8);
    for _ in 0..UNPACKED / 258 {
        bits.push(0b1010_0011, 8);
        bits.push(0, 5);
    }
    bits.push(0, 7);
    bits.push(0, 7);
    // Checksum and length at the end are not reached by who unpacks piece by piece.
    bits.bytes
}

struct Bits {
    bytes: Vec<u8>,
    buffer: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.buffer |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(u8::try_from(self.buffer & 0xff).unwrap());
            self.buffer >>= 8;
            self.count -= 8;
        }
    }
}

/// Answers the first connection's first request with what `answer` writes; it may not be taken to its end.
fn upstream(coding: &'static str, answer: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 8192];
        let read = stream.read(&mut asked).unwrap();
        let asked = String::from_utf8_lossy(&asked[..read]).to_ascii_lowercase();
        assert!(asked.contains(&format!("accept-encoding: {coding}\r\n")), "{asked}");
        answer(stream);
    });
    url
}

/// What the client of a recorder in front of `url` gets, and by how many KiB the recorder grew meanwhile.
fn asked_through_a_recorder(url: &str, variables: &[(&str, &str)]) -> (Reply, u64) {
    asked_as(url, variables, |target, host| request(target, host, ""))
}

/// The same, with the request that `asking` makes of a proved caller's target and the recorder's authority.
fn asked_as(url: &str, variables: &[(&str, &str)], asking: impl FnOnce(&str, &str) -> String) -> (Reply, u64) {
    let folder = folder();
    let mut command = ramtape(folder.path());
    as_owner(command.args(["record", "-q", "--cassette", "tape", "--upstream", url]).envs(variables.iter().copied()));
    let server = Server::start(&mut command);
    let memory = |name: &str| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let before = memory("VmRSS");
    let mut client = Client::connect(server.authority().parse().unwrap());
    let prefix = server.url.split_once("/~").unwrap().1;
    client.send(asking(&format!("/~{prefix}{PATH}"), server.authority()));
    let reply = client.reply();
    let grown = memory("VmHWM").saturating_sub(before);
    assert!(!folder.path().join("tape/get-resource-shares").exists(), "it is recorded");
    (reply, grown)
}

/// An upstream whose only answer is the bomb.
fn bomber(coding: &'static str) -> String {
    let packed = bomb();
    assert!(packed.len() * 100 < UNPACKED);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    upstream(coding, move |mut stream| {
        let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&packed));
        drop(written);
    })
}

#[test]
fn gzip_bomb() {
    let (reply, grown) = asked_through_a_recorder(&bomber("identity"), &[]);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("has content-encoding \\\"gzip\\\", which ramtape cannot read"), "{reply:?}");
    assert!(grown < 16 << 10, "{grown} KiB for {UNPACKED} bytes unpacked");
}

#[test]
fn gzip_bomb_that_the_client_s_signature_asked_for() {
    let variables = [("RAMTAPE_LIMITS_RESPONSE_BODY_BYTES", "8000000")];
    let (reply, grown) = asked_as(&bomber("gzip"), &variables, |_, _| {
        let host = "ram.us-east-1.amazonaws.com";
        let scope = "Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/ram/aws4_request";
        let signed = format!("{scope}, SignedHeaders=accept-encoding;host;x-amz-date, Signature={}", "0".repeat(64));
        let signed = format!("Authorization: AWS4-HMAC-SHA256 {signed}\r\nX-Amz-Date: 20261122T000000Z\r\n");
        request(&format!("http://{host}{PATH}"), host, &format!("{signed}Accept-Encoding: gzip\r\n"))
    });
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("is larger than the limit of 8000000 bytes (limits.response_body_bytes)"), "{reply:?}");
    // What came, and what was unpacked of it until the limit.
    assert!(grown < 48 << 10, "{grown} KiB for {UNPACKED} bytes unpacked");
}

#[test]
fn an_answer_that_never_ends() {
    let url = upstream("identity", |mut stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let mut written = stream.write_all(head.as_bytes());
        while written.is_ok() {
            written = stream.write_all(piece.as_bytes());
        }
    });
    let (reply, grown) = asked_through_a_recorder(&url, &[("RAMTAPE_LIMITS_RESPONSE_BODY_BYTES", "1000000")]);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("is larger than the limit of 1000000 bytes (limits.response_body_bytes)"), "{reply:?}");
    assert!(grown < 16 << 10, "{grown} KiB for an answer of at most 1,000,000 bytes");
}

#[test]
fn a_head_that_never_ends() {
    let url = upstream("identity", |mut stream| {
        let mut written = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        let line = format!("x-filler: {}\r\n", "f".repeat(1000));
        while written.is_ok() {
            written = stream.write_all(line.as_bytes());
        }
    });
    let (reply, grown) = asked_through_a_recorder(&url, &[]);
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(reply.body.contains("is not an HTTP answer"), "{reply:?}");
    assert!(grown < 16 << 10, "{grown} KiB for a head without an end");
}
