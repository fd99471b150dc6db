//! What recording writes to, and a cache of the text: sled, wrapped in what makes its damage show.

mod closing;
mod index;
mod keys;
mod ledger;
mod lock;
mod opening;
mod room;
mod salvage;
mod times;
mod tokens;
mod verify;
mod waiting;
mod witness;
mod writing;

pub(super) use opening::{Lost, OpeningError, foresee};
pub(super) use verify::Intent;

use self::closing::Closing;
use self::index::Index;
use self::keys::{Key, unguard};
use self::ledger::Ledger;
use self::lock::Lock;
use self::room::Room;
use self::verify::{Head, Trees, unpack_page};
use self::waiting::Waiting;
use self::witness::Witness;
use super::codec::{Packer, Unpacker};
use super::error::StoreError;
use super::merge::Recorded;
use super::path::Identity;
use super::recording::EntryHead;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// Larger entries are read from their files each time they fall out of memory.
const LARGEST_CACHED: usize = 1 << 20;

/// How compiled entries are laid out. One of another layout is as good as none: the file is there.
const COMPILED_FORMAT: u8 = 2;

/// The open store of one cassette.
pub(super) struct Store {
    trees: Trees,
    /// Behind the trees, and so the last to let go of them.
    closing: Closing,
    ledger: Mutex<Ledger>,
    witness: Mutex<Witness>,
    index: RwLock<Index>,
    /// Held for reading while something is recorded, for writing while a text replaces a file: a page that comes in
    /// between would be in neither.
    gate: RwLock<()>,
    /// Folder and latest take of what files tell of, until it is forgotten.
    handed_over: Mutex<BTreeMap<Fingerprint, (String, u64)>>,
    room: Mutex<Room>,
    waiting: Mutex<Waiting>,
    /// How long sled may take for one step.
    deadline: Duration,
    /// Set once sled has not answered: from then on it is not asked.
    silent: AtomicBool,
    /// Keeps other processes out until it is dropped.
    lock: Lock,
}

/// The unsealed takes of one fingerprint, whole.
pub(super) struct UnsealedTakes {
    /// What was asked.
    pub(super) head: EntryHead,
    /// The generation of the index that they were read from.
    pub(super) generation: u64,
    /// The sequence number of the latest.
    pub(super) latest: u64,
    /// The takes in recorded order.
    pub(super) takes: Vec<Recorded>,
}

