//! Count and digest of what is unsealed, kept up with every batch: what tells a damaged store from a whole one.

use super::keys::{LEDGER, guard, unguard};
use crate::cassette::codec::{Packer, Unpacker};
use sha2::{Digest, Sha256};

/// The format of what the store holds. A store of another format is rebuilt.
const FORMAT: u8 = 1;

/// What the store says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// How many batches were ever applied.
    pub(super) batch: u64,
    /// The sequence number of the next take.
    pub(super) next: u64,
    /// How many keys stand beside this one.
    pub(super) count: u64,
    /// All keys and values: the sum, bit by bit without carry, of their hashes, so that order does not matter and a key can go.
    pub(super) digest: [u8; 32],
}

impl Ledger {
    /// Counts a key that comes.
    pub(super) fn add(&mut self, key: &[u8], guarded: &[u8]) {
        self.count += 1;
        self.mix(key, guarded);
    }

    /// Counts a key that goes.
    pub(super) fn remove(&mut self, key: &[u8], guarded: &[u8]) {
        self.count = self.count.saturating_sub(1);
        self.mix(key, guarded);
    }

    fn mix(&mut self, key: &[u8], guarded: &[u8]) {
        // The guard starts with a checksum over key and value, but 64 bits of it; the digest takes the whole.
        let hash = Sha256::new().chain_update((key.len() as u64).to_be_bytes()).chain_update(key).chain_update(guarded);
        for (byte, hashed) in self.digest.iter_mut().zip(hash.finalize()) {
            *byte ^= hashed;
        }
    }

    /// The value under [`LEDGER`].
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        packer.byte(FORMAT);
        packer.number(self.batch);
        packer.number(self.next);
        packer.number(self.count);
        packer.0.extend_from_slice(&self.digest);
        guard(LEDGER, &packer.0)
    }

    /// The ledger that `guarded` spells.
    pub(super) fn unpack(guarded: &[u8]) -> Option<Self> {
        let mut unpacker = Unpacker(unguard(LEDGER, guarded)?);
        if unpacker.byte()? != FORMAT {
            return None;
        }
        let (batch, next, count) = (unpacker.number()?, unpacker.number()?, unpacker.number()?);
        Some(Self { batch, next, count, digest: unpacker.array()? })
    }
}
