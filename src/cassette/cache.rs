//! What lookups are answered from: prepared entries in memory, as long as their files stay what they were.

use super::path::Identity;
use super::watch::Moment;
use crate::fingerprint::Fingerprint;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What an entry was read from. [`super::Cassette::is_current`] tells whether it would be read again as it was.
#[derive(Debug)]
pub struct Origin {
    pub(super) fingerprint: Fingerprint,
    /// The file, so that a lookup need not build its path again.
    pub(super) path: PathBuf,
    /// The file's identity, `None` where there was no file.
    pub(super) identity: Option<Identity>,
    /// Whether a change of the file since then would show in its identity.
    pub(super) settled: bool,
    /// The unsealed takes' generation.
    pub(super) generation: u64,
    /// The latest moment at which the file's identity was looked at and was this.
    pub(super) current_at: AtomicU64,
}

impl Clone for Origin {
    fn clone(&self) -> Self {
        let Self { fingerprint, path, identity, settled, generation, current_at } = self;
        Self {
            fingerprint: *fingerprint,
            path: path.clone(),
            identity: *identity,
            settled: *settled,
            generation: *generation,
            current_at: AtomicU64::new(current_at.load(Ordering::Relaxed)),
        }
    }
}

impl Origin {
    pub(super) fn was_current_at(&self, moment: Moment) -> bool {
        self.current_at.load(Ordering::Relaxed) == moment.0
    }

    pub(super) fn set_current_at(&self, moment: Moment) {
        self.current_at.store(moment.0, Ordering::Relaxed);
    }

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
pub struct Found<P> {
    /// What [`super::Cassette::open`] was told to make of the entry.
    pub value: Arc<P>,
    /// What it was read from.
    pub origin: Arc<Origin>,
}

impl<P> Clone for Found<P> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), origin: Arc::clone(&self.origin) }
    }
}

/// A prepared entry in memory.
pub(super) struct Prepared<P> {
    pub(super) found: Found<P>,
    /// The operation's folder that it was asked for in.
    pub(super) folder: String,
    /// Roughly the memory it takes, in bytes.
    pub(super) weight: u64,
}

#[derive(Clone)]
struct ByWeight;

impl<P> Weighter<Fingerprint, Arc<Prepared<P>>> for ByWeight {
    fn weight(&self, _: &Fingerprint, prepared: &Arc<Prepared<P>>) -> u64 {
        prepared.weight
    }
}

/// A map with a bound on its weight.
pub(super) struct Memory<P>(Cache<Fingerprint, Arc<Prepared<P>>, ByWeight>);

impl<P> Memory<P> {
    /// A memory of about `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        const USUAL_WEIGHT: u64 = 4096;
        let items = usize::try_from(bytes / USUAL_WEIGHT).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(items, bytes, ByWeight))
    }

    pub(super) fn find(&self, fp: &Fingerprint) -> Option<Arc<Prepared<P>>> {
        self.0.get(fp)
    }

    pub(super) fn keep(&self, fp: Fingerprint, prepared: Arc<Prepared<P>>) {
        self.0.insert(fp, prepared);
    }

    pub(super) fn forget(&self, fp: &Fingerprint) {
        self.0.remove(fp);
    }
}
