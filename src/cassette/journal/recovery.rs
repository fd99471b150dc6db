//! From the journal's two files to what is pending, and to the names of what was lost.

use super::frame::{Checksum, Frame, scan};
use super::record::{Event, PageName, Record, Writing};
use crate::cassette::take::TakeId;
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};

/// Where a page stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// The offset of its record.
    pub(crate) offset: u64,
    /// How many bytes the record takes.
    pub(crate) size: u64,
    /// Which of the record's pages it is.
    pub(crate) index: u32,
    /// The record's checksum.
    pub(crate) checksum: Checksum,
}

/// A take as the journal has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JournalTake {
    /// The operation's folder.
    pub(crate) folder: String,
    /// Its pages, from the first one without a gap.
    pub(crate) pages: Vec<Location>,
    /// Whether they are all.
    pub(crate) complete: bool,
}

/// A take, or the end of one, that was acknowledged and is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LostPages {
    /// The operation's folder.
    pub(crate) folder: String,
    /// The fingerprint.
    pub(crate) fingerprint: Fingerprint,
    /// How many pages were acknowledged.
    pub(crate) acknowledged: u32,
    /// How many of them there still are.
    pub(crate) left: u32,
}

/// What the two files say together.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// The takes that are not known to be in the text.
    pub(crate) takes: BTreeMap<TakeId, JournalTake>,
    /// Texts that may have become files before the process died.
    pub(crate) writings: Vec<Writing>,
    /// Acknowledged pages that the journal no longer has.
    pub(crate) lost: Vec<LostPages>,
    /// The number after that of the latest take.
    pub(crate) next: u64,
    /// Whether records were damaged of which nobody knows what they held.
    pub(crate) has_unnamed_damage: bool,
    /// Where the journal's last record ends.
    pub(crate) end: u64,
    /// Where the log's last record ends.
    pub(crate) acknowledged_end: u64,
}

/// Takes that were acknowledged, with their pages; and what became of takes.
#[derive(Default)]
struct Account {
    acknowledged: BTreeMap<TakeId, (u32, String)>,
    sealed: BTreeMap<Fingerprint, u64>,
    discarded: BTreeSet<TakeId>,
}

impl Account {
    fn note(&mut self, event: Event) {
        match event {
            Event::Stored(pages) => {
                for PageName { take, number, folder, .. } in pages {
                    let known = self.acknowledged.entry(take).or_insert((0, folder));
                    known.0 = known.0.max(number + 1);
                }
            }
            Event::Sealed(takes) => {
                for TakeId { fingerprint, sequence } in takes {
                    let through = self.sealed.entry(fingerprint).or_default();
                    *through = sequence.max(*through);
                }
            }
            Event::Discarded(takes) => self.discarded.extend(takes),
            Event::Writing(_) => {}
        }
    }

    fn is_over(&self, take: &TakeId) -> bool {
        self.discarded.contains(take)
            || self.sealed.get(&take.fingerprint).is_some_and(|through| take.sequence <= *through)
    }

    /// What was acknowledged, is neither in the text nor thrown away, and is not among `found`.
    fn lost(&self, found: &BTreeMap<TakeId, JournalTake>) -> Vec<LostPages> {
        let mut lost = Vec::new();
        for (take, (acknowledged, folder)) in &self.acknowledged {
            let left = found.get(take).map_or(0, |found| found.pages.len());
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            if left < *acknowledged && !self.is_over(take) {
                let (folder, fingerprint) = (folder.clone(), take.fingerprint);
                lost.push(LostPages { folder, fingerprint, acknowledged: *acknowledged, left });
            }
        }
        lost
    }
}

/// Reads the journal and the log of what was acknowledged.
pub(crate) fn recover(journal: &[u8], acknowledged: &[u8]) -> Recovered {
    let mut account = Account::default();
    let log = scan(acknowledged);
    for (_, frame) in &log.frames {
        if let Ok(event) = postcard::from_bytes(frame.payload) {
            account.note(event);
        }
    }
    let scan = scan(journal);
    let ends = (scan.end as u64, log.end as u64);
    let mut recovered = Recovered { end: ends.0, acknowledged_end: ends.1, ..Recovered::default() };
    for (offset, frame) in &scan.frames {
        match postcard::from_bytes::<Record>(frame.payload).map(|record| record.event) {
            Ok(Event::Stored(pages)) => recovered.add_pages(pages, *offset, frame),
            Ok(Event::Writing(writings)) => recovered.writings.extend(writings),
            Ok(event) => account.note(event),
            Err(_) => recovered.has_unnamed_damage = true,
        }
    }
    let known = recovered.takes.keys().chain(account.acknowledged.keys());
    recovered.next = known.map(|take| take.sequence + 1).max().unwrap_or(0);
    recovered.takes.retain(|take, found| !account.is_over(take) && !found.pages.is_empty());
    recovered.lost = account.lost(&recovered.takes);
    recovered.has_unnamed_damage |= scan.damaged > 0;
    recovered.has_unnamed_damage &= recovered.lost.is_empty();
    recovered
}

