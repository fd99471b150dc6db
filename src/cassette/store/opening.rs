//! From a folder to a store that can be trusted, and to the names of what was lost on the way.

use super::closing::Closing;
use super::index::{Index, TakeState};
use super::lock::Lock;
use super::room::Room;
use super::verify::{Contents, Doubt, Trees, open, verify};
use super::witness::{Testimony, Witness};
use super::{Intent, Store, salvage};
use crate::cassette::error::StoreError;
use crate::cassette::recording::TakeId;
use crate::fingerprint::Fingerprint;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, RwLock};
use std::time::Duration;

/// A take, or the end of one, that was acknowledged and is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cassette) struct Lost {
    /// The operation's folder.
    pub(in crate::cassette) folder: String,
    /// The fingerprint.
    pub(in crate::cassette) fp: Fingerprint,
    /// How many pages were acknowledged, and how many there still are.
    pub(in crate::cassette) pages: (u32, u32),
}

/// An open store, and what opening it brought to light.
pub(in crate::cassette) struct Opening {
    pub(in crate::cassette) store: Store,
    /// Why the store was rebuilt and where the damaged one is now.
    pub(in crate::cassette) rebuilt: Option<(String, PathBuf)>,
    pub(in crate::cassette) lost: Vec<Lost>,
}

/// Why there is no store.
pub(in crate::cassette) enum OpeningError {
    /// Another process has it.
    InUse,
    /// It cannot be opened or made.
    Failed(StoreError),
}

impl<E: Into<StoreError>> From<E> for OpeningError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether another process' store has acknowledged takes that are not in the text, as far as its witness tells.
pub(in crate::cassette) fn foresee(folder: &Path) -> bool {
    let testimony = Witness::hear(&folder.join("witness"));
    testimony.taken.keys().any(|(fp, sequence)| !testimony.is_sealed(fp, *sequence))
}

impl Store {
    /// Opens the store in `folder` (`.store`); `text_hash` gives the SHA-256 of an entry's file, which has to last from then
    /// on.
    pub(in crate::cassette) fn open(
        folder: &Path,
        cache: u64,
        deadline: Duration,
        text_hash: impl Fn(&str, &Fingerprint) -> io::Result<Option<[u8; 32]>>,
    ) -> Result<Opening, OpeningError> {
        let lock = Lock::take(&folder.join("lock"))?;
        let witness = folder.join("witness");
        let testimony = Witness::hear(&witness);
        let path = folder.join("sled");
        let (mut room, mut rebuilt) = (Room::new(folder.join("room")), None);
        let (trees, contents) = match open_whole(&path, cache, deadline) {
            Ok(opened) => opened,
            Err((Doubt::Locked, _)) => return Err(OpeningError::InUse),
            Err((Doubt::Sled(sled::Error::Io(error)), _)) if is_environment(&error) => return Err(error.into()),
            Err((doubt, damaged)) => {
                let (trees, contents, aside) =
                    salvage::rebuild(&path, damaged.map(|trees| *trees), &mut room, cache, deadline)?;
                rebuilt = Some((doubt.to_string(), aside));
                (trees, contents)
            }
        };
        let lost = lost(&testimony, &contents);
        let mut ledger = contents.ledger;
        ledger.next = ledger.next.max(testimony.next);
        ledger.batch = ledger.batch.max(testimony.batch);
        let store = Self {
            closing: Closing::new(&trees, deadline),
            trees,
            ledger: Mutex::new(ledger),
            witness: Mutex::new(Witness::open(&witness)?),
            index: RwLock::default(),
            gate: RwLock::default(),
            handed_over: Mutex::default(),
            room: Mutex::new(room),
            waiting: Mutex::default(),
            deadline,
            silent: AtomicBool::new(false),
            lock,
        };
        let takes = store.without_sealed(contents.takes, &contents.intents, &testimony, text_hash)?;
        *store.index_to_change() = takes;
        Ok(Opening { store, rebuilt, lost })
    }

    /// Drops what is in the text already, and gives the index of the rest.
    fn without_sealed(
        &self,
        takes: BTreeMap<(Fingerprint, u64), super::verify::Found>,
        intents: &BTreeMap<Fingerprint, Intent>,
        testimony: &Testimony,
        text_hash: impl Fn(&str, &Fingerprint) -> io::Result<Option<[u8; 32]>>,
    ) -> Result<Index, StoreError> {
        let mut sealed: BTreeMap<Fingerprint, u64> = BTreeMap::new();
        let mut vain = Vec::new();
        let mut index = Index::default();
        for (fp, intent) in intents {
            let mut own = takes.range((*fp, 0)..=(*fp, u64::MAX));
            let folder = own.find_map(|(_, found)| found.folder.as_deref());
            let text = folder.map_or(Ok(None), |folder| text_hash(folder, fp))?;
            if text == Some(intent.hash) {
                sealed.insert(*fp, intent.sequence);
            } else {
                vain.push(*fp);
            }
        }
        self.forget_intents(&vain)?;
        for ((fp, sequence), found) in takes {
            if testimony.is_sealed(&fp, sequence) {
                let latest = sealed.entry(fp).or_insert(sequence);
                *latest = sequence.max(*latest);
            }
            let in_text = sealed.get(&fp).is_some_and(|latest| sequence <= *latest);
            if let (Some(folder), false) = (found.folder, in_text) {
                let state = TakeState { pages: found.pages, complete: found.complete };
                index.put(TakeId { fingerprint: fp, sequence }, &folder, state);
            }
        }
        if !sealed.is_empty() {
            self.remove(&sealed.into_iter().collect::<Vec<_>>())?;
        }
        Ok(index)
    }
}

/// A store that is not used as it is: why, and what of it opened.
type Doubtful = (Doubt, Option<Box<Trees>>);

fn open_whole(path: &Path, cache: u64, deadline: Duration) -> Result<(Trees, Contents), Doubtful> {
    let trees = open(path, cache, deadline).map_err(|doubt| (doubt, None))?;
    match verify(&trees, deadline) {
        Ok(contents) => Ok((trees, contents)),
        Err(doubt) => Err((doubt, Some(Box::new(trees)))),
    }
}

/// Whether an error of the file system is about the machine and not about what is in the files.
fn is_environment(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::StorageFull | Kind::QuotaExceeded | Kind::WouldBlock
    )
}

/// What was acknowledged, is not in the text, and is not in the store.
fn lost(testimony: &Testimony, contents: &Contents) -> Vec<Lost> {
    let mut lost = Vec::new();
    for ((fp, sequence), (acknowledged, folder)) in &testimony.taken {
        let found = contents.takes.get(&(*fp, *sequence)).map_or(0, |found| found.pages);
        if !testimony.is_sealed(fp, *sequence) && found < *acknowledged {
            lost.push(Lost { folder: folder.clone(), fp: *fp, pages: (*acknowledged, found) });
        }
    }
    lost
}
