//! Every change of what is pending.

use super::pending::{PendingIndex, PendingTake};
use super::sled_index::RecordKind;
use super::{PageReader, Store, page_key};
use crate::cassette::error::{CassetteError, StoreError};
use crate::cassette::failpoint;
use crate::cassette::journal::{Event, Journal, Location, PageName, PageRecord, Record, StoredHead, Writing};
use crate::cassette::take::{EntryHead, TakeHead, TakeId};
use crate::fingerprint::Fingerprint;
use crate::model::{Page, Take};

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
            names.extend(name_pages(take, &folder, pages.len(), head.complete));
            stored.extend(pages.into_iter().map(|page| PageRecord { head: first.take(), page }));
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
        let record = Record { event: Event::Stored(vec![name]), pages: vec![PageRecord { head: None, page }] };
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
            for (sequence, take) in &entry.takes {
                self.drop_pages(TakeId { fingerprint: *fp, sequence: *sequence }, take);
            }
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
        self.tidy();
        Ok(())
    }

    /// Throws takes away for good.
    pub(crate) fn discard(&self, ids: &[TakeId]) -> Result<(), StoreError> {
        let closed = self.gate.write();
        self.journal.lock().append(&Event::Discarded(ids.to_vec()).into())?;
        let mut pending = self.pending.write();
        for id in ids {
            if let Some(take) = pending.take(id) {
                self.drop_pages(*id, take);
            }
            pending.remove_take(id);
        }
        drop((pending, closed));
        self.tidy();
        Ok(())
    }

    /// Starts the journal anew where nothing is pending, or, with what is, where little of it still counts. A failure costs
    /// only its length.
    pub(crate) fn tidy(&self) {
        self.change_journal(|pending, journal| {
            if pending.is_empty() {
                let _ = journal.restart();
            } else if journal.length() > LONG_JOURNAL && journal.length() > 2 * pending.size_in_journal() {
                let _ = rewrite(pending, journal, false);
            }
        });
    }

    /// Starts a damaged journal anew with what of it holds, and keeps the damaged one for who wants to look at it.
    pub(crate) fn set_damage_aside(&self) {
        self.change_journal(|pending, journal| {
            let _ = rewrite(pending, journal, true);
        });
    }

    /// Has `change` alone with the journal and its index, unless the journal has what no file has for sure.
    fn change_journal(&self, change: impl FnOnce(&mut PendingIndex, &mut Journal)) {
        // While something is recorded it is in the journal, and not in the index yet.
        let _closed = self.gate.write();
        if self.placed.lock().is_empty() {
            change(&mut self.pending.write(), &mut self.journal.lock());
        }
    }

    fn note_pages(&self, record: &Record, location: Location) {
        let Event::Stored(names) = &record.event else { return };
        let located = || (0..).zip(names).map(|(index, name)| (name, Location { index, ..location }));
        for ((name, location), page) in located().zip(&record.pages) {
            self.index_page(name.take, name.number, location, page);
        }
        let mut pending = self.pending.write();
        for (name, location) in located() {
            pending.add_page(name.take, &name.folder, location, name.last);
        }
    }

    /// Has sled forget the pages of a take that is pending no more.
    fn drop_pages(&self, id: TakeId, take: &PendingTake) {
        for (number, location) in (0..).zip(&take.pages) {
            self.sled.remove(RecordKind::Page, page_key(id, number, *location));
        }
    }
}

/// Writes the journal anew, a record for each pending take.
fn rewrite(pending: &mut PendingIndex, journal: &mut Journal, keep_damaged: bool) -> Result<(), StoreError> {
    let mut takes: Vec<_> = pending.takes().collect();
    takes.sort_by_key(|(id, ..)| id.sequence);
    let (mut moved, mut records) = (Vec::new(), Vec::new());
    for (id, entry, take) in takes {
        let mut reader = PageReader::default();
        let pages: Vec<_> =
            take.pages.iter().map(|location| reader.read_page(journal, *location)).collect::<Result<_, _>>()?;
        moved.push((id, pages.len()));
        let names = name_pages(id, &entry.folder, pages.len(), take.complete).collect();
        records.push(Record { event: Event::Stored(names), pages });
    }
    let locations = journal.rewrite(&records, keep_damaged)?;
    for ((id, pages), location) in moved.into_iter().zip(locations) {
        pending.move_pages(&id, (0..).take(pages).map(|index| Location { index, ..location }).collect());
    }
    Ok(())
}

/// The names of a take's first `count` pages.
fn name_pages(take: TakeId, folder: &str, count: usize, complete: bool) -> impl Iterator<Item = PageName> {
    (0_u32..).take(count).map(move |number| PageName {
        take,
        number,
        last: complete && number as usize + 1 == count,
        folder: folder.to_owned(),
    })
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
