//! Every change of the store: one batch with its ledger, one flush, one record of the witness.

use super::index::TakeState;
use super::keys::{Key, LEDGER, guard};
use super::ledger::Ledger;
use super::verify::{Head, Intent, pack_page};
use super::witness::Event;
use super::{Store, hold};
use crate::cassette::error::{CassetteError, StoreError};
use crate::cassette::fault;
use crate::cassette::recording::{EntryHead, TakeHead, TakeId};
use crate::fingerprint::Fingerprint;
use crate::model::{Page, Take};
use sled::Batch;
use std::sync::PoisonError;

/// Keys that come, and keys that go.
#[derive(Default)]
struct Change {
    puts: Vec<(Vec<u8>, Vec<u8>)>,
    removals: Vec<Vec<u8>>,
}

impl Change {
    fn put(&mut self, key: Key, value: &[u8]) {
        let key = key.bytes();
        let value = guard(&key, value);
        self.puts.push((key, value));
    }
}

impl Store {
    /// Stores the first pages of takes, all of them or none. They survive a killed process once this returns.
    pub(in crate::cassette) fn begin(
        &self,
        entry: &EntryHead,
        takes: &[(&TakeHead, Vec<Page>)],
        replace: bool,
    ) -> Result<Vec<TakeId>, StoreError> {
        let states = takes.iter().map(|(take, pages)| {
            let pages = u32::try_from(pages.len()).ok().filter(|count| *count > 0).ok_or(StoreError::NoPages)?;
            Ok(TakeState { pages, complete: take.complete })
        });
        let states: Vec<TakeState> = states.collect::<Result<_, StoreError>>()?;
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let fingerprint = entry.fingerprint();
        let (ids, batch) = self.apply(|ledger| {
            let (mut ids, mut change) = (Vec::new(), Change::default());
            for ((take, pages), state) in takes.iter().zip(&states) {
                let sequence = ledger.next;
                ledger.next += 1;
                let head = Head { entry: entry.clone(), take: without_pages(take), replace };
                change.put(Key::Head(fingerprint, sequence), &head.pack());
                for (number, page) in (0_u32..).zip(pages) {
                    let last = take.complete && number + 1 == state.pages;
                    change.put(Key::Page(fingerprint, sequence, number), &pack_page(page, last));
                }
                ids.push(TakeId { fingerprint, sequence });
            }
            (ids, change)
        })?;
        let folder = entry.operation.folder();
        ids.iter().zip(states).for_each(|(id, state)| self.acknowledge(*id, &folder, state, batch));
        Ok(ids)
    }

    /// Stores the next page of a take. It survives a killed process once this returns.
    pub(in crate::cassette) fn append(&self, id: TakeId, page: &Page, last: bool) -> Result<(), StoreError> {
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let state = self.index().take(&id).filter(|state| !state.complete).ok_or(StoreError::NoSuchTake)?;
        let ((), batch) = self.apply(|_| {
            let mut change = Change::default();
            change.put(Key::Page(id.fingerprint, id.sequence, state.pages), &pack_page(page, last));
            ((), change)
        })?;
        let folder = self.index().of(&id.fingerprint).map(|unsealed| unsealed.folder.clone()).unwrap_or_default();
        self.acknowledge(id, &folder, TakeState { pages: state.pages + 1, complete: last }, batch);
        Ok(())
    }

    /// Notes durably which texts are about to replace files. None of them may be [`Self::handed_over`]: the intent would take
    /// the place of the one that tells of its text.
    pub(in crate::cassette) fn intend(&self, intents: &[(Fingerprint, Intent)]) -> Result<(), StoreError> {
        if intents.is_empty() {
            return Ok(());
        }
        self.apply(|_| {
            let mut change = Change::default();
            for (fp, intent) in intents {
                change.put(Key::Intent(*fp), &intent.pack());
            }
            ((), change)
        })?;
        fault::point("after-intent");
        Ok(())
    }

    /// Runs `replace_file`, from when on the file and not the store tells of `fp`; `None`, and nothing done, where something
    /// was recorded for `fp` since `generation`. The takes stay stored until [`Self::forget`].
    pub(in crate::cassette) fn hand_over<T>(
        &self,
        fp: &Fingerprint,
        generation: u64,
        replace_file: impl FnOnce() -> Result<T, CassetteError>,
    ) -> Result<Option<T>, CassetteError> {
        let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        // Readers take the file and the index for one state: both change under one lock.
        let mut index = self.index_to_change();
        if index.generation(fp) != generation {
            return Ok(None);
        }
        let replaced = replace_file()?;
        let told =
            index.of(fp).and_then(|unsealed| Some((unsealed.folder.clone(), *unsealed.takes.last_key_value()?.0)));
        hold(&self.handed_over).extend(told.map(|told| (*fp, told)));
        index.forget(fp);
        Ok(Some(replaced))
    }

    /// Folder, fingerprint and latest take of what files tell of, and the store has not forgotten.
    pub(in crate::cassette) fn handed_over(&self) -> Vec<((String, Fingerprint), u64)> {
        let handed_over = hold(&self.handed_over);
        handed_over.iter().map(|(fp, (folder, latest))| ((folder.clone(), *fp), *latest)).collect()
    }

    /// Removes the intents and, up to the given number, the takes of fingerprints whose files tell of them and will last.
    pub(in crate::cassette) fn forget(&self, sealed: &[(Fingerprint, u64)]) -> Result<(), StoreError> {
        if sealed.is_empty() {
            return Ok(());
        }
        self.remove(sealed)?;
        fault::point("after-removal");
        // While something is recorded it is in the store, and not in the index yet.
        let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        if self.index().is_empty() {
            self.note_clean();
        }
        Ok(())
    }

