//! Values with a checksum that binds them to their keys.

use sha2::{Digest, Sha256};

/// How many bytes the checksum takes.
pub(super) const CHECKSUM: usize = 8;

/// `value` behind the checksum that binds it to `key`.
pub(super) fn guard(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut guarded = Vec::with_capacity(CHECKSUM + value.len());
    guarded.extend_from_slice(&checksum(key, value));
    guarded.extend_from_slice(value);
    guarded
}

/// The value inside `guarded`; `None` where its checksum does not hold.
pub(super) fn unguard<'a>(key: &[u8], guarded: &'a [u8]) -> Option<&'a [u8]> {
    let (sum, value) = guarded.split_first_chunk::<CHECKSUM>()?;
    (*sum == checksum(key, value)).then_some(value)
}

fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new().chain_update((key.len() as u64).to_be_bytes()).chain_update(key).chain_update(value);
    let mut sum = [0; CHECKSUM];
    for (byte, hashed) in sum.iter_mut().zip(digest.finalize()) {
        *byte = hashed;
    }
    sum
}
