//! Opening sled and reading what it holds, with the distrust it has earned: damage shows as an error, an endless iterator,
//! a panic, or not at all.

use super::keys::{Key, LEDGER, unguard};
use super::ledger::Ledger;
use crate::cassette::codec::{Packer, Unpacker};
use crate::cassette::recording::EntryHead;
use crate::fingerprint::Fingerprint;
use crate::model::{Page, Take};
use sled::{Config, Db, Tree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The open store.
#[derive(Clone)]
pub(super) struct Trees {
    pub(super) db: Db,
    /// Unsealed takes, intents and the ledger.
    pub(super) takes: Tree,
    /// Upstream's tokens.
    pub(super) tokens: Tree,
    /// Entries of the text, compiled.
    pub(super) cached: Tree,
    /// How long upstream took.
    pub(super) times: Tree,
}

/// Why a store is not used as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Doubt {
    #[error("it does not open")]
    Sled(#[from] sled::Error),
    /// Nobody has ramtape's lock, and somebody has sled's.
    #[error("it is locked")]
    Locked,
    #[error("it does not answer")]
    Deadline,
    #[error("it panicked")]
    Panicked,
    #[error("{0}")]
    Content(&'static str),
}

/// What a take's head says.
pub(super) struct Head {
    pub(super) entry: EntryHead,
    /// Without its pages.
    pub(super) take: Take,
    /// Recorded in mode `all`.
    pub(super) replace: bool,
}

impl Head {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        packer.byte(u8::from(self.replace));
        packer.operation(&self.entry.operation);
        packer.text(&self.entry.region);
        packer.text(&self.entry.actor);
        packer.text(&self.entry.request);
        packer.links(&self.take);
        packer.0
    }

    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut unpacker = Unpacker(bytes);
        let replace = unpacker.flag()?;
        let entry = EntryHead {
            operation: unpacker.operation()?,
            region: unpacker.text()?,
            actor: unpacker.text()?,
            request: unpacker.text()?,
        };
        Some(Self { entry, take: unpacker.links()?, replace })
    }
}

/// The value of a page: whether it is the chain's last one, and the page.
pub(super) fn pack_page(page: &Page, last: bool) -> Vec<u8> {
    let mut packer = Packer::default();
    packer.byte(u8::from(last));
    packer.page(page);
    packer.0
}

/// The inverse of [`pack_page`].
pub(super) fn unpack_page(bytes: &[u8]) -> Option<(bool, Page)> {
    let mut unpacker = Unpacker(bytes);
    Some((unpacker.flag()?, unpacker.page()?))
}

/// A text that was about to replace an entry's file when the process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cassette) struct Intent {
    /// SHA-256 of the text.
    pub(in crate::cassette) hash: [u8; 32],
    /// The latest take that is in the text.
    pub(in crate::cassette) sequence: u64,
}

impl Intent {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        packer.0.extend_from_slice(&self.hash);
        packer.number(self.sequence);
        packer.0
    }

    fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut unpacker = Unpacker(bytes);
        Some(Self { hash: unpacker.array()?, sequence: unpacker.number()? })
    }
}

/// What a take consists of, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// `None` where the head is missing.
    pub(super) folder: Option<String>,
    /// How many pages there are from the first one without a gap.
    pub(super) pages: u32,
    /// Whether the last of them ends the chain.
    pub(super) complete: bool,
}

/// Everything unsealed.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) ledger: Ledger,
    pub(super) takes: BTreeMap<(Fingerprint, u64), Found>,
    pub(super) intents: BTreeMap<Fingerprint, Intent>,
}

impl Contents {
    /// Takes in a key with its guarded value; `None` where they do not hold. Pages must come in order.
    pub(super) fn note(&mut self, key: &[u8], guarded: &[u8]) -> Option<()> {
        let value = unguard(key, guarded)?;
        match Key::parse(key)? {
            Key::Head(fp, sequence) => {
                let head = Head::unpack(value)?;
                self.takes.entry((fp, sequence)).or_default().folder = Some(head.entry.operation.folder());
            }
            Key::Page(fp, sequence, page) => {
                let found = self.takes.entry((fp, sequence)).or_default();
                if found.pages == page {
                    found.pages += 1;
                    found.complete = unpack_page(value)?.0;
                }
            }
            Key::Intent(fp) => {
                self.intents.insert(fp, Intent::unpack(value)?);
            }
        }
        Some(())
    }
}

/// Runs `work` on a thread of its own; a panic or a deadline passed is a doubt. A thread that hangs is left behind.
pub(super) fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Doubt> {
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name("ramtape-store".to_owned()).spawn(move || {
        // Nobody listens any more once the deadline has passed.
        let _ = sender.send(work());
    });
    if spawned.is_err() {
        return Err(Doubt::Content("no thread to open it"));
    }
    receiver.recv_timeout(deadline).map_err(|error| match error {
        RecvTimeoutError::Timeout => Doubt::Deadline,
        RecvTimeoutError::Disconnected => Doubt::Panicked,
    })
}

/// Opens the store at `path`, creating it where it is absent.
pub(super) fn open(path: &Path, cache: u64, deadline: Duration) -> Result<Trees, Doubt> {
    let path: PathBuf = path.to_owned();
    within(deadline, move || -> Result<Trees, Doubt> {
        let db = open_db(&path, cache)?;
        let (takes, tokens, cached) = (db.open_tree("takes")?, db.open_tree("tokens")?, db.open_tree("cached")?);
        let times = db.open_tree("times")?;
        Ok(Trees { db, takes, tokens, cached, times })
    })?
}

/// Opens sled. Its own lock can outlive a store just closed for a moment (in a process being started, or in one of its
/// threads), so that is waited for; ramtape's lock has shown already that no other process uses the store.
fn open_db(path: &Path, cache: u64) -> Result<Db, Doubt> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let start = Instant::now();
    loop {
        match Config::new().path(path).cache_capacity(cache).flush_every_ms(None).open() {
            // sled tells this by its message only.
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if start.elapsed() > PATIENCE {
                    return Err(Doubt::Locked);
                }
                thread::sleep(Duration::from_millis(2));
            }
            opened => return Ok(opened?),
        }
    }
}

/// Reads everything unsealed and compares it with the ledger.
pub(super) fn verify(trees: &Trees, deadline: Duration) -> Result<Contents, Doubt> {
    let takes = trees.takes.clone();
    within(deadline, move || -> Result<Contents, Doubt> {
        let mut contents = Contents::default();
        let mut seen = Ledger::default();
        let mut ledger = None;
        for item in takes.iter() {
            let (key, guarded) = item?;
            if key == LEDGER {
                ledger = Some(Ledger::unpack(&guarded).ok_or(Doubt::Content("its ledger is damaged"))?);
            } else {
                seen.add(&key, &guarded);
                contents.note(&key, &guarded).ok_or(Doubt::Content("a checksum does not hold"))?;
            }
        }
        contents.ledger = ledger.unwrap_or_default();
        if (contents.ledger.count, contents.ledger.digest) != (seen.count, seen.digest) {
            return Err(Doubt::Content("what it holds is not what was written"));
        }
        Ok(contents)
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_or_panics_is_a_doubt() {
        assert!(matches!(
            within(Duration::from_millis(20), || loop {
                thread::park()
            }),
            Err::<(), _>(Doubt::Deadline)
        ));
        #[expect(clippy::panic, reason = "what is tested")]
        let panicking = || -> () { panic!("as sled does") };
        assert!(matches!(within(Duration::from_secs(10), panicking), Err(Doubt::Panicked)));
        assert!(matches!(within(Duration::from_secs(10), || 7), Ok(7)));
    }
}
