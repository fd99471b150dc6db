//! What is in a body: without the framing of `aws-chunked`, and without gzip, which hides from nobody what was asked but
//! has a time in it.

use crate::model::Request;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use std::io::Read;

/// The longest body that is decompressed, in bytes.
const LONGEST: u64 = 64 << 20;

/// The body of `request` decoded; as it is where it is not what its headers say.
pub(super) fn decode(request: &Request) -> Bytes {
    let named = request.headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
    let is_coded = |coding: &str| codings.iter().any(|other| other.eq_ignore_ascii_case(coding));
    let is_streamed = request.header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    let mut body = request.body.clone();
    if (is_streamed || is_coded("aws-chunked"))
        && let Some(whole) = join_chunks(&body)
    {
        body = whole.into();
    }
    if is_coded("gzip")
        && let Some(whole) = decompress(&body)
    {
        body = whole.into();
    }
    body
}

/// The codings that a header's values name, but for `aws-chunked`, which says how a body is sent and not what is in it.
pub(super) fn content_codings(values: &[String]) -> String {
    let codings = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    codings.filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked")).collect::<Vec<_>>().join(",")
}

/// `SIZE[;chunk-signature=…]`, a line's end, that many bytes, a line's end; again, up to a chunk of no bytes, behind which only
/// trailers come.
fn join_chunks(framed: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let mut rest = framed;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        rest = rest.get(end + 2..)?;
        if size == 0 {
            return Some(whole);
        }
        let (chunk, following) = rest.split_at_checked(size)?;
        whole.extend_from_slice(chunk);
        rest = following.strip_prefix(b"\r\n")?;
    }
}

fn decompress(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    MultiGzDecoder::new(body).take(LONGEST + 1).read_to_end(&mut whole).ok()?;
    (whole.len() as u64 <= LONGEST).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let signed =
            b"5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:x\r\n\r\n";
        assert_eq!(join_chunks(signed).as_deref(), Some(&b"hello world"[..]));
        assert_eq!(join_chunks(b"0\r\n\r\n").as_deref(), Some(&b""[..]));
        for broken in [
            &b""[..],
            b"5\r\nhell",
            b"5\r\nhello",
            b"5\r\nhelloX\r\n0\r\n",
            b"-1\r\n",
            b"\r\n",
            b"fffffffffffffffff\r\n",
        ] {
            assert_eq!(join_chunks(broken), None, "{broken:?}");
        }
    }
}
