//! Upstream's own tokens: they never leave the store.
//!
//! This process' own are in memory; those of an earlier one are in sled, and where one is lost the listing is walked again.

use super::Store;
use super::sled_index::RecordKind;
use crate::cassette::take::UpstreamToken;
use crate::model::Secret;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Upstream's tokens expire; older ones are of no use.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Store {
    /// Keeps a token.
    pub(crate) fn keep_token(&self, token: &UpstreamToken) {
        // The next request may ask for it before it is written.
        self.recent_tokens.insert(token.key.clone(), token.token.clone());
        self.keep_token_since(token, now());
    }

    fn keep_token_since(&self, token: &UpstreamToken, since: u64) {
        if let Ok(value) = postcard::to_allocvec(&(since, token.token.expose())) {
            self.sled.put(RecordKind::Token, &token.key, &value);
        }
    }

    /// The token kept under `key`.
    pub(crate) fn token(&self, key: &[u8]) -> Option<Secret> {
        if let Some(token) = self.recent_tokens.get(key) {
            return Some(token);
        }
        let value = self.sled.get(RecordKind::Token, key)?;
        let (_, token) = postcard::from_bytes::<(u64, String)>(&value).ok()?;
        Some(Secret::new(token))
    }

    /// Drops the tokens that are a day old.
    pub(crate) fn drop_old_tokens(&self) {
        self.sled.retain(RecordKind::Token, |value| {
            let kept = postcard::from_bytes::<(u64, String)>(value);
            kept.is_ok_and(|(since, _)| since + KEPT.as_secs() >= now())
        });
    }
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
        let token = |key: &[u8]| UpstreamToken { key: key.to_vec(), token: Secret::new("t") };
        let store = open(folder.path());
        store.keep_token(&token(b"new"));
        assert_eq!(store.token(b"new"), Some(Secret::new("t")), "before it is written");
        for (key, age) in [(b"young", 23 * 3600), (b"stale", 25 * 3600)] {
            store.keep_token_since(&token(key), now() - age);
        }
        store.drop_old_tokens();
        drop(store);
        let store = open(folder.path());
        let kept = [&b"new"[..], b"young", b"stale"].map(|key| store.token(key).is_some());
        assert_eq!(kept, [true, true, false]);
    }
}
