//! One cassette's text and store, seen as one.

use super::entry_text::{checked, with_takes};
use super::error::{CassetteError, StoreError};
use super::guard::CassetteGuard;
use super::listing;
use super::memory::{EntryOrigin, LastLook};
use super::path::{Identity, entry_path, read_file};
use super::policy::RecordingPolicy;
use super::store::Store;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use crate::redact::{Redaction, RedactionSpec};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// How often a lookup starts over when its entry changes under it.
const ATTEMPTS: usize = 100;

/// Ids of writes that were asked for, and whether each is there.
pub(crate) type WriteLookups = HashMap<String, bool>;

/// By fingerprint, takes of the text that give way to a recording in mode `all`, by their place.
pub(crate) type Superseded = HashMap<Fingerprint, BTreeSet<usize>>;

/// A cassette without the memory in front of it.
pub(crate) struct Storage {
    pub(crate) root: PathBuf,
    /// What its folder holds; empty until the first page where the folder was not there.
    opened: OnceLock<OpenFolder>,
    /// Makes that folder, where it was not there.
    make_folder: Option<MakeFolder>,
    /// Held while the folder is made or the key gets its file.
    making: Mutex<()>,
    /// Whether the key that this process made has its file.
    has_key_file: AtomicBool,
    /// The rules of the cassette.
    pub(crate) redaction: Arc<Redaction>,
    /// Who watches over what becomes text.
    pub(crate) policy: Arc<dyn RecordingPolicy>,
    /// One sealing at a time.
    pub(crate) sealing: Mutex<()>,
    /// Which writes are there, as far as anybody asked.
    pub(crate) writes: Mutex<WriteLookups>,
    /// What was sealed and leads back to a write that is not there.
    pub(crate) dangling: Mutex<BTreeSet<(String, Fingerprint)>>,
    /// What gives way to the recording that is being sealed.
    pub(crate) superseded: Mutex<Superseded>,
}

/// Makes the folder of a cassette with these rules, and opens it.
pub(crate) type MakeFolder = Box<dyn Fn(&RedactionSpec) -> Result<OpenFolder, CassetteError> + Send + Sync>;

/// The folder of a cassette.
#[expect(clippy::large_enum_variant, reason = "there is one for each cassette, and only until it is open")]
pub(crate) enum Folder {
    /// It is there, and open.
    Open(OpenFolder),
    /// It is made when the first page is stored.
    ToMake(MakeFolder),
}

/// What is open of a cassette's folder.
pub(crate) struct OpenFolder {
    /// `None` in a second process and in a read-only checkout.
    pub(crate) store: Option<Store>,
    /// Only while recording.
    pub(crate) guard: Option<CassetteGuard>,
}

/// An entry, and what it was made from.
pub(crate) struct Loaded {
    /// `None` where nothing was recorded.
    pub(crate) entry: Option<Entry>,
    pub(crate) path: PathBuf,
    pub(crate) identity: Option<Identity>,
    pub(crate) settled: bool,
    pub(crate) generation: u64,
    /// The size of the file, and of what is pending.
    pub(crate) size: u64,
}

impl Loaded {
    /// What the entry of `fp` was read from, just now.
    pub(crate) fn origin(&self, fp: Fingerprint) -> EntryOrigin {
        EntryOrigin {
            fingerprint: fp,
            path: self.path.clone(),
            identity: self.identity,
            settled: self.settled,
            generation: self.generation,
            last_look: LastLook::now(),
        }
    }
}

impl Storage {
    pub(crate) fn new(
        root: &Path,
        folder: Folder,
        redaction: Arc<Redaction>,
        policy: Arc<dyn RecordingPolicy>,
    ) -> Self {
        let (opened, make_folder) = match folder {
            Folder::Open(opened) => (opened.into(), None),
            Folder::ToMake(make) => (OnceLock::new(), Some(make)),
        };
        Self {
            root: root.to_owned(),
            opened,
            make_folder,
            making: Mutex::default(),
            has_key_file: AtomicBool::new(false),
            redaction,
            policy,
            sealing: Mutex::default(),
            writes: Mutex::default(),
            dangling: Mutex::default(),
            superseded: Mutex::default(),
        }
    }

