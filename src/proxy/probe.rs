//! What fuzz targets see of the head scanner. It is nobody else's business, and no part of the library's promise.

use super::head::{HeadScanner, Stop};

/// Where a connection stands after some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Between two requests, or in a body.
    Between,
    /// In a head that is not complete.
    InHead,
    /// A head was refused: how many bytes of the last piece belong to the requests before it, and why.
    Refused(usize, String),
}

/// Reads `pieces`, one after the other, as the bytes of one connection, with these limits of a head.
#[must_use]
pub fn standing<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, max_bytes: usize, max_fields: usize) -> Standing {
    let mut scanner = HeadScanner::new(max_bytes, max_fields);
    for piece in pieces {
        if let Err(Stop { passed, refusal }) = scanner.scan(piece) {
            return Standing::Refused(passed, refusal.to_string());
        }
    }
    if scanner.is_in_head() { Standing::InHead } else { Standing::Between }
}
