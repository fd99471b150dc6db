//! One cassette's text and store, seen as one.

use super::absent::KnownWrites;
use super::error::CassetteError;
use super::listing;
use super::path::{Identity, entry_path, read_file, sync_folder};
use super::premises::Premises;
use super::store::Store;
use super::supersede::Superseded;
use super::warden::Warden;
use crate::diff::add_takes;
use crate::entry_file;
use crate::fingerprint::{Fingerprint, canonical_text};
use crate::model::{Entry, Take};
use crate::redact::Redaction;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How often a lookup starts over when its entry changes under it.
const ATTEMPTS: usize = 100;

/// A cassette without the memory in front of it.
pub(super) struct Archive {
    pub(super) root: PathBuf,
    /// `None` in a second process and in a read-only checkout.
    pub(super) store: Option<Store>,
    /// Only while recording.
    pub(super) premises: Option<Premises>,
    /// The rules of the cassette.
    pub(super) redaction: Arc<Redaction>,
    /// Who watches over what becomes text.
    pub(super) warden: Arc<dyn Warden>,
    /// One sealing at a time.
    pub(super) sealing: Mutex<()>,
    /// Which writes are there, as far as anybody asked.
    pub(super) writes: Mutex<KnownWrites>,
    /// What was sealed and leads back to a write that is not there.
    pub(super) adrift: Mutex<BTreeSet<(String, Fingerprint)>>,
    /// What gives way to the recording that is being sealed.
    pub(super) superseded: Mutex<Superseded>,
}

/// An entry, and what it was made from.
pub(super) struct Loaded {
    /// `None` where nothing was recorded.
    pub(super) entry: Option<Entry>,
    pub(super) path: PathBuf,
    pub(super) identity: Option<Identity>,
    pub(super) settled: bool,
    pub(super) generation: u64,
    /// The size of the file, and of what is unsealed.
    pub(super) size: u64,
}

impl Drop for Archive {
    fn drop(&mut self) {
        let nothing_waits = self.store.as_ref().is_none_or(|store| store.pending().is_empty());
        if let (Some(premises), true) = (&self.premises, nothing_waits) {
            drop(self.store.take());
            premises.discard_if_bare();
        }
    }
}

impl Archive {
    /// The generation of what is unsealed under `fp`; 0 where everything is sealed.
    pub(super) fn generation(&self, fp: &Fingerprint) -> u64 {
        self.store.as_ref().map_or(0, |store| store.pending().generation(fp))
    }

    /// What the file and the unsealed takes say together.
    pub(super) fn load(&self, folder: &str, fp: &Fingerprint) -> Result<Loaded, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        for _ in 0..ATTEMPTS {
            let generation = self.generation(fp);
            let unsealed = match &self.store {
                Some(store) if generation != 0 => match store.pending_takes(fp) {
                    Ok(unsealed) => unsealed,
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
            let entry = match unsealed {
                None => sealed,
                Some(unsealed) => Some(with_takes(sealed, unsealed)),
            };
            let size = size.max(entry.as_ref().map_or(0, weight));
            return Ok(Loaded { entry, path, identity, settled, generation, size });
        }
        Err(super::error::StoreError::Damaged("an entry never stands still").into())
    }

    /// The entry of a file: the store's compiled one while it is of this very file, else the file's.
    fn read_text(
        &self,
        path: &Path,
        folder: &str,
        fp: &Fingerprint,
    ) -> Result<(Option<Entry>, Option<Identity>, bool, u64), CassetteError> {
        let Some(identity) = Identity::at(path)? else { return Ok((None, None, true, 0)) };
        let store = self.store.as_ref().filter(|_| identity.is_settled());
        let cached = store.and_then(|store| store.cached_entry(fp, &identity));
        if let Some(entry) = cached.filter(|entry| entry.operation.folder() == folder) {
            return Ok((Some(entry), Some(identity), true, identity.size()));
        }
        let Some((bytes, identity)) = read_file(&self.root, path)? else { return Ok((None, None, true, 0)) };
        let entry = checked(&bytes, path, folder, fp)?;
        let settled = identity.is_settled();
        if let (Some(store), true) = (&self.store, settled) {
            store.cache_entry(fp, &identity, &entry);
        }
        Ok((Some(entry), Some(identity), settled, bytes.len() as u64))
    }

    /// The entry of a file, whatever is unsealed.
    pub(super) fn text(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        Ok(self.read_text(&entry_path(&self.root, folder, fp)?, folder, fp)?.0)
    }

    /// Whether there is neither a file nor an unsealed take.
    pub(super) fn is_empty(&self) -> Result<bool, CassetteError> {
        let unsealed = self.store.as_ref().is_some_and(|store| !store.pending().is_empty());
        Ok(!unsealed && !listing::has_any(&self.root)?)
    }

    /// Folder and fingerprint of everything, in order.
    pub(super) fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        let mut names = listing::all(&self.root)?;
        if let Some(store) = &self.store {
            names.extend(store.pending().names());
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// The entry that `bytes` spell, if it belongs where it stands.
pub(super) fn checked(bytes: &[u8], path: &Path, folder: &str, fp: &Fingerprint) -> Result<Entry, CassetteError> {
    let entry = entry_file::read(bytes).map_err(|flaw| CassetteError::Malformed {
        path: path.to_owned(),
        line: flaw.line(bytes),
        reason: flaw.reason,
    })?;
    let own = Fingerprint::of(&canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request));
    if own != *fp || entry.operation.folder() != folder {
        let expected = format!("{}/{own}.json", entry.operation.folder());
        return Err(CassetteError::Misplaced { path: path.to_owned(), expected });
    }
    Ok(entry)
}

/// The text of `entry`, which is or will be the file at `path`.
pub(super) fn written(entry: &Entry, path: &Path) -> Result<String, CassetteError> {
    entry_file::write(entry).map_err(|source| CassetteError::Unwritable { path: path.to_owned(), source })
}

/// The SHA-256 of the file of an entry, made to last.
///
/// # Errors
/// Where its folder cannot be synced.
pub(super) fn text_hash(root: &Path, folder: &str, fp: &Fingerprint) -> io::Result<Option<[u8; 32]>> {
    let read = entry_path(root, folder, fp).and_then(|path| read_file(root, &path));
    let Ok(Some((bytes, _))) = read else { return Ok(None) };
    // Whoever renamed it may have died before that.
    sync_folder(&root.join(folder))?;
    Ok(Some(Sha256::digest(&bytes).into()))
}

/// `sealed` with the takes that are not in the text yet.
pub(super) fn with_takes(sealed: Option<Entry>, unsealed: super::store::PendingTakes) -> Entry {
    let old = sealed.map(|entry| entry.takes).unwrap_or_default();
    unsealed.head.with(add_takes(old, unsealed.takes))
}

fn weight(entry: &Entry) -> u64 {
    let pages = entry.takes.iter().flat_map(|take: &Take| &take.pages);
    let bytes = pages.flat_map(|page| page.body.parts()).map(|part| match part {
        crate::model::Part::Literal(bytes) => bytes.len() as u64,
        crate::model::Part::Hole(_) => 64,
    });
    bytes.sum::<u64>() + 512 * (1 + entry.takes.len() as u64)
}
