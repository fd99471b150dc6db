//! A second, much simpler account of what was acknowledged, beside the store.
//!
//! A log that was cut short can open as an older, consistent state: nothing inside the store shows it. So every
//! acknowledged batch leaves a small record here, and what the records know and the store does not is named as lost.

use super::keys::{guard, unguard};
use crate::cassette::codec::{Packer, Unpacker};
use crate::fingerprint::Fingerprint;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const RECORD: usize = 128;
const LABEL: &[u8] = b"witness";

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Takes with a lower sequence number, and batches up to this one, are sealed.
    Clean { next: u64, batch: u64 },
    /// A take has this many pages.
    Taken { fp: Fingerprint, sequence: u64, pages: u32, folder: String, batch: u64 },
    /// The takes of a fingerprint up to this sequence number are in the text.
    Sealed { fp: Fingerprint, sequence: u64, batch: u64 },
    /// This take was thrown away.
    Discarded { fp: Fingerprint, sequence: u64, batch: u64 },
}

/// What the records say, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Testimony {
    /// The sequence number after the highest one seen.
    pub(super) next: u64,
    /// The highest batch seen.
    pub(super) batch: u64,
    /// Takes below this are sealed.
    pub(super) clean: u64,
    /// The highest sealed take of a fingerprint.
    pub(super) sealed: BTreeMap<Fingerprint, u64>,
    /// Pages and folder of acknowledged takes.
    pub(super) taken: BTreeMap<(Fingerprint, u64), (u32, String)>,
}

impl Testimony {
    /// Whether this take is in the text already.
    pub(super) fn is_sealed(&self, fp: &Fingerprint, sequence: u64) -> bool {
        sequence < self.clean || self.sealed.get(fp).is_some_and(|sealed| sequence <= *sealed)
    }

    fn hear(&mut self, event: Event) {
        let (sequence, batch) = match event {
            Event::Clean { next, batch } => {
                self.clean = self.clean.max(next);
                (next.checked_sub(1), batch)
            }
            Event::Taken { fp, sequence, pages, folder, batch } => {
                let known = self.taken.entry((fp, sequence)).or_insert((0, folder));
                known.0 = known.0.max(pages);
                (Some(sequence), batch)
            }
            Event::Discarded { fp, sequence, batch } => {
                self.taken.remove(&(fp, sequence));
                (Some(sequence), batch)
            }
            Event::Sealed { fp, sequence, batch } => {
                let sealed = self.sealed.entry(fp).or_default();
                *sealed = (*sealed).max(sequence);
                (Some(sequence), batch)
            }
        };
        self.next = self.next.max(sequence.map_or(0, |sequence| sequence + 1));
        self.batch = self.batch.max(batch);
    }
}

/// The file, open for appending.
pub(super) struct Witness {
    path: PathBuf,
    file: File,
}

impl Witness {
    /// Opens the file at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        // A record that was cut short would shift all later ones.
        let length = file.metadata()?.len();
        file.set_len(length - length % RECORD as u64)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// What the file at `path` says; records that do not hold are passed over.
    pub(super) fn hear(path: &Path) -> Testimony {
        let mut testimony = Testimony::default();
        for record in fs::read(path).unwrap_or_default().chunks_exact(RECORD) {
            if let Some(event) = unguard(LABEL, record).and_then(unpack) {
                testimony.hear(event);
            }
        }
        testimony
    }

    /// Appends records. They must survive a killed process, not a power cut: no sync.
    pub(super) fn record(&mut self, events: impl IntoIterator<Item = Event>) -> io::Result<()> {
        self.file.write_all(&events.into_iter().flat_map(|event| pack(&event)).collect::<Vec<_>>())
    }

    /// Notes that nothing is unsealed; starts the file anew once it has grown.
    pub(super) fn restart_when_long(&mut self, next: u64, batch: u64) -> io::Result<()> {
        const LONG: u64 = 1 << 20;
        let clean = Event::Clean { next, batch };
        if self.file.metadata()?.len() < LONG {
            return self.record([clean]);
        }
        let fresh = self.path.with_extension("new");
        File::create(&fresh)?.write_all(&pack(&clean))?;
        fs::rename(&fresh, &self.path)?;
        *self = Self::open(&self.path)?;
        Ok(())
    }
}