    /// The store: none in a second process, in a read-only checkout, and before the folder is made.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.opened.get()?.store.as_ref()
    }

    /// What watches over the folder, while it is recorded into.
    pub(crate) fn guard(&self) -> Option<&CassetteGuard> {
        self.opened.get()?.guard.as_ref()
    }

    /// The store, if what it takes on lasts. A folder that was not there is made now, and a key that was made gets its file:
    /// what is about to be written may need it.
    pub(crate) fn store_to_write(&self) -> Result<&Store, CassetteError> {
        if let (None, Some(make_folder)) = (self.opened.get(), &self.make_folder) {
            let _alone = self.making.lock();
            if self.opened.get().is_none() {
                let opened = make_folder(self.redaction.spec())?;
                self.opened.get_or_init(|| opened);
            }
        }
        let store = self.store().ok_or(StoreError::NotRecording)?;
        store.is_in_place()?;
        self.keep_key()?;
        Ok(store)
    }

    fn keep_key(&self) -> Result<(), CassetteError> {
        let Some(key) = self.redaction.made_key().filter(|_| !self.has_key_file.load(Ordering::Acquire)) else {
            return Ok(());
        };
        let _alone = self.making.lock();
        let kept = self.policy.keep_key(&self.root, key);
        kept.map_err(|source| CassetteError::Redaction { root: self.root.clone(), source })?;
        if let Some(guard) = self.guard() {
            guard.note_files();
        }
        self.has_key_file.store(true, Ordering::Release);
        Ok(())
    }

    /// The generation of what is pending under `fp`; 0 where everything is sealed.
    pub(crate) fn generation(&self, fp: &Fingerprint) -> u64 {
        self.store().map_or(0, |store| store.pending().generation(fp))
    }

    /// What the file and the pending takes say together.
    pub(crate) fn load(&self, folder: &str, fp: &Fingerprint) -> Result<Loaded, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        for _ in 0..ATTEMPTS {
            let generation = self.generation(fp);
            let pending = match self.store() {
                Some(store) if generation != 0 => match store.pending_takes(fp) {
                    Ok(pending) => pending,
                    // It was sealed in between.
                    Err(_) if self.generation(fp) != generation => continue,
                    Err(error) => return Err(error.into()),
                },
                _ => None,
            };
            let (sealed, identity, settled, size) = self.read_text(&path, folder, fp)?;
            if self.generation(fp) != generation {
                continue;
            }
            let entry = match pending {
                None => sealed,
                Some(pending) => Some(with_takes(sealed, pending)),
            };
            let size = size.max(entry.as_ref().map_or(0, weight));
            return Ok(Loaded { entry, path, identity, settled, generation, size });
        }
        Err(StoreError::Changing.into())
    }

    /// The entry of a file: the store's compiled one while it is of this very file, else the file's.
    fn read_text(
        &self,
        path: &Path,
        folder: &str,
        fp: &Fingerprint,
    ) -> Result<(Option<Entry>, Option<Identity>, bool, u64), CassetteError> {
        let Some(identity) = Identity::at(path)? else { return Ok((None, None, true, 0)) };
        let store = self.store().filter(|_| identity.is_settled());
        let cached = store.and_then(|store| store.cached_entry(fp, &identity));
        if let Some(entry) = cached.filter(|entry| entry.operation.folder() == folder) {
            return Ok((Some(entry), Some(identity), true, identity.size()));
        }
        let Some((bytes, identity)) = read_file(&self.root, path)? else { return Ok((None, None, true, 0)) };
        let entry = checked(&bytes, path, folder, fp)?;
        let settled = identity.is_settled();
        if let (Some(store), true) = (self.store(), settled) {
            store.cache_entry(fp, &identity, &entry);
        }
        Ok((Some(entry), Some(identity), settled, bytes.len() as u64))
    }

    /// The entry of a file, whatever is pending.
    pub(crate) fn text(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        Ok(self.read_text(&entry_path(&self.root, folder, fp)?, folder, fp)?.0)
    }

    /// Whether there is neither a file nor a pending take.
    pub(crate) fn is_empty(&self) -> Result<bool, CassetteError> {
        let pending = self.store().is_some_and(|store| !store.pending().is_empty());
        Ok(!pending && !listing::has_any(&self.root)?)
    }

    /// Folder and fingerprint of everything, in order.
    pub(crate) fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        let mut names = listing::all(&self.root)?;
        if let Some(store) = self.store() {
            names.extend(store.pending().names());
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

fn weight(entry: &Entry) -> u64 {
    let pages = entry.takes.iter().flat_map(|take: &Take| &take.pages);
    let bytes = pages.flat_map(|page| page.body.parts()).map(|part| match part {
        crate::model::Part::Literal(bytes) => bytes.len() as u64,
        crate::model::Part::Hole(_) => 64,
    });
    bytes.sum::<u64>() + 512 * (1 + entry.takes.len() as u64)
}