impl Recovered {
    fn add_pages(&mut self, pages: Vec<PageName>, offset: u64, frame: &Frame<'_>) {
        for (index, PageName { take, number, last, folder }) in (0..).zip(pages) {
            let found = self.takes.entry(take).or_insert_with(|| JournalTake { folder, ..JournalTake::default() });
            if u32::try_from(found.pages.len()) == Ok(number) {
                let Frame { checksum, size, .. } = *frame;
                found.pages.push(Location { offset, size: size as u64, index, checksum });
                found.complete = last;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::frame::encode;
    use super::super::record::{PageRecord, StoredHead};
    use super::*;
    use crate::cassette::take::EntryHead;
    use crate::model::{Body, OperationName, Page, Take};

    fn take(name: &str, sequence: u64) -> TakeId {
        TakeId { fingerprint: Fingerprint::hash(name), sequence }
    }

    fn stored(take: TakeId, numbers: std::ops::Range<u32>, last: bool) -> Record {
        let names = numbers.clone().map(|number| PageName {
            take,
            number,
            last: last && number + 1 == numbers.end,
            folder: "folder".to_owned(),
        });
        let page = Page { status: 200, headers: Vec::new(), body: Body::default() };
        let entry = EntryHead {
            operation: OperationName::Known("Operation".into()),
            region: String::new(),
            actor: String::new(),
            request: String::new(),
        };
        let first = Take {
            session: None,
            after: None,
            id: None,
            max_results: None,
            complete: true,
            times: 1,
            pages: Vec::new(),
        };
        let pages = numbers.clone().map(|number| PageRecord {
            head: (number == 0).then(|| StoredHead { entry: entry.clone(), take: first.clone(), replace: false }),
            page: page.clone(),
        });
        Record { event: Event::Stored(names.collect()), pages: pages.collect() }
    }

    /// The two files, with these records.
    fn files(records: &[Record]) -> (Vec<u8>, Vec<u8>) {
        let (mut journal, mut acknowledged) = (Vec::new(), Vec::new());
        for record in records {
            journal.extend(encode(&postcard::to_allocvec(record).unwrap(), journal.len() as u64));
            let event = postcard::to_allocvec(&record.event).unwrap();
            acknowledged.extend(encode(&event, acknowledged.len() as u64));
        }
        (journal, acknowledged)
    }

    fn pages(recovered: &Recovered) -> Vec<(u64, usize, bool)> {
        let takes = recovered.takes.iter();
        let mut pages: Vec<_> = takes.map(|(take, found)| (take.sequence, found.pages.len(), found.complete)).collect();
        pages.sort_unstable();
        pages
    }

    #[test]
    fn what_is_sealed_or_discarded_is_not_pending() {
        let records = [
            stored(take("a", 0), 0..1, true),
            stored(take("b", 1), 0..2, false),
            stored(take("b", 1), 2..3, true),
            stored(take("a", 2), 0..1, true),
            stored(take("c", 3), 0..1, true),
            Event::Sealed(vec![take("a", 0)]).into(),
            Event::Discarded(vec![take("c", 3)]).into(),
        ];
        let (journal, acknowledged) = files(&records);
        for acknowledged in [&acknowledged[..], b"", b"damaged"] {
            let recovered = recover(&journal, acknowledged);
            assert_eq!(pages(&recovered), [(1, 3, true), (2, 1, true)]);
            assert_eq!((recovered.lost.len(), recovered.next), (0, 4));
        }
        // The log alone says it too, where the journal's own record is damaged.
        let (mut journal, acknowledged) = files(&records);
        let (sealed, _) = files(&records[..5]);
        journal[sealed.len() + 20] ^= 1;
        assert_eq!(pages(&recover(&journal, &acknowledged)), [(1, 3, true), (2, 1, true)]);
    }

    #[test]
    fn what_was_acknowledged_and_is_gone_is_named() {
        let records = [
            stored(take("a", 0), 0..1, false),
            stored(take("b", 1), 0..1, true),
            stored(take("a", 0), 1..2, false),
            stored(take("a", 0), 2..3, true),
        ];
        let (whole, acknowledged) = files(&records);
        let (first, _) = files(&records[..1]);
        let (two, _) = files(&records[..2]);
        let lost = |recovered: &Recovered| {
            let mut lost: Vec<_> = recovered.lost.iter().map(|lost| (lost.acknowledged, lost.left)).collect();
            lost.sort_unstable();
            lost
        };
        assert_eq!(lost(&recover(b"", &acknowledged)), [(1, 0), (3, 0)]);
        assert_eq!(lost(&recover(&first, &acknowledged)), [(1, 0), (3, 1)]);
        let mut flipped = whole.clone();
        flipped[two.len() + 30] ^= 1;
        let recovered = recover(&flipped, &acknowledged);
        assert_eq!((lost(&recovered), pages(&recovered)), (vec![(3, 1)], vec![(0, 1, false), (1, 1, true)]));
        // Without the log nobody knows what it was; that something is gone is known.
        assert!(recover(&flipped, b"").has_unnamed_damage && !recovered.has_unnamed_damage);
        assert!(!recover(&whole, &acknowledged).has_unnamed_damage);
    }
}
