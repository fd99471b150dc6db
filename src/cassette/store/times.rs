//! How long upstream took to answer: for the estimate of the time that a replay saves. Lost with sled, and no harm done.

use super::Store;
use super::sled_index::RecordKind;
use crate::fingerprint::Fingerprint;
use std::time::Duration;

impl Store {
    /// Keeps how long the latest answer for `fp` took.
    pub(crate) fn keep_time(&self, fp: &Fingerprint, took: Duration) {
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sled.put(RecordKind::Time, fp.bytes(), &microseconds.to_be_bytes());
    }

    /// How long the latest answer for `fp` took, if that is known here.
    pub(crate) fn time(&self, fp: &Fingerprint) -> Option<Duration> {
        let kept = self.sled.get(RecordKind::Time, fp.bytes())?;
        Some(Duration::from_micros(u64::from_be_bytes(kept.try_into().ok()?)))
    }
}
