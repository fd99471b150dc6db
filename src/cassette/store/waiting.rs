//! What nobody misses where it is not written: compiled entries, and times. It waits until there is enough of it to ask the
//! disk for room, and to have sled write it under a deadline.

use super::verify::Trees;
use super::{Store, hold};
use sled::Tree;

/// How many bytes wait at most, about.
const ENOUGH: usize = 256 << 10;

/// Which tree a value goes into.
pub(super) type Place = fn(&Trees) -> &Tree;

/// Values that are not written yet, with their keys.
#[derive(Default)]
pub(super) struct Waiting {
    values: Vec<(Place, Vec<u8>, Vec<u8>)>,
    bytes: usize,
}

impl Store {
    /// Writes a value, some time before the store is closed, where the disk has room. Not flushed.
    pub(super) fn write_some_time(&self, place: Place, key: &[u8], value: Vec<u8>) {
        if self.still_answers().is_err() {
            return;
        }
        let mut waiting = hold(&self.waiting);
        waiting.bytes += key.len() + value.len();
        waiting.values.push((place, key.to_vec(), value));
        if waiting.bytes >= ENOUGH {
            let due = std::mem::take(&mut *waiting);
            drop(waiting);
            self.write(due);
        }
    }

    /// Writes what waits.
    pub(super) fn write_waiting(&self) {
        let due = std::mem::take(&mut *hold(&self.waiting));
        self.write(due);
    }

    fn write(&self, Waiting { values, bytes }: Waiting) {
        if values.is_empty() || self.claim(bytes).is_err() {
            return;
        }
        // Whatever becomes of it, it is only slower without.
        let _ = self.within_deadline(move |trees| {
            values.into_iter().try_for_each(|(place, key, value)| place(trees).insert(key, value).map(drop))
        });
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::cassette::recording::UpstreamToken;
    use crate::cassette::store::tests::open;
    use crate::fingerprint::Fingerprint;
    use crate::model::Secret;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn what_waits_is_written_at_the_latest_when_the_store_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let fp = Fingerprint::of("one");
        store.keep_time(&fp, Duration::from_micros(7));
        assert_eq!(store.time(&fp), None);
        for number in 0..ENOUGH / 1000 + 1 {
            store.write_some_time(|trees| &trees.cached, &number.to_be_bytes(), vec![0; 1000]);
        }
        assert_eq!(store.time(&fp), Some(Duration::from_micros(7)), "there is enough");
        let other = Fingerprint::of("other");
        store.keep_time(&other, Duration::from_micros(8));
        drop(store);
        assert_eq!(open(folder.path()).time(&other), Some(Duration::from_micros(8)));
    }

    #[test]
    fn without_room_sled_is_given_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        // Nobody can write a file where a folder is.
        fs::create_dir(folder.path().join("room")).unwrap();
        store.keep_time(&Fingerprint::of("one"), Duration::from_micros(7));
        store.write_some_time(|trees| &trees.cached, b"key", vec![0; ENOUGH]);
        assert_eq!((store.trees.cached.len(), store.trees.times.len()), (0, 0));
        assert_eq!(hold(&store.waiting).values.len(), 0, "and nothing is kept in memory");
        let fp = Fingerprint::of("x");
        assert!(store.forget_intents(&[fp]).is_err() && store.remove(&[(fp, 1)]).is_err());
        let token = UpstreamToken { key: b"key".to_vec(), token: Secret::new("t") };
        assert!(store.keep_token(&token).is_err());
        assert_eq!(store.trees.tokens.len(), 0);
    }
}
