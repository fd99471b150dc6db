//! Checks the raw bytes of HTTP/1 request heads before hyper parses them.
//!
//! hyper folds equal Content-Length fields into one, answers what it can't parse without a word of explanation, and takes
//! LF for CRLF. Here every head is read line by line: what is ambiguous is refused with its reason, and what passes has one
//! reading only.

use super::refusal::Refusal;
use memchr::{memchr, memchr3};

/// The first line of an HTTP/2 connection with prior knowledge, without its end.
const HTTP2_PREFACE_LINE: &[u8] = b"PRI * HTTP/2.0";

/// Scans the bytes of one connection, heads and bodies, and refuses ambiguous heads.
#[derive(Debug)]
pub(super) struct HeadScanner {
    position: Position,
    /// A line of which only the start has come yet.
    unfinished: Vec<u8>,
    head: Head,
    is_first_line: bool,
    max_bytes: usize,
    max_fields: usize,
}

/// Where in the stream the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Before or in a request line.
    RequestLine,
    /// Among header fields.
    Fields,
    /// In a body with this many bytes to come.
    Body(u64),
    /// HTTP/2: not ours to read.
    Through,
}

/// What is known of the head being read.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    fields: usize,
    content_length: Option<u64>,
}

/// A head that is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RefusedHead {
    /// How many bytes of the input belong to earlier requests and may pass.
    pub(super) passed: usize,
    pub(super) refusal: Refusal,
}

impl HeadScanner {
    pub(super) fn new(max_bytes: usize, max_fields: usize) -> Self {
        Self {
            position: Position::RequestLine,
            unfinished: Vec::new(),
            head: Head::default(),
            is_first_line: true,
            max_bytes,
            max_fields,
        }
    }

    /// Whether a head has begun and is not complete.
    pub(super) fn is_in_head(&self) -> bool {
        self.position == Position::Fields || self.head.bytes > 0 || !self.unfinished.is_empty()
    }

    /// Reads on through `input`.
    pub(super) fn scan(&mut self, input: &[u8]) -> Result<(), RefusedHead> {
        let mut rest = input;
        let mut head_start = 0;
        while !rest.is_empty() {
            match self.position {
                Position::Through => return Ok(()),
                Position::Body(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    rest = rest.get(taken..).unwrap_or_default();
                    let left = left.saturating_sub(taken as u64);
                    self.position = if left == 0 { Position::RequestLine } else { Position::Body(left) };
                }
                Position::RequestLine | Position::Fields => {
                    if !self.is_in_head() {
                        head_start = input.len() - rest.len();
                    }
                    rest = self.next_line(rest).map_err(|refusal| RefusedHead { passed: head_start, refusal })?;
                }
            }
        }
        Ok(())
    }