    /// As [`Self::forget`], whatever else is unsealed.
    pub(super) fn remove(&self, sealed: &[(Fingerprint, u64)]) -> Result<(), StoreError> {
        let batch = hold(&self.ledger).batch;
        let events = sealed.iter().map(|&(fp, sequence)| Event::Sealed { fp, sequence, batch });
        // It comes before the removal, which would look like a loss without it.
        hold(&self.witness).record(events)?;
        let mut removals = Vec::new();
        for (fp, latest) in sealed {
            self.keys_of(fp, |sequence| sequence.is_none_or(|sequence| sequence <= *latest), &mut removals)?;
        }
        self.apply(|_| ((), Change { removals, ..Change::default() }))?;
        let mut handed_over = hold(&self.handed_over);
        for (fp, _) in sealed {
            handed_over.remove(fp);
        }
        Ok(())
    }

    /// Throws takes away for good.
    pub(in crate::cassette) fn discard(&self, ids: &[TakeId]) -> Result<(), StoreError> {
        let batch = hold(&self.ledger).batch;
        let gone = |id: &TakeId| Event::Discarded { fp: id.fingerprint, sequence: id.sequence, batch };
        // As with what is sealed.
        hold(&self.witness).record(ids.iter().map(gone))?;
        let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let mut removals = Vec::new();
        for id in ids {
            self.keys_of(&id.fingerprint, |sequence| sequence == Some(id.sequence), &mut removals)?;
        }
        self.apply(|_| ((), Change { removals, ..Change::default() }))?;
        fault::point("after-removal");
        let mut index = self.index_to_change();
        ids.iter().for_each(|id| index.discard(id));
        Ok(())
    }

    /// Adds the keys under `fp` to `keys` that `wanted` says of: heads and pages by their take's number, intents by none.
    fn keys_of(
        &self,
        fp: &Fingerprint,
        wanted: impl Fn(Option<u64>) -> bool,
        keys: &mut Vec<Vec<u8>>,
    ) -> Result<(), StoreError> {
        for kind in [b'h', b'p', b'i'] {
            let mut prefix = vec![kind];
            prefix.extend_from_slice(fp.bytes());
            for key in self.trees.takes.scan_prefix(prefix).keys() {
                let key = key?;
                let sequence = match Key::parse(&key) {
                    Some(Key::Head(_, sequence) | Key::Page(_, sequence, _)) => Some(sequence),
                    _ => None,
                };
                if wanted(sequence) {
                    keys.push(key.to_vec());
                }
            }
        }
        Ok(())
    }

    /// Removes intents: their texts never came to be.
    pub(super) fn forget_intents(&self, fps: &[Fingerprint]) -> Result<(), StoreError> {
        if fps.is_empty() {
            return Ok(());
        }
        let removals = fps.iter().map(|fp| Key::Intent(*fp).bytes()).collect();
        self.apply(|_| ((), Change { removals, ..Change::default() })).map(|_| ())
    }

    /// Tells the witness that nothing is unsealed. A failure costs only a false alarm later.
    pub(in crate::cassette) fn note_clean(&self) {
        if !hold(&self.handed_over).is_empty() {
            // A file that may not last is no reason to give up what the store has.
            return;
        }
        let (next, batch) = {
            let ledger = hold(&self.ledger);
            (ledger.next, ledger.batch)
        };
        let _ = hold(&self.witness).restart_when_long(next, batch);
    }

    /// Applies a change with its ledger in one batch, and flushes.
    fn apply<T>(&self, change: impl FnOnce(&mut Ledger) -> (T, Change)) -> Result<(T, u64), StoreError> {
        self.still_answers()?;
        let mut ledger = hold(&self.ledger);
        let mut next = ledger.clone();
        next.batch += 1;
        let (value, change) = change(&mut next);
        let mut batch = Batch::default();
        let put: usize = change.puts.iter().map(|(key, guarded)| key.len() + guarded.len()).sum();
        // What goes is a write too, and so is the ledger.
        self.claim(put + change.removals.iter().map(Vec::len).sum::<usize>() + next.pack().len())?;
        for key in change.removals {
            if let Some(old) = self.trees.takes.get(&key)? {
                next.remove(&key, &old);
                batch.remove(key);
            }
        }
        for (key, guarded) in change.puts {
            if let Some(old) = self.trees.takes.get(&key)? {
                next.remove(&key, &old);
            }
            next.add(&key, &guarded);
            batch.insert(key, guarded);
        }
        batch.insert(LEDGER, next.pack());
        self.within_deadline(move |trees| trees.takes.apply_batch(batch))?;
        let number = next.batch;
        *ledger = next;
        drop(ledger);
        fault::point("after-batch");
        self.within_deadline(|trees| trees.db.flush())?;
        fault::point("after-flush");
        Ok((value, number))
    }

    fn acknowledge(&self, id: TakeId, folder: &str, state: TakeState, batch: u64) {
        let event = Event::Taken {
            fp: id.fingerprint,
            sequence: id.sequence,
            pages: state.pages,
            folder: folder.to_owned(),
            batch,
        };
        // The take is safe without it; it only could not be named if the store were damaged later.
        let _ = hold(&self.witness).record([event]);
        self.index_to_change().put(id, folder, state);
    }
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
