//! From a folder to a store, and to the names of what was lost.

use super::Store;
use super::lock::{Lock, LockError};
use super::pending::PendingIndex;
use super::sled_index::{RecordKind, SledIndex};
use crate::cassette::error::StoreError;
use crate::cassette::journal::{self, Event, Journal, LostPages, Recovered, Writing};
use crate::cassette::take::TakeId;
use crate::fingerprint::Fingerprint;
use parking_lot::{Mutex, RwLock};
use quick_cache::sync::Cache;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many upstream tokens are kept in memory.
const RECENT_TOKENS: usize = 10_000;

/// An open store, and what opening it brought to light.
pub(crate) struct Opening {
    pub(crate) store: Store,
    /// Why sled was set aside, and where it is now.
    pub(crate) damaged_index: Option<(String, PathBuf)>,
    /// What the journal has lost.
    pub(crate) lost: Vec<LostPages>,
    /// Whether the journal was damaged, and nobody knows what is lost.
    pub(crate) has_unnamed_damage: bool,
}

/// Why there is no store.
pub(crate) enum OpeningError {
    /// Another process has it.
    InUse,
    /// It cannot be opened or made.
    Failed(StoreError),
}

impl From<LockError> for OpeningError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held => Self::InUse,
            LockError::Io(error) => Self::Failed(error.into()),
        }
    }
}

impl<E: Into<StoreError>> From<E> for OpeningError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether the store in `folder`, which another process has open, has takes that are not in the text.
pub(crate) fn has_pending(folder: &Path) -> bool {
    !journal::read(folder).takes.is_empty()
}

impl Store {
    /// Opens the store in `folder` (`.store`); `text_hash` gives the SHA-256 of an entry's file, which has to last from then
    /// on.
    pub(crate) fn open(
        folder: &Path,
        cache: u64,
        deadline: Duration,
        text_hash: impl Fn(&str, &Fingerprint) -> io::Result<Option<[u8; 32]>>,
    ) -> Result<Opening, OpeningError> {
        let lock = Lock::take(&folder.join("lock"))?;
        let (mut journal, mut recovered) = Journal::open(folder)?;
        seal_what_became_text(&mut journal, &mut recovered, text_hash)?;
        let (sled, damaged_index) = SledIndex::open(&folder.join("sled"), cache, deadline);
        let mut pending = PendingIndex::default();
        for (take, found) in std::mem::take(&mut recovered.takes) {
            pending.add_take(take, found);
        }
        let store = Self {
            journal: Mutex::new(journal),
            pending: RwLock::new(pending),
            sled,
            gate: RwLock::default(),
            placed: Mutex::default(),
            recent_tokens: Cache::new(RECENT_TOKENS),
            lock,
        };
        if store.pending().is_empty() {
            // Left by a process that was killed after all of it had become text.
            store.sled.clear(RecordKind::Page);
        }
        let Recovered { lost, has_unnamed_damage, .. } = recovered;
        Ok(Opening { store, damaged_index, lost, has_unnamed_damage })
    }
}

/// Takes out of `recovered` what a text holds that became a file before the process died.
fn seal_what_became_text(
    journal: &mut Journal,
    recovered: &mut Recovered,
    text_hash: impl Fn(&str, &Fingerprint) -> io::Result<Option<[u8; 32]>>,
) -> io::Result<()> {
    let mut sealed = Vec::new();
    for Writing { through, hash } in std::mem::take(&mut recovered.writings) {
        let is_in_text = |take: &TakeId| take.fingerprint == through.fingerprint && take.sequence <= through.sequence;
        let folder = recovered.takes.iter().find(|(take, _)| is_in_text(take)).map(|(_, found)| found.folder.clone());
        if let Some(folder) = folder
            && text_hash(&folder, &through.fingerprint)? == Some(hash)
        {
            recovered.takes.retain(|take, _| !is_in_text(take));
            sealed.push(through);
        }
    }
    if !sealed.is_empty() {
        // Where the disk is full it is found again at the next start.
        let _ = journal.append(&Event::Sealed(sealed).into());
    }
    Ok(())
}
