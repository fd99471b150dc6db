//! UUIDs that follow from what they name, so that replays are the same each time.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A UUID (RFC 9562, version 8) that the hashed bytes determine.
pub(super) fn uuid(hash: Sha256) -> String {
    let hash = hash.finalize();
    let mut bytes: [u8; 16] = hash.first_chunk().copied().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    let mut uuid = String::with_capacity(36);
    for (at, c) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(c);
    }
    uuid
}
