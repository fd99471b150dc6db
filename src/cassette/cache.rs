//! What lookups are answered from: prepared entries in memory, as long as their files stay what they were.

use super::path::Identity;
use crate::fingerprint::Fingerprint;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::path::PathBuf;
use std::sync::Arc;

/// A prepared entry, and what it was prepared from.
pub(super) struct Prepared<P> {
    pub(super) value: Arc<P>,
    /// The operation's folder that it was asked for in.
    pub(super) folder: String,
    /// The file, so that a lookup need not build its path again.
    pub(super) path: PathBuf,
    /// The file's identity, `None` where there was no file.
    pub(super) identity: Option<Identity>,
    /// Whether a change of the file since then would show in its identity.
    pub(super) settled: bool,
    /// The unsealed takes' generation.
    pub(super) generation: u64,
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
