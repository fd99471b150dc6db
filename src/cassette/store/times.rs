//! How long upstream took to answer: for the estimate of the time that a replay saves. Lost with the store, and no harm done.

use super::Store;
use crate::fingerprint::Fingerprint;
use std::time::Duration;

impl Store {
    /// Keeps how long the latest answer for `fp` took, where the disk has room.
    pub(in crate::cassette) fn keep_time(&self, fp: &Fingerprint, took: Duration) {
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.write_some_time(|trees| &trees.times, fp.bytes(), microseconds.to_be_bytes().to_vec());
    }

    /// How long the latest answer for `fp` took, if that is known here.
    pub(in crate::cassette) fn time(&self, fp: &Fingerprint) -> Option<Duration> {
        let kept = self.trees.times.get(fp.bytes()).ok()??;
        Some(Duration::from_micros(u64::from_be_bytes(kept.as_ref().try_into().ok()?)))
    }
}
