//! The keys of the tree of unsealed takes, and the checksum over every value.

use crate::fingerprint::Fingerprint;
use sha2::{Digest, Sha256};

/// The key under which the ledger stands.
pub(super) const LEDGER: &[u8] = b"m";

const CHECKSUM: usize = 8;

/// What a key of the tree names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// What a take says beside its pages.
    Head(Fingerprint, u64),
    /// A page of a take.
    Page(Fingerprint, u64, u32),
    /// A text that is about to replace an entry's file.
    Intent(Fingerprint),
}

impl Key {
    /// The bytes; those of one fingerprint's heads, and of one take's pages, sort in order.
    pub(super) fn bytes(self) -> Vec<u8> {
        let (kind, fp) = match self {
            Self::Head(fp, _) => (b'h', fp),
            Self::Page(fp, ..) => (b'p', fp),
            Self::Intent(fp) => (b'i', fp),
        };
        let mut bytes = vec![kind];
        bytes.extend_from_slice(fp.bytes());
        match self {
            Self::Intent(_) => {}
            Self::Head(_, sequence) => bytes.extend_from_slice(&sequence.to_be_bytes()),
            Self::Page(_, sequence, page) => {
                bytes.extend_from_slice(&sequence.to_be_bytes());
                bytes.extend_from_slice(&page.to_be_bytes());
            }
        }
        bytes
    }

    /// The key with these bytes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (fp, rest) = rest.split_first_chunk::<10>()?;
        let fp = Fingerprint::from_bytes(*fp);
        match kind {
            b'i' if rest.is_empty() => Some(Self::Intent(fp)),
            b'h' => Some(Self::Head(fp, u64::from_be_bytes(rest.try_into().ok()?))),
            b'p' => {
                let (sequence, page) = rest.split_first_chunk::<8>()?;
                Some(Self::Page(fp, u64::from_be_bytes(*sequence), u32::from_be_bytes(page.try_into().ok()?)))
            }
            _ => None,
        }
    }
}

/// `value` with the checksum that binds it to `key`.
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
