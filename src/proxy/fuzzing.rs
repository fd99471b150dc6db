//! The head scanner for fuzz targets. Not part of the public interface.

use super::head_scanner::{HeadScanner, RefusedHead};

/// Where a connection stands after some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanState {
    /// Between two requests, or in a body.
    Between,
    /// In a head that is not complete.
    InHead,
    /// A head was refused: how many bytes of the last piece belong to the requests before it, and why.
    Refused(usize, String),
}

/// Reads `pieces`, one after the other, as the bytes of one connection, with these limits of a head.
#[must_use]
pub fn scan_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, max_bytes: usize, max_fields: usize) -> ScanState {
    let mut scanner = HeadScanner::new(max_bytes, max_fields);
    for piece in pieces {
        if let Err(RefusedHead { passed, refusal }) = scanner.scan(piece) {
            return ScanState::Refused(passed, refusal.to_string());
        }
    }
    if scanner.is_in_head() { ScanState::InHead } else { ScanState::Between }
}
