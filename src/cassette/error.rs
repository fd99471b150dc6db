//! What can go wrong with a cassette.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a cassette cannot be opened, read or written as text.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The operating system refused to read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The operating system refused to write.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file is not what recording writes.
    #[error("{}:{line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A file's content belongs under another name.
    #[error("{}: its content belongs in {expected}: operation, region, actor or request was edited, or the file moved", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// The path that its content asks for, inside the cassette.
        expected: String,
    },
    /// A file is larger than any that recording writes.
    #[error("{}: larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// A link leads out of the cassette's folder, or the path is no regular file.
    #[error("{}: not a regular file inside the cassette's folder; links out of the folder are not followed: put the \
             recorded file itself there", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A name that no cassette holds.
    #[error("{}: not a name used in a cassette (a-z, 0-9, '.', '_', '-', at most 64, no leading dot; files \
             FINGERPRINT.json)", path.display())]
    Name {
        /// The path.
        path: PathBuf,
    },
    /// Entries without `cassette.json`.
    #[error("{} holds recorded files but no cassette.json, which names their format: restore it", root.display())]
    NoFormat {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// The cassette was written by a later ramtape.
    #[error("{} has format {found}, this ramtape {} {supported}: use a newer ramtape", path.display(), if *readable { "can only replay from a newer minor version than its own" } else { "knows" })]
    Newer {
        /// The cassette's `cassette.json`.
        path: PathBuf,
        /// The version it names.
        found: String,
        /// The version that this program writes.
        supported: &'static str,
        /// Whether it could be replayed all the same.
        readable: bool,
    },
    /// Another process has the cassette open and this one needs it for itself.
    #[error("the cassette {} is in use by another ramtape, recording or replaying it: stop that one first", root.display())]
    InUse {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// Its files are being exchanged, or were until that was interrupted.
    #[error(
        "a pull into the cassette {} is under way or was interrupted: its files are of different versions. Run `ramtape pull`",
        root.display()
    )]
    Updating {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// The text is not all there is.
    #[error(
        "takes of {} are in the store only: write them as text with `ramtape seal --cassette {1}`, or throw away what must \
         not become text with `ramtape rm --refused --cassette {1}`, first",
        root.display(),
        crate::model::shell_path(root)
    )]
    Pending {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// The folder is not there any more.
    #[error("the folder {} was deleted, moved or replaced during the recording: record again", root.display())]
    Gone {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// What is pending cannot be written as text.
    #[error("{}: {source}", path.display())]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason.
        source: crate::entry_file::Unwritable,
    },
    /// The cassette's rules cannot be applied: its key is not there, or is another one.
    #[error("the cassette {}", root.display())]
    Redaction {
        /// The cassette's folder.
        root: PathBuf,
        /// The reason, and what to do: it continues a sentence about the cassette.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A secret stands in a text, or would.
    #[error("{}: {}", path.display(), listed(leaks))]
    Secret {
        /// The file.
        path: PathBuf,
        /// What was found.
        leaks: Vec<Leak>,
    },
    /// What stands there, or would, does not answer its own requests.
    #[error("{}: {pointer}: {reason}", path.display())]
    BrokenEntry {
        /// The file.
        path: PathBuf,
        /// JSON pointer to the place.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A secret, and where it stands. Its value is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What it is.
    pub what: String,
    /// JSON pointer into the file, or a line.
    pub place: String,
}

fn listed(leaks: &[Leak]) -> String {
    let one = |Leak { what, place }: &Leak| format!("{what} at {place}");
    leaks.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Why something is not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The cassette was opened for replay, or has no store.
    #[error("the cassette is not open for recording")]
    NotRecording,
    /// A take without a page.
    #[error("a take needs at least one page")]
    NoPages,
    /// The take is sealed, ended, or was never begun.
    #[error("the take is not open")]
    NoSuchTake,
    /// Something of the entry is in the store only.
    #[error("some takes of the request are not text yet: `ramtape seal` writes them")]
    NotSealed,
    /// Nobody finds the store any more, and it is gone when it is closed.
    #[error("the cassette's .store was deleted or moved during the recording: record again")]
    Gone,
    /// No space is left on the disk.
    #[error("the disk is full: the store cannot be written")]
    DiskFull,
    /// The operating system failed.
    #[error("the store cannot be written")]
    Io(#[source] io::Error),
    /// An entry was another one each time it was read.
    #[error("the request's file changed each time it was read: stop what rewrites it")]
    Changing,
    /// What was stored does not hold any more.
    #[error(
        "the journal of the cassette's store is damaged: {0}; what is lost is named when the cassette is next opened"
    )]
    Damaged(&'static str),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}
