//! Every change of what is pending.

use super::pending::PendingTake;
use super::sled_index::Kind;
use super::{PageReader, Store, page_key};
use crate::cassette::error::{CassetteError, StoreError};
use crate::cassette::failpoint;
use crate::cassette::journal::{Event, Location, PageName, Record, StoredHead, StoredPage, Writing};
use crate::cassette::take::{EntryHead, TakeHead, TakeId};
use crate::fingerprint::Fingerprint;
use crate::model::{Page, Take};
use std::collections::BTreeMap;

/// A journal that has grown beyond this is written anew where more than half of it is over.
const LONG_JOURNAL: u64 = 1 << 20;

impl Store {
    /// Stores the first pages of takes, all of them or none. They survive a killed process once this returns.
    pub(crate) fn begin(
        &self,
        entry: &EntryHead,
        takes: Vec<(&TakeHead, Vec<Page>)>,
        replace: bool,
    ) -> Result<Vec<TakeId>, StoreError> {
        if takes.iter().any(|(_, pages)| pages.is_empty()) {
            return Err(StoreError::NoPages);
        }
        let _open = self.gate.read();
        let (fingerprint, folder) = (entry.fingerprint(), entry.operation.folder());
        let mut journal = self.journal.lock();
        let (mut ids, mut names, mut stored) = (Vec::new(), Vec::new(), Vec::new());
        for (head, pages) in takes {
            let take = TakeId { fingerprint, sequence: journal.next_take() };
            ids.push(take);
            let mut first = Some(StoredHead { entry: entry.clone(), take: without_pages(head), replace });
            let count = pages.len();
            for (number, page) in (0_u32..).zip(pages) {
                let last = head.complete && number as usize + 1 == count;
                names.push(PageName { take, number, last, folder: folder.clone() });
                stored.push(StoredPage { head: first.take(), page });
            }
        }
        let record = Record { event: Event::Stored(names), pages: stored };
        let location = journal.append(&record)?;
        drop(journal);
        self.note_pages(&record, location);
        Ok(ids)
    }

    /// Stores the next page of a take. It survives a killed process once this returns.
    pub(crate) fn append(&self, take: TakeId, page: Page, last: bool) -> Result<(), StoreError> {
        let _open = self.gate.read();
        let name = {
            let pending = self.pending();
            let found = pending.take(&take).filter(|found| !found.complete).ok_or(StoreError::NoSuchTake)?;
            let folder = pending.entry(&take.fingerprint).map(|entry| entry.folder.clone()).unwrap_or_default();
            PageName { take, number: u32::try_from(found.pages.len()).unwrap_or(u32::MAX), last, folder }
        };
        let record = Record { event: Event::Stored(vec![name]), pages: vec![StoredPage { head: None, page }] };
        let location = self.journal.lock().append(&record)?;
        self.note_pages(&record, location);
        Ok(())
    }

    /// Notes which texts are about to replace files, so that a process that dies in between does not double their takes.
    pub(crate) fn note_writing(&self, writings: Vec<Writing>) -> Result<(), StoreError> {
        if writings.is_empty() {
            return Ok(());
        }
        self.journal.lock().append(&Event::Writing(writings).into())?;
        failpoint::point("after-writing");
        Ok(())
    }

    /// Runs `replace_file`, from when on the file and not the journal tells of `fp`; `None`, and nothing done, where something
    /// was recorded for `fp` since `generation`. The takes stay in the journal until [`Self::forget`].
    pub(crate) fn place<T>(
        &self,
        fp: &Fingerprint,
        generation: u64,
        replace_file: impl FnOnce() -> Result<T, CassetteError>,
    ) -> Result<Option<T>, CassetteError> {
        let _closed = self.gate.write();
        // Readers take the file and the index for one state: both change under one lock.
        let mut pending = self.pending.write();
        if pending.generation(fp) != generation {
            return Ok(None);
        }
        let replaced = replace_file()?;
        if let Some(entry) = pending.entry(fp) {
            let latest = entry.takes.last_key_value().map(|(sequence, _)| *sequence);
            self.placed.lock().extend(latest.map(|latest| (*fp, (entry.folder.clone(), latest))));
            self.drop_pages(*fp, &entry.takes);
        }
        pending.remove_entry(fp);
        Ok(Some(replaced))
    }

    /// Folder, fingerprint and latest take of what files tell of while the journal still has it.
    pub(crate) fn placed(&self) -> Vec<(String, TakeId)> {
        let placed = self.placed.lock();
        let take = |(fingerprint, (folder, sequence)): (&Fingerprint, &(String, u64))| {
            (folder.clone(), TakeId { fingerprint: *fingerprint, sequence: *sequence })
        };
        placed.iter().map(take).collect()
    }

