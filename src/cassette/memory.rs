//! What lookups are answered from: prepared entries in memory, as long as their files stay what they were.

use super::path::Identity;
use crate::fingerprint::Fingerprint;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// For how long a file is what it was when it was last looked at. Asking for its identity takes about as long as hyper takes for a
/// small request; edits by hand are further apart.
const TRUSTED: Duration = Duration::from_millis(100);

/// When a file was last looked at.
#[derive(Debug)]
pub(crate) struct LastLook(AtomicU64);

impl LastLook {
    /// Now.
    pub(crate) fn now() -> Self {
        Self(AtomicU64::new(milliseconds()))
    }

    /// Notes that the file was looked at now.
    pub(crate) fn renew(&self) {
        self.0.store(milliseconds(), Ordering::Relaxed);
    }

    /// Whether that was so short a time ago that another look can wait.
    pub(crate) fn is_recent(&self) -> bool {
        let age = milliseconds().saturating_sub(self.0.load(Ordering::Relaxed));
        Duration::from_millis(age) < TRUSTED
    }
}

impl Clone for LastLook {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

/// Since this was first asked.
fn milliseconds() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What an entry was read from. [`super::Cassette::is_current`] tells whether it would be read again as it was.
#[derive(Clone, Debug)]
pub struct EntryOrigin {
    pub(crate) fingerprint: Fingerprint,
    /// The file, so that a lookup need not build its path again.
    pub(crate) path: PathBuf,
    /// The file's identity, `None` where there was no file.
    pub(crate) identity: Option<Identity>,
    /// Whether a change of the file since then would show in its identity.
    pub(crate) settled: bool,
    /// The pending takes' generation.
    pub(crate) generation: u64,
    /// When the file was last found to be the same.
    pub(crate) last_look: LastLook,
}

impl EntryOrigin {
    /// What the entry is found by.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Whether a change of the file would show. While it would not, the file is read anew at every look.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.settled
    }
}

/// A prepared entry, and what it was prepared from.
#[derive(Debug)]
pub struct CachedEntry<P> {
    /// What [`super::Cassette::open`] was told to make of the entry.
    pub value: Arc<P>,
    /// What it was read from.
    pub origin: Arc<EntryOrigin>,
}

impl<P> Clone for CachedEntry<P> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), origin: Arc::clone(&self.origin) }
    }
}

/// A prepared entry in memory.
pub(crate) struct Prepared<P> {
    pub(crate) found: CachedEntry<P>,
    /// The operation's folder that it was asked for in.
    pub(crate) folder: String,
    /// Roughly the memory it takes, in bytes.
    pub(crate) weight: u64,
}

#[derive(Clone)]
struct EntryWeight;

impl<P> Weighter<Fingerprint, Arc<Prepared<P>>> for EntryWeight {
    fn weight(&self, _: &Fingerprint, prepared: &Arc<Prepared<P>>) -> u64 {
        prepared.weight
    }
}

/// A map with a bound on its weight.
pub(crate) struct Memory<P>(Cache<Fingerprint, Arc<Prepared<P>>, EntryWeight>);

impl<P> Memory<P> {
    /// A memory of about `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        const USUAL_WEIGHT: u64 = 4096;
        let items = usize::try_from(bytes / USUAL_WEIGHT).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(items, bytes, EntryWeight))
    }

    pub(crate) fn find(&self, fp: &Fingerprint) -> Option<Arc<Prepared<P>>> {
        self.0.get(fp)
    }

    pub(crate) fn keep(&self, fp: Fingerprint, prepared: Arc<Prepared<P>>) {
        self.0.insert(fp, prepared);
    }

    pub(crate) fn forget(&self, fp: &Fingerprint) {
        self.0.remove(fp);
    }
}
