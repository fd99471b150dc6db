//! Upstream's own tokens: they never leave the store.

use super::Store;
use super::keys::{guard, unguard};
use crate::cassette::codec::{Packer, Unpacker};
use crate::cassette::error::StoreError;
use crate::cassette::recording::UpstreamToken;
use crate::interaction::Secret;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Upstream's tokens expire; older ones are of no use.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Store {
    /// Keeps a token. It is durable with the next batch.
    pub(in crate::cassette) fn keep_token(&self, token: &UpstreamToken) -> Result<(), StoreError> {
        self.keep_token_of(token, now())
    }

    fn keep_token_of(&self, token: &UpstreamToken, time: u64) -> Result<(), StoreError> {
        self.still_answers()?;
        let mut packer = Packer::default();
        packer.number(time);
        packer.text(token.token.expose());
        self.trees.tokens.insert(&token.key, guard(&token.key, &packer.0))?;
        Ok(())
    }

    /// The token kept under `key`.
    pub(in crate::cassette) fn token(&self, key: &[u8]) -> Result<Option<Secret>, StoreError> {
        self.still_answers()?;
        let Some(guarded) = self.trees.tokens.get(key)? else { return Ok(None) };
        let kept = unguard(key, &guarded).and_then(unpack);
        Ok(kept.map(|(_, token)| token))
    }

    /// Drops the tokens that are a day old, and what does not hold.
    pub(in crate::cassette) fn drop_old_tokens(&self) -> Result<(), StoreError> {
        let oldest = now().saturating_sub(KEPT.as_secs());
        for item in self.trees.tokens.iter() {
            let (key, guarded) = item?;
            if unguard(&key, &guarded).and_then(unpack).is_none_or(|(kept, _)| kept < oldest) {
                self.trees.tokens.remove(key)?;
            }
        }
        Ok(())
    }
}

fn unpack(value: &[u8]) -> Option<(u64, Secret)> {
    let mut unpacker = Unpacker(value);
    Some((unpacker.number()?, Secret::new(unpacker.text()?)))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::cassette::store::tests::open;

    #[test]
    fn a_token_is_kept_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for (key, age) in [(b"young", 23 * 3600), (b"stale", 25 * 3600)] {
            let token = UpstreamToken { key: key.to_vec(), token: Secret::new("t") };
            store.keep_token_of(&token, now() - age).unwrap();
        }
        store.drop_old_tokens().unwrap();
        assert_eq!(store.token(b"young").unwrap(), Some(Secret::new("t")));
        assert_eq!(store.token(b"stale").unwrap(), None);
    }
}
