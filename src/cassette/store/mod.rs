//! `.store`: what recording writes to, and what lookups are answered from before the text.
//!
//! The journal is the authority for what is pending; sled is an index over text and journal, and can be thrown away.

mod disk_space;
mod guarded;
mod lock;
mod open;
mod pending;
mod sled_index;
mod times;
mod tokens;
mod write;

pub(super) use lock::{Lock, LockError};
pub(super) use open::{OpeningError, has_pending};

use self::pending::PendingIndex;
use self::sled_index::{RecordKind, SledIndex};
use super::error::StoreError;
use super::journal::{Journal, Location, PageRecord, Record, StoredHead};
use super::path::Identity;
use super::take::{EntryHead, TakeId};
use crate::diff::RecordedTake;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Secret};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use quick_cache::sync::Cache;
use std::collections::BTreeMap;

/// Larger entries are read from their files each time they fall out of memory.
const LARGEST_ENTRY: usize = 1 << 20;

/// The open store of one cassette.
pub(crate) struct Store {
    journal: Mutex<Journal>,
    pending: RwLock<PendingIndex>,
    sled: SledIndex,
    /// Held for reading while something is recorded, for writing while a text replaces a file: a page that comes in
    /// between would be in neither.
    gate: RwLock<()>,
    /// Folder and latest take of what files tell of, until their folder is synced and the journal says so.
    placed: Mutex<BTreeMap<Fingerprint, (String, u64)>>,
    /// This process' upstream tokens, by ramtape's.
    recent_tokens: Cache<Vec<u8>, Secret>,
    /// Keeps other processes out until it is dropped: the last of all.
    lock: Lock,
}

/// The pending takes of one fingerprint, whole.
pub(crate) struct PendingTakes {
    /// What was asked.
    pub(crate) head: EntryHead,
    /// The generation of the index that they were read from.
    pub(crate) generation: u64,
    /// The latest.
    pub(crate) latest: TakeId,
    /// The takes in recorded order.
    pub(crate) takes: Vec<RecordedTake>,
}

