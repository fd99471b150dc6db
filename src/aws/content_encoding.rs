//! The `Content-Encoding` of answers. ramtape has to read what it records, so it stores bodies decoded.

use super::error::UpstreamError;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use std::io::Read;

/// A content encoding that ramtape can decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// None.
    Identity,
    /// gzip: only from an upstream that was asked for it, by a client whose signature covers that wish.
    Gzip,
}

impl Coding {
    /// The coding that `answered` names, where it can be read and was asked for.
    pub(super) fn detect(asked_for_gzip: bool, answered: &HeaderMap, host: &str) -> Result<Self, UpstreamError> {
        let mut codings = answered.get_all(CONTENT_ENCODING).iter();
        let other = codings.find(|coding| !coding.is_empty() && !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
        let Some(other) = other else { return Ok(Self::Identity) };
        if other.as_bytes().eq_ignore_ascii_case(b"gzip") && codings.next().is_none() && asked_for_gzip {
            return Ok(Self::Gzip);
        }
        let coding = String::from_utf8_lossy(other.as_bytes()).into_owned();
        Err(UpstreamError::ContentEncoded { host: host.to_owned(), encoding: coding })
    }

    /// The body as it is without the coding, of at most `limit` bytes however small it came. Takes its time: not for an async
    /// thread.
    pub(super) fn decode(self, body: Bytes, limit: usize, host: &str) -> Result<Bytes, UpstreamError> {
        let Self::Gzip = self else { return Ok(body) };
        let mut decoded = Vec::new();
        let mut decoder = MultiGzDecoder::new(&body[..]).take((limit as u64).saturating_add(1));
        match decoder.read_to_end(&mut decoded) {
            Ok(_) if decoded.len() > limit => Err(UpstreamError::TooLarge { host: host.to_owned(), limit }),
            Ok(_) => Ok(decoded.into()),
            Err(error) => Err(UpstreamError::Garbage { host: host.to_owned(), reason: error.to_string() }),
        }
    }
}

/// Whether the request with these headers asks for gzip.
pub(super) fn accept_gzip(asked: &HeaderMap) -> bool {
    let wishes = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|wish| wish.to_str().ok());
    let mut codings = wishes.flat_map(|wish| wish.split(',')).filter_map(|wish| wish.split(';').next());
    codings.any(|coding| coding.trim().eq_ignore_ascii_case("gzip"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn detect(asked: &str, answered: &[&str]) -> Result<Coding, UpstreamError> {
        let (mut wish, mut coding) = (HeaderMap::new(), HeaderMap::new());
        wish.append(ACCEPT_ENCODING, asked.parse().unwrap());
        for one in answered {
            coding.append(CONTENT_ENCODING, one.parse().unwrap());
        }
        Coding::detect(accept_gzip(&wish), &coding, "h")
    }

    #[test]
    fn only_what_was_asked_for_and_can_be_read_is_taken() {
        assert_eq!(detect("identity", &[]), Ok(Coding::Identity));
        assert_eq!(detect("gzip", &["Identity"]), Ok(Coding::Identity));
        assert_eq!(detect("br;q=1.0, GZIP;q=0.5", &["gzip"]), Ok(Coding::Gzip));
        for (asked, answered) in
            [("identity", &["gzip"][..]), ("gzip", &["br"]), ("gzip", &["gzip, gzip"]), ("gzip", &["gzip", "gzip"])]
        {
            assert!(
                matches!(detect(asked, answered), Err(UpstreamError::ContentEncoded { .. })),
                "{asked} {answered:?}"
            );
        }
    }

    #[test]
    fn what_comes_out_has_a_limit_whatever_went_in() {
        let decode = |body: Bytes| Coding::Gzip.decode(body, 1000, "h");
        assert_eq!(decode(packed(&[7; 1000])).unwrap(), [7; 1000][..]);
        assert!(matches!(decode(packed(&[7; 1001])), Err(UpstreamError::TooLarge { limit: 1000, .. })));
        let bomb = packed(&vec![0; 8 << 20]);
        assert!(bomb.len() < 1 << 16);
        assert!(matches!(decode(bomb), Err(UpstreamError::TooLarge { .. })));
        for broken in [Bytes::from_static(b"{}"), packed(b"{}").slice(..15), Bytes::new()] {
            assert!(matches!(decode(broken), Err(UpstreamError::Garbage { .. })));
        }
        assert_eq!(Coding::Identity.decode(packed(b"{}"), 1, "h").unwrap(), packed(b"{}"));
    }
}
