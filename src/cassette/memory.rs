//! What lookups are answered from: prepared entries in memory, as long as their files stay what they were.

use super::path::Identity;
use crate::fingerprint::Fingerprint;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::path::PathBuf;
use std::sync::Arc;

/// What an entry was read from. [`super::Cassette::is_current`] tells whether it would be read again as it was.
#[derive(Clone, Debug)]
pub struct Origin {
    pub(crate) fingerprint: Fingerprint,
    /// The file, so that a lookup need not build its path again.
    pub(crate) path: PathBuf,
    /// The file's identity, `None` where there was no file.
    pub(crate) identity: Option<Identity>,
    /// Whether a change of the file since then would show in its identity.
    pub(crate) settled: bool,
    /// The pending takes' generation.
    pub(crate) generation: u64,
}

impl Origin {
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
pub(crate) struct Prepared<P> {
    pub(crate) found: Found<P>,
    /// The operation's folder that it was asked for in.
    pub(crate) folder: String,
    /// Roughly the memory it takes, in bytes.
    pub(crate) weight: u64,
}

#[derive(Clone)]
struct ByWeight;

impl<P> Weighter<Fingerprint, Arc<Prepared<P>>> for ByWeight {
    fn weight(&self, _: &Fingerprint, prepared: &Arc<Prepared<P>>) -> u64 {
        prepared.weight
    }
}

/// A map with a bound on its weight.
pub(crate) struct Memory<P>(Cache<Fingerprint, Arc<Prepared<P>>, ByWeight>);

impl<P> Memory<P> {
    /// A memory of about `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        const USUAL_WEIGHT: u64 = 4096;
        let items = usize::try_from(bytes / USUAL_WEIGHT).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(items, bytes, ByWeight))
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
