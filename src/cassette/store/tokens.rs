//! Upstream's own tokens: they never leave the store.

use super::Store;
use super::keys::{guard, unguard};
use crate::cassette::codec::{Packer, Unpacker};
use crate::cassette::error::StoreError;
use crate::cassette::recording::UpstreamToken;
use crate::model::Secret;
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
        let (key, guarded) = (token.key.clone(), guard(&token.key, &packer.0));
        self.claim(key.len() + guarded.len())?;
        self.within_deadline(move |trees| trees.tokens.insert(key, guarded).map(drop))
    }

    /// The token kept under `key`.
    pub(in crate::cassette) fn token(&self, key: &[u8]) -> Result<Option<Secret>, StoreError> {
        self.still_answers()?;
        let Some(guarded) = self.trees.tokens.get(key)? else { return Ok(None) };
        let kept = unguard(key, &guarded).and_then(unpack);
        Ok(kept.map(|(_, token)| token))
    }

    /// Drops the tokens that are a day old, and what does not hold. Where the disk has no room for that they stay.
    pub(in crate::cassette) fn drop_old_tokens(&self) -> Result<(), StoreError> {
        let oldest = now().saturating_sub(KEPT.as_secs());
        let old = self.within_deadline(move |trees| {
            let is_old = |key: &[u8], guarded: &[u8]| {
                unguard(key, guarded).and_then(unpack).is_none_or(|(kept, _)| kept < oldest)
            };
            let mut old = Vec::new();
            for item in trees.tokens.iter() {
                let (key, guarded) = item?;
                old.extend(is_old(&key, &guarded).then_some(key));
            }
            Ok(old)
        })?;
        if old.is_empty() || self.claim(old.iter().map(|key| key.len()).sum()).is_err() {
            return Ok(());
        }
        self.within_deadline(move |trees| old.into_iter().try_for_each(|key| trees.tokens.remove(key).map(drop)))
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