/// The lock, whatever became of a thread that held it: nothing here is left half done by a panic.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// What is unsealed.
    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_to_change(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The unsealed takes of `fp`; `None` where everything is sealed.
    pub(super) fn takes_of(&self, fp: &Fingerprint) -> Result<Option<UnsealedTakes>, StoreError> {
        let Some(unsealed) = self.index().of(fp).cloned() else { return Ok(None) };
        let mut takes = Vec::with_capacity(unsealed.takes.len());
        let mut asked = None;
        for (&sequence, state) in &unsealed.takes {
            let Head { entry, mut take, replace } =
                self.read(Key::Head(*fp, sequence), Head::unpack)?.ok_or(StoreError::Damaged("a take is gone"))?;
            for page in 0..state.pages {
                let page = self.read(Key::Page(*fp, sequence, page), unpack_page)?;
                take.pages.push(page.ok_or(StoreError::Damaged("a page is gone"))?.1);
            }
            take.complete = state.complete;
            takes.push(Recorded { take, replace });
            asked = Some((entry, sequence));
        }
        let generation = unsealed.generation;
        Ok(asked.map(|(head, latest)| UnsealedTakes { head, generation, latest, takes }))
    }

    /// Fails where sled has stopped to answer: asking again would hang.
    fn still_answers(&self) -> Result<(), StoreError> {
        if self.silent.load(Ordering::Acquire) { Err(StoreError::Silent) } else { Ok(()) }
    }

    /// Fails where the store was deleted or moved: what it takes on would be gone when it is closed.
    pub(super) fn is_in_place(&self) -> Result<(), StoreError> {
        if self.lock.is_in_place() { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// How many recorded answers are unsealed.
    pub(super) fn unsealed_answers(&self) -> u64 {
        self.index().pages()
    }

    /// Checks that the disk has room for `bytes`: before every write.
    fn claim(&self, bytes: usize) -> Result<(), StoreError> {
        Ok(hold(&self.room).claim(bytes)?)
    }

    /// Has sled do something, for no longer than the deadline.
    fn within_deadline<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Trees) -> sled::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.still_answers()?;
        let trees = self.trees.clone();
        let done = verify::within(self.deadline, move || work(&trees)).map_err(|_| {
            self.silent.store(true, Ordering::Release);
            StoreError::Silent
        })?;
        Ok(done?)
    }

    fn read<T>(&self, key: Key, unpack: impl FnOnce(&[u8]) -> Option<T>) -> Result<Option<T>, StoreError> {
        self.still_answers()?;
        let key = key.bytes();
        let Some(guarded) = self.trees.takes.get(&key)? else { return Ok(None) };
        let value = unguard(&key, &guarded).and_then(unpack);
        Ok(Some(value.ok_or(StoreError::Damaged("a checksum does not hold"))?))
    }

    /// The compiled entry of the file with this identity. Anything doubtful is no entry: the file is there.
    pub(super) fn cached(&self, fp: &Fingerprint, identity: &Identity) -> Option<Entry> {
        self.still_answers().ok()?;
        let guarded = self.trees.cached.get(fp.bytes()).ok()??;
        let mut unpacker = Unpacker(unguard(fp.bytes(), &guarded)?);
        if unpacker.byte()? != COMPILED_FORMAT {
            return None;
        }
        for number in identity.numbers {
            if unpacker.number()? != number.cast_unsigned() {
                return None;
            }
        }
        unpacker.entry()
    }

    /// Keeps the compiled entry of a file, where the disk has room.
    pub(super) fn cache(&self, fp: &Fingerprint, identity: &Identity, entry: &Entry) {
        let mut packer = Packer::default();
        packer.byte(COMPILED_FORMAT);
        for number in identity.numbers {
            packer.number(number.cast_unsigned());
        }
        packer.entry(entry);
        if packer.0.len() <= LARGEST_CACHED {
            self.write_some_time(|trees| &trees.cached, fp.bytes(), keys::guard(fp.bytes(), &packer.0));
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.write_waiting();
        if self.silent.load(Ordering::Acquire) {
            self.closing.leave_open();
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::{Body, Hole, OperationName, Page, Take};
    use std::path::Path;

    /// A store in `folder`, of which nothing is in the text.
    pub(in crate::cassette) fn open(folder: &Path) -> Store {
        Store::open(folder, 1 << 20, Duration::from_secs(10), |_, _| Ok(None)).ok().unwrap().store
    }

    #[test]
    fn a_cached_entry_answers_for_its_own_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let mut body = Body::literal(bytes::Bytes::from_static(b"{\"a\":"));
        for hole in [Hole::Token(7), Hole::Volatile("v".into())] {
            body.push_hole(hole);
        }
        let page = Page { status: 404, headers: vec![("a".into(), "b".into())], body };
        let take = Take {
            session: Some("s".into()),
            after: None,
            id: Some("w#1".into()),
            max_results: Some(5),
            complete: false,
            times: 3,
            pages: vec![page.clone(), page],
        };
        let entry = Entry {
            operation: OperationName::Unknown("POST /x".into()),
            region: "r".into(),
            actor: "a".into(),
            request: "{}".into(),
            takes: vec![take],
        };
        let (fp, other) = (Fingerprint::of("one"), Fingerprint::of("other"));
        let identity = Identity { numbers: [1, 2, 3, 4, 5, -6] };
        store.cache(&fp, &identity, &entry);
        store.write_waiting();
        assert_eq!(store.cached(&fp, &identity), Some(entry));
        assert_eq!(store.cached(&fp, &Identity { numbers: [1, 2, 3, 4, 5, 6] }), None);
        assert_eq!(store.cached(&other, &identity), None);
        let mut guarded = store.trees.cached.get(fp.bytes()).unwrap().unwrap().to_vec();
        store.trees.cached.insert(other.bytes(), guarded.as_slice()).unwrap();
        assert_eq!(store.cached(&other, &identity), None, "a value under another key");
        *guarded.last_mut().unwrap() ^= 1;
        store.trees.cached.insert(fp.bytes(), guarded).unwrap();
        assert_eq!(store.cached(&fp, &identity), None, "a flipped bit");
    }

    #[test]
    fn a_store_that_does_not_answer_is_not_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        store.deadline = Duration::from_millis(20);
        let stalled = store.within_deadline(|_| -> sled::Result<()> {
            loop {
                std::thread::park();
            }
        });
        assert!(matches!(stalled, Err(StoreError::Silent)));
        let asked = store.within_deadline(|_| Ok(()));
        assert!(matches!(asked, Err(StoreError::Silent)));
        assert!(matches!(store.token(b"key"), Err(StoreError::Silent)));
        assert!(matches!(store.forget_intents(&[Fingerprint::of("x")]), Err(StoreError::Silent)));
    }
}