    /// Notes that files tell of takes, each up to the given one, and will last.
    pub(crate) fn forget(&self, sealed: &[TakeId]) -> Result<(), StoreError> {
        if sealed.is_empty() {
            return Ok(());
        }
        self.journal.lock().append(&Event::Sealed(sealed.to_vec()).into())?;
        failpoint::point("after-sealed");
        let mut placed = self.placed.lock();
        for TakeId { fingerprint, .. } in sealed {
            placed.remove(fingerprint);
        }
        drop(placed);
        self.tidy(false);
        Ok(())
    }

    /// Throws takes away for good.
    pub(crate) fn discard(&self, ids: &[TakeId]) -> Result<(), StoreError> {
        let closed = self.gate.write();
        self.journal.lock().append(&Event::Discarded(ids.to_vec()).into())?;
        let mut pending = self.pending.write();
        for id in ids {
            if let Some(take) = pending.take(id) {
                self.drop_pages(id.fingerprint, &BTreeMap::from([(id.sequence, take.clone())]));
            }
            pending.remove_take(id);
        }
        drop((pending, closed));
        self.tidy(false);
        Ok(())
    }

    /// Starts the journal anew where nothing is pending, or with what is where little of it still counts; `damaged` keeps
    /// the old one for who wants to look at it. A failure costs only its length.
    pub(crate) fn tidy(&self, damaged: bool) {
        // While something is recorded it is in the journal, and not in the index yet.
        let _closed = self.gate.write();
        if !self.placed.lock().is_empty() {
            // A file that may not last is no reason to give up what the journal has.
            return;
        }
        let mut pending = self.pending.write();
        let mut journal = self.journal.lock();
        let live: u64 = pending.takes().flat_map(|(_, _, take)| &take.pages).map(|page| page.size).sum();
        if pending.is_empty() && !damaged {
            let _ = journal.restart();
        } else if damaged || journal.length() > LONG_JOURNAL.max(2 * live) {
            let mut takes: Vec<_> =
                pending.takes().map(|(id, entry, take)| (id, entry.folder.clone(), take.clone())).collect();
            takes.sort_by_key(|(id, ..)| id.sequence);
            let mut records = Vec::new();
            for (take, folder, found) in &takes {
                let mut reader = PageReader::default();
                let mut pages = Vec::new();
                for location in &found.pages {
                    let Ok(page) = reader.read_page(&journal, *location) else { return };
                    pages.push(page);
                }
                records.push(record_of(*take, folder, pages, found.complete));
            }
            let Ok(locations) = journal.rewrite(&records, damaged) else { return };
            for ((take, _, found), location) in takes.iter().zip(locations) {
                let indices = 0..u32::try_from(found.pages.len()).unwrap_or(u32::MAX);
                pending.move_pages(take, indices.map(|index| Location { index, ..location }).collect());
            }
        }
    }

    fn note_pages(&self, record: &Record, location: Location) {
        let Event::Stored(names) = &record.event else { return };
        let mut pending = self.pending.write();
        for ((index, name), page) in (0..).zip(names).zip(&record.pages) {
            let location = Location { index, ..location };
            self.index_page(name.take, name.number, location, page);
            pending.add_page(name.take, &name.folder, location, name.last);
        }
    }

    fn drop_pages(&self, fingerprint: Fingerprint, takes: &BTreeMap<u64, PendingTake>) {
        for (sequence, take) in takes {
            let id = TakeId { fingerprint, sequence: *sequence };
            for (number, location) in (0..).zip(&take.pages) {
                self.sled.remove(Kind::Page, page_key(id, number, *location));
            }
        }
    }
}

/// The record of a take with all its pages.
fn record_of(take: TakeId, folder: &str, pages: Vec<StoredPage>, complete: bool) -> Record {
    let count = pages.len();
    let name = |number: u32| PageName {
        take,
        number,
        last: complete && number as usize + 1 == count,
        folder: folder.to_owned(),
    };
    let names = (0..u32::try_from(count).unwrap_or(u32::MAX)).map(name).collect();
    Record { event: Event::Stored(names), pages }
}

fn without_pages(head: &TakeHead) -> Take {
    Take {
        session: head.session.clone(),
        after: head.after.clone(),
        id: head.id.clone(),
        max_results: head.max_results,
        complete: true,
        times: 1,
        pages: Vec::new(),
    }
}
