//! The bytes of a connection: whatever passes the head scanner has one reading only, and the parser behind it has the same.

use httparse::{EMPTY_HEADER, Request, Status};
use ramtape::proxy::fuzzing::{ScanState, scan_pieces};

const MAX_BYTES: usize = 2048;
const MAX_FIELDS: usize = 16;

/// The first line of HTTP/2, which is not the scanner's to read.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

pub(crate) fn check(data: &[u8]) {
    let whole = of(data);
    cut_anywhere(data, &whole);
    if !data.starts_with(PREFACE) {
        same_requests(data, &whole);
    }
}

fn of(data: &[u8]) -> ScanState {
    scan_pieces([data], MAX_BYTES, MAX_FIELDS)
}

/// How the bytes come does not matter.
fn cut_anywhere(data: &[u8], whole: &ScanState) {
    let step = data.first().map_or(1, |byte| usize::from(*byte) % 7 + 1);
    for size in [1, step, 61, data.len() / 2 + 1] {
        let in_pieces = scan_pieces(data.chunks(size), MAX_BYTES, MAX_FIELDS);
        assert_eq!(verdict(&in_pieces), verdict(whole), "in pieces of {size}");
    }
}

/// Where it stands, but for how the bytes came.
fn verdict(standing: &ScanState) -> (bool, &str) {
    match standing {
        ScanState::Between => (false, ""),
        ScanState::InHead => (true, ""),
        ScanState::Refused(_, reason) => (true, reason),
    }
}

/// Every head that passed ends for the parser where it ends for the scanner, with the same length of its body.
fn same_requests(data: &[u8], whole: &ScanState) {
    let accepted = match whole {
        ScanState::Refused(passed, _) => *passed,
        ScanState::Between | ScanState::InHead => data.len(),
    };
    let mut at = 0;
    while at < accepted {
        let rest = &data[at..];
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        let mut request = Request::new(&mut fields);
        let length = match request.parse(rest) {
            // The parser is the stricter one here: it answers, and the connection ends.
            Err(_) => return,
            Ok(Status::Partial) => return incomplete(rest, whole),
            Ok(Status::Complete(length)) => length,
        };
        let end = at + length;
        assert_eq!(of(&data[..end]), ScanState::Between, "a head ends elsewhere");
        assert_eq!(of(&data[..end - 1]), ScanState::InHead, "a head ends earlier");
        at = end.saturating_add(body_length(&request));
    }
}

/// What the parser waits for, the scanner waits for too, but for the empty lines before a request.
fn incomplete(rest: &[u8], whole: &ScanState) {
    let blank = rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    assert!(blank || *whole != ScanState::Between, "the scanner takes an incomplete head for a whole one");
}

/// The length that the only `Content-Length` names, nothing else telling of a body.
fn body_length(request: &Request<'_, '_>) -> usize {
    let mut lengths = Vec::new();
    for field in request.headers.iter() {
        assert!(!field.name.eq_ignore_ascii_case("transfer-encoding"), "Transfer-Encoding passed");
        assert!(!field.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "a value has more than one reading");
        if field.name.eq_ignore_ascii_case("content-length") {
            lengths.push(std::str::from_utf8(field.value).unwrap().trim_matches([' ', '\t']));
        }
    }
    match lengths.as_slice() {
        [] => 0,
        [length] => {
            assert!(length.bytes().all(|byte| byte.is_ascii_digit()), "{length:?} passed as a length");
            usize::try_from(length.parse::<u64>().unwrap()).unwrap()
        }
        more => panic!("{} lengths passed", more.len()),
    }
}