impl Store {
    /// What is pending.
    pub(crate) fn pending(&self) -> RwLockReadGuard<'_, PendingIndex> {
        self.pending.read()
    }

    /// The pending takes of `fp`; `None` where everything is text.
    pub(crate) fn pending_takes(&self, fp: &Fingerprint) -> Result<Option<PendingTakes>, StoreError> {
        let pending = self.pending();
        let Some(entry) = pending.entry(fp) else { return Ok(None) };
        let mut takes = Vec::with_capacity(entry.takes.len());
        let mut latest = None;
        let mut reader = PageReader::default();
        for (&sequence, take) in &entry.takes {
            let id = TakeId { fingerprint: *fp, sequence };
            let mut recorded: Option<(EntryHead, RecordedTake)> = None;
            for (number, location) in (0..).zip(&take.pages) {
                let PageRecord { head, page } = self.read_page(&mut reader, id, number, *location)?;
                if let Some(StoredHead { entry, take, replace }) = head {
                    recorded = Some((entry, RecordedTake { take, replace }));
                }
                let (_, recorded) = recorded.as_mut().ok_or(StoreError::Damaged("a take has no head"))?;
                recorded.take.pages.push(page);
            }
            let (head, mut recorded) = recorded.ok_or(StoreError::Damaged("a take has no page"))?;
            recorded.take.complete = take.complete;
            takes.push(recorded);
            latest = Some((head, id));
        }
        let generation = entry.generation;
        Ok(latest.map(|(head, latest)| PendingTakes { head, generation, latest, takes }))
    }

    /// Fails where the store was deleted or moved: what it takes on would be gone when it is closed.
    pub(crate) fn is_in_place(&self) -> Result<(), StoreError> {
        if self.lock.is_in_place() { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// How many recorded answers are pending.
    pub(crate) fn pending_answers(&self) -> u64 {
        self.pending().count_pages()
    }

    /// The entry of the file with this identity, as it was read before. Anything doubtful is none: the file is there.
    pub(crate) fn cached_entry(&self, fp: &Fingerprint, identity: &Identity) -> Option<Entry> {
        let value = self.sled.get(RecordKind::Entry, fp.bytes())?;
        let (numbers, entry) = postcard::from_bytes::<([i64; 6], Entry)>(&value).ok()?;
        (numbers == identity.numbers).then_some(entry)
    }

    /// Keeps the entry of a file, as it was read.
    pub(crate) fn cache_entry(&self, fp: &Fingerprint, identity: &Identity, entry: &Entry) {
        if let Ok(value) = postcard::to_allocvec(&(identity.numbers, entry))
            && value.len() <= LARGEST_ENTRY
        {
            self.sled.put(RecordKind::Entry, fp.bytes(), &value);
        }
    }

    /// A pending page: sled's, else the journal's.
    fn read_page(
        &self,
        reader: &mut PageReader,
        take: TakeId,
        number: u32,
        location: Location,
    ) -> Result<PageRecord, StoreError> {
        let indexed = self.sled.get(RecordKind::Page, &page_key(take, number, location));
        if let Some(page) = indexed.and_then(|value| postcard::from_bytes(&value).ok()) {
            return Ok(page);
        }
        let page = reader.read_page(&self.journal.lock(), location)?;
        self.index_page(take, number, location, &page);
        Ok(page)
    }

    /// Has sled hold a pending page, under a key that no other page ever has.
    fn index_page(&self, take: TakeId, number: u32, location: Location, page: &PageRecord) {
        if let Ok(value) = postcard::to_allocvec(page) {
            self.sled.put(RecordKind::Page, &page_key(take, number, location), &value);
        }
    }
}

/// Reads pages out of the journal's records.
#[derive(Default)]
struct PageReader {
    /// The record that was read last: a listing that was walked has all its pages in one.
    record: Option<(u64, Record)>,
}

impl PageReader {
    fn read_page(&mut self, journal: &Journal, location: Location) -> Result<PageRecord, StoreError> {
        if self.record.as_ref().is_none_or(|(offset, _)| *offset != location.offset) {
            let record = journal.read(location)?;
            let record = record.ok_or(StoreError::Damaged("a record of the journal is no longer valid"))?;
            self.record = Some((location.offset, record));
        }
        let page = self.record.as_ref().and_then(|(_, record)| record.pages.get(location.index as usize));
        page.cloned().ok_or(StoreError::Damaged("a record of the journal lacks a page"))
    }
}

/// The record's checksum is in it: numbers of takes start again with each journal.
fn page_key(TakeId { fingerprint, sequence }: TakeId, number: u32, location: Location) -> Vec<u8> {
    let mut key = fingerprint.bytes().to_vec();
    key.extend_from_slice(&sequence.to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key.extend_from_slice(&location.checksum);
    key
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::{Body, Hole, OperationName, Page, Take};
    use std::path::Path;
    use std::time::Duration;

    /// A store in `folder`, of which nothing is in the text.
    pub(crate) fn open(folder: &Path) -> Store {
        Store::open(folder, 1 << 20, Duration::from_secs(10), |_, _| Ok(None)).ok().unwrap().store
    }

    #[test]
    fn a_cached_entry_answers_for_its_own_file_only() {
        let folder = tempfile::tempdir().unwrap();
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
        let (fp, other) = (Fingerprint::hash("one"), Fingerprint::hash("other"));
        let identity = Identity { numbers: [1, 2, 3, 4, 5, -6] };
        let store = open(folder.path());
        store.cache_entry(&fp, &identity, &entry);
        drop(store);
        let store = open(folder.path());
        assert_eq!(store.cached_entry(&fp, &identity), Some(entry));
        assert_eq!(store.cached_entry(&fp, &Identity { numbers: [1, 2, 3, 4, 5, 6] }), None);
        assert_eq!(store.cached_entry(&other, &identity), None);
    }
}