    /// Takes a line off the start of `input`, or as much of it as there is, and gives the rest.
    fn next_line<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8], Refusal> {
        if self.unfinished.is_empty()
            && let Some((content, rest)) = split_clean_line(input)
        {
            self.check_size(content.len() + 2)?;
            self.take_line(content)?;
            return Ok(rest);
        }
        let (piece, rest) = input.split_at(memchr(b'\n', input).map_or(input.len(), |at| at + 1));
        self.take_piece(piece)?;
        Ok(rest)
    }

    fn check_size(&self, more: usize) -> Result<(), Refusal> {
        let limit = self.max_bytes;
        if self.head.bytes + self.unfinished.len() + more > limit {
            Err(Refusal::HeadTooLarge { limit })
        } else {
            Ok(())
        }
    }

    /// Takes a line that is not whole, or not clean.
    fn take_piece(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.check_size(piece.len())?;
        self.unfinished.extend_from_slice(piece);
        if piece.last() != Some(&b'\n') {
            return Ok(());
        }
        let line = std::mem::take(&mut self.unfinished);
        let content = line.strip_suffix(b"\r\n").ok_or(Refusal::BareLineFeed)?;
        if content.contains(&b'\r') {
            return Err(Refusal::BareCarriageReturn);
        }
        if content.contains(&0) {
            return Err(Refusal::Nul);
        }
        self.take_line(content)
    }

    /// Takes what stands in a line before its end.
    fn take_line(&mut self, content: &[u8]) -> Result<(), Refusal> {
        if std::mem::take(&mut self.is_first_line) && content == HTTP2_PREFACE_LINE {
            self.position = Position::Through;
            return Ok(());
        }
        self.head.bytes += content.len() + 2;
        match (self.position, content.is_empty()) {
            // RFC 9112, section 2.2: a server ignores empty lines before the request line.
            (Position::RequestLine, true) => {}
            // hyper drops a fragment without a word: what was signed and what is read would differ.
            (Position::RequestLine, false) if memchr(b'#', content).is_some() => return Err(Refusal::Fragment),
            (Position::RequestLine, false) => self.position = Position::Fields,
            (_, false) => self.take_field(content)?,
            (_, true) => {
                let head = std::mem::take(&mut self.head);
                self.position = match head.content_length {
                    Some(length) if length > 0 => Position::Body(length),
                    _ => Position::RequestLine,
                };
            }
        }
        Ok(())
    }

    fn take_field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(Refusal::FoldedLine);
        }
        self.head.fields += 1;
        if self.head.fields > self.max_fields {
            return Err(Refusal::TooManyFields { limit: self.max_fields });
        }
        // Only two names matter here, and both are long: most fields are done after looking at their first byte.
        match line.first() {
            Some(b'c' | b'C') => {
                if let Some(value) = field_value(line, b"content-length") {
                    let length = parse_length(value).ok_or(Refusal::BadContentLength)?;
                    if self.head.content_length.replace(length).is_some() {
                        return Err(Refusal::DuplicateContentLength);
                    }
                }
            }
            Some(b't' | b'T') if field_value(line, b"transfer-encoding").is_some() => {
                return Err(Refusal::TransferEncoding);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What stands before the end of the first line, and what follows it; where that line is whole, ends with CRLF and holds
/// nothing that a head may not, as lines do.
fn split_clean_line(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, end) = input.split_at(memchr3(b'\r', b'\n', 0, input)?);
    Some((content, end.strip_prefix(b"\r\n")?))
}

/// What follows `name:` where `line` is that field.
fn field_value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(())?;
    rest.strip_prefix(b":")
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    // Beyond this hyper ends the connection without a word.
    text.parse().ok().filter(|length| *length <= u64::MAX - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner() -> HeadScanner {
        HeadScanner::new(200, 4)
    }

    /// The verdict must not depend on how the bytes were cut into reads.
    fn verdict(input: &[u8]) -> Option<Refusal> {
        let whole = scanner().scan(input).err().map(|stop| stop.refusal);
        for size in [1, 2, 3, 7] {
            let mut scanner = scanner();
            let pieces = input.chunks(size).try_for_each(|piece| scanner.scan(piece));
            assert_eq!(pieces.err().map(|stop| stop.refusal), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn what_has_two_readings_is_refused() {
        let table: [(&[u8], Option<Refusal>); 16] = [
            (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", None),
            (b"GET /#a HTTP/1.1\r\nhost: a\r\n\r\n", Some(Refusal::Fragment)),
            (b"\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n", None),
            (b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n\n\nGET / HTTP/1.1\r\n\r\n", None),
            (
                b"POST / HTTP/1.1\r\nContent-Length: 2\r\nCONTENT-LENGTH: 2\r\n\r\n",
                Some(Refusal::DuplicateContentLength),
            ),
            (b"POST / HTTP/1.1\r\ncontent-length: +2\r\n\r\n", Some(Refusal::BadContentLength)),
            (b"POST / HTTP/1.1\r\ncontent-length: 18446744073709551614\r\n\r\n", Some(Refusal::BadContentLength)),
            (b"POST / HTTP/1.1\r\ncontent-length: 2, 2\r\n\r\n", Some(Refusal::BadContentLength)),
            (b"POST / HTTP/1.1\r\ncontent-length:\r\n\r\n", Some(Refusal::BadContentLength)),
            (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", Some(Refusal::TransferEncoding)),
            (b"GET / HTTP/1.1\nhost: a\n\n", Some(Refusal::BareLineFeed)),
            (b"GET / HTTP/1.1\r\nhost: a\rb\r\n\r\n", Some(Refusal::BareCarriageReturn)),
            (b"GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n", Some(Refusal::Nul)),
            (b"GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n", Some(Refusal::FoldedLine)),
            (b"GET / HTTP/1.1\r\na:1\r\na:2\r\na:3\r\na:4\r\na:5\r\n", Some(Refusal::TooManyFields { limit: 4 })),
            (&[b'a'; 201], Some(Refusal::HeadTooLarge { limit: 200 })),
        ];
        for (input, expected) in table {
            assert_eq!(verdict(input), expected, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn earlier_requests_pass_when_a_later_head_may_not() {
        let good = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi";
        let both = [&good[..], b"GET / HTTP/1.1\r\nhost: a\nb"].concat();
        assert_eq!(scanner().scan(&both), Err(RefusedHead { passed: good.len(), refusal: Refusal::BareLineFeed }));
    }

    #[test]
    fn http2_is_left_alone_and_only_at_the_start() {
        assert_eq!(verdict(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\n\n\r\r"), None);
        assert_eq!(verdict(b"GET / HTTP/1.1\r\n\r\nPRI * HTTP/2.0\r\n\r\n\0\r\n"), Some(Refusal::Nul));
    }

    #[test]
    fn knows_whether_a_head_is_open() {
        let mut scanner = scanner();
        let mut open = |input: &[u8]| scanner.scan(input).map(|()| scanner.is_in_head());
        assert_eq!(open(b"G"), Ok(true));
        assert_eq!(open(b"ET / HTTP/1.1\r\n"), Ok(true));
        assert_eq!(open(b"content-length: 3\r\n\r\n"), Ok(false));
        assert_eq!(open(b"ab"), Ok(false));
        assert_eq!(open(b"cG"), Ok(true));
    }
}
