//! `.store/journal`: the authority for what was recorded and is not in the text yet.
//!
//! It is append-only. A record holds the pages of one acknowledged answer, with a checksum, and is written by one `write`
//! before the answer goes out: it survives a killed process, not a power cut. Once nothing in it is pending any more it
//! starts anew.
//!
//! A file that was cut short looks like an older, whole one. So every record is noted in `.store/acknowledged` too, without
//! its pages: what that log knows and the journal does not have is named as lost.

mod frame;
mod record;
mod recovery;

pub(crate) use record::{Event, PageName, PageRecord, Record, StoredHead, Writing};
pub(crate) use recovery::{JournalTake, Location, LostPages, Recovered};

use self::frame::{checksum_of, decode, encode};
use super::failpoint;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const JOURNAL: &str = "journal";
const ACKNOWLEDGED: &str = "acknowledged";

/// A file that records are appended to.
struct AppendLog {
    file: File,
    length: u64,
}

/// The journal of one cassette, and the log of what it acknowledged.
pub(crate) struct Journal {
    folder: PathBuf,
    journal: AppendLog,
    acknowledged: AppendLog,
    /// The number of the next take.
    next: u64,
}

/// What the journal in the folder `.store` has, for who must not change it.
pub(crate) fn read(folder: &Path) -> Recovered {
    let read = |name| fs::read(folder.join(name)).unwrap_or_default();
    recovery::recover(&read(JOURNAL), &read(ACKNOWLEDGED))
}

impl Journal {
    /// Opens the journal in the folder `.store`, or makes it; gives what it has.
    ///
    /// # Errors
    /// Where a file cannot be read or made.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Recovered)> {
        let mut journal = AppendLog::open(&folder.join(JOURNAL))?;
        let mut acknowledged = AppendLog::open(&folder.join(ACKNOWLEDGED))?;
        let recovered = recovery::recover(&journal.read()?, &acknowledged.read()?);
        // The next record must not stand behind half a one.
        journal.cut(recovered.end)?;
        acknowledged.cut(recovered.acknowledged_end)?;
        let next = recovered.next;
        Ok((Self { folder: folder.to_owned(), journal, acknowledged, next }, recovered))
    }

    /// The number of a new take: higher than that of any in the journal.
    pub(crate) fn next_take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Appends a record; gives where it stands. It survives a killed process once this returns.
    ///
    /// # Errors
    /// Where it cannot be written. Nothing of it is left then.
    pub(crate) fn append(&mut self, record: &Record) -> io::Result<Location> {
        failpoint::full_disk()?;
        let location = self.journal.append(&packed(record)?)?;
        failpoint::point("after-journal");
        // The record is safe without it; it only could not be named if the journal were damaged later.
        let _ = packed(&record.event).and_then(|event| self.acknowledged.append(&event));
        failpoint::point("after-acknowledged");
        Ok(location)
    }

    /// The record at `location`; `None` where it does not hold any more.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn read(&self, location: Location) -> io::Result<Option<Record>> {
        let mut bytes = vec![0; usize::try_from(location.size).unwrap_or(0)];
        match self.journal.file.read_exact_at(&mut bytes, location.offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let frame = decode(&bytes, location.offset).filter(|frame| frame.checksum == location.checksum);
        Ok(frame.and_then(|frame| postcard::from_bytes(frame.payload).ok()))
    }

    /// Starts anew: nothing is pending.
    ///
    /// # Errors
    /// Where a file cannot be cut. What is left is known to be over.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        // In this order: what the log names and the journal lacks would look lost.
        self.acknowledged.cut(0)?;
        failpoint::point("between-restarts");
        self.journal.cut(0)
    }

    /// Starts anew with these records, which are all that is pending. What stood there before goes, or stays as
    /// `journal.damaged` where `keep_damaged`. Gives where the records stand now.
    ///
    /// # Errors
    /// Where they cannot be written. The journal stays what it was.
    pub(crate) fn rewrite(&mut self, records: &[Record], keep_damaged: bool) -> io::Result<Vec<Location>> {
        let (path, fresh) = (self.folder.join(JOURNAL), self.folder.join("journal.new"));
        let _ = fs::remove_file(&fresh);
        let mut journal = AppendLog::open(&fresh)?;
        let locations: Vec<Location> =
            records.iter().map(|record| journal.append(&packed(record)?)).collect::<io::Result<_>>()?;
        if keep_damaged {
            let _ = fs::hard_link(&path, self.folder.join("journal.damaged"));
        }
        self.acknowledged.cut(0)?;
        fs::rename(&fresh, &path)?;
        self.journal = journal;
        for record in records {
            let _ = packed(&record.event).and_then(|event| self.acknowledged.append(&event));
        }
        Ok(locations)
    }

    /// How many bytes it takes.
    pub(super) const fn length(&self) -> u64 {
        self.journal.length
    }
}

impl AppendLog {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.length).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    fn append(&mut self, payload: &[u8]) -> io::Result<Location> {
        let offset = self.length;
        let frame = encode(payload, offset);
        if let Err(error) = self.file.write_all_at(&frame, offset) {
            // Half a record must not stand before the next one.
            let _ = self.file.set_len(offset);
            return Err(error);
        }
        self.length += frame.len() as u64;
        Ok(Location { offset, size: frame.len() as u64, index: 0, checksum: checksum_of(&frame) })
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        if length < self.length {
            self.file.set_len(length)?;
            self.length = length;
        }
        Ok(())
    }
}

fn packed<T: serde::Serialize>(value: &T) -> io::Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(io::Error::other)
}
