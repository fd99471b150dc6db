//! The temporary credentials that a service handed out through this process: in memory only, so that requests signed with them
//! can be signed again.

use super::credentials::Keys;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// How many are remembered: clients renew theirs, and use the earlier ones for a while.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Temporary credentials, and whose they are.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// The key itself; `None` where only a transcript tells of it.
    pub keys: Option<Arc<Keys>>,
    /// The actor that callers with it are.
    pub actor: String,
    /// The account that it is of, where that is known.
    pub account: Option<String>,
}

/// Temporary credentials by their key ids.
#[derive(Debug)]
pub struct IssuedKeys {
    known: Mutex<LruCache<String, IssuedKey>>,
}

impl Default for IssuedKeys {
    fn default() -> Self {
        Self { known: Mutex::new(LruCache::new(MAX_KEYS)) }
    }
}

impl IssuedKeys {
    /// Remembers what was handed out with this key id.
    pub fn add(&self, access_key_id: String, issued: IssuedKey) {
        self.known.lock().put(access_key_id, issued);
    }

    /// What was handed out with this key id.
    #[must_use]
    pub fn get(&self, access_key_id: &str) -> Option<IssuedKey> {
        self.known.lock().get(access_key_id).cloned()
    }
}
