//! Just enough of HTTP/1.1 to find an answer's end: the load must cost less than what it measures.

use std::io::{Read, Write};
use std::net::TcpStream;

/// How long an answer is, and where its body begins, once `received` has its whole head.
pub(crate) fn extent(received: &[u8]) -> Option<(usize, usize)> {
    let body = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = received.get(..body).unwrap_or_default();
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(b"content-length:".len())?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| std::str::from_utf8(value).unwrap().trim())
    });
    Some((body + length.unwrap().parse::<usize>().unwrap(), body))
}

/// Whether the answer is a good one.
pub(crate) fn is_good(received: &[u8]) -> bool {
    received.starts_with(b"HTTP/1.1 200 ")
}

/// Sends `request` and waits for the whole answer, a good one.
pub(crate) fn ask(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    let received = ask_any(stream, request);
    assert!(is_good(&received), "{}", String::from_utf8_lossy(&received));
    received
}

/// Sends `request` and waits for the whole answer, whatever it is.
pub(crate) fn ask_any(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).unwrap();
    let mut received = Vec::with_capacity(8192);
    let mut chunk = [0; 8192];
    loop {
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the connection ended: {}", String::from_utf8_lossy(&received));
        received.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if extent(&received).is_some_and(|(end, _)| received.len() >= end) {
            return received;
        }
    }
}