fn pack(event: &Event) -> Vec<u8> {
    let mut packer = Packer::default();
    match event {
        Event::Clean { next, batch } => {
            packer.byte(0);
            packer.number(*next);
            packer.number(*batch);
        }
        Event::Taken { fp, sequence, pages, folder, batch } => {
            packer.byte(1);
            packer.0.extend_from_slice(fp.bytes());
            packer.number(*sequence);
            packer.number(u64::from(*pages));
            packer.number(*batch);
            packer.text(folder);
        }
        Event::Sealed { fp, sequence, batch } | Event::Discarded { fp, sequence, batch } => {
            packer.byte(if matches!(event, Event::Sealed { .. }) { 2 } else { 3 });
            packer.0.extend_from_slice(fp.bytes());
            packer.number(*sequence);
            packer.number(*batch);
        }
    }
    packer.0.resize(RECORD - guard(LABEL, &[]).len(), 0);
    guard(LABEL, &packer.0)
}

fn unpack(record: &[u8]) -> Option<Event> {
    let mut unpacker = Unpacker(record);
    Some(match unpacker.byte()? {
        0 => Event::Clean { next: unpacker.number()?, batch: unpacker.number()? },
        1 => {
            let fp = Fingerprint::from_bytes(unpacker.array()?);
            let sequence = unpacker.number()?;
            let pages = u32::try_from(unpacker.number()?).ok()?;
            let batch = unpacker.number()?;
            Event::Taken { fp, sequence, pages, folder: unpacker.text()?, batch }
        }
        kind @ (2 | 3) => {
            let fp = Fingerprint::from_bytes(unpacker.array()?);
            let (sequence, batch) = (unpacker.number()?, unpacker.number()?);
            if kind == 2 { Event::Sealed { fp, sequence, batch } } else { Event::Discarded { fp, sequence, batch } }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn taken(name: &str, sequence: u64, pages: u32) -> Event {
        Event::Taken { fp: Fingerprint::of(name), sequence, pages, folder: "f".repeat(64), batch: sequence }
    }

    #[test]
    fn hears_what_was_recorded_and_passes_over_what_does_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("witness");
        let mut witness = Witness::open(&path).unwrap();
        witness.record([taken("a", 0, 1), taken("a", 0, 2), taken("b", 1, 1), taken("c", 2, 1)]).unwrap();
        witness.record([Event::Sealed { fp: Fingerprint::of("a"), sequence: 0, batch: 4 }]).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 5 * RECORD);
        bytes[2 * RECORD + 40] ^= 1;
        bytes.truncate(5 * RECORD);
        bytes.extend_from_slice(b"half a record");
        fs::write(&path, bytes).unwrap();
        let testimony = Witness::hear(&path);
        let (a, b, c) = (Fingerprint::of("a"), Fingerprint::of("b"), Fingerprint::of("c"));
        assert_eq!(testimony.taken.get(&(a, 0)).unwrap().0, 2);
        assert!(!testimony.taken.contains_key(&(b, 1)));
        assert!(testimony.is_sealed(&a, 0) && !testimony.is_sealed(&c, 2));
        assert_eq!((testimony.next, testimony.batch), (3, 4));
        let mut witness = Witness::open(&path).unwrap();
        witness.restart_when_long(3, 5).unwrap();
        assert!(Witness::hear(&path).is_sealed(&c, 2));
        assert_eq!(fs::metadata(&path).unwrap().len() as usize, 6 * RECORD);
        while fs::metadata(&path).unwrap().len() < 1 << 20 {
            witness.record([taken("c", 3, 1)]).unwrap();
        }
        witness.restart_when_long(4, 6).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len() as usize, RECORD);
        assert!(Witness::hear(&path).is_sealed(&c, 3));
        witness.record([taken("d", 4, 1)]).unwrap();
        assert!(!Witness::hear(&path).is_sealed(&Fingerprint::of("d"), 4));
    }
}
