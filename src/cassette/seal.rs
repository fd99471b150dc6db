//! From the store to the text.

use super::archive::{Archive, checked, with_takes};
use super::error::CassetteError;
use super::fault;
use super::handed_on::handed_on;
use super::path::{entry_path, read_file, write_synced};
use super::proof::Judge;
use super::store::{Intent, Store};
use super::text;
use super::warden::Broken;
use crate::fingerprint::Fingerprint;
use crate::interaction::with_causes;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

/// How often sealing starts over when something is recorded for the same fingerprint meanwhile.
const ATTEMPTS: usize = 10;

/// What was written as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealReport {
    /// Folder and fingerprint of what is in the text now and was not before.
    pub sealed: Vec<(String, Fingerprint)>,
    /// Those of them that hold a listing recorded only in part.
    pub partial: Vec<(String, Fingerprint)>,
    /// What stays in the store, and why. Nothing of it is lost.
    pub failed: Vec<(String, Fingerprint, String)>,
    /// How many of those failed because a secret was found in them.
    pub secrets: usize,
    /// How many because they do not answer their own requests.
    pub broken: usize,
    /// What is in the text now and was recorded after a write that is not in the cassette.
    pub adrift: Vec<(String, Fingerprint)>,
}

/// When to leave a fingerprint for later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chains {
    /// Where one of its chains has not come to its end.
    MayContinue,
    /// Never: the recording is over.
    AreOver,
}

/// The folder of files being written, on the same file system as the text and out of git's sight.
pub(super) fn writing_folder(root: &Path) -> PathBuf {
    root.join(".store").join("writing")
}

impl Archive {
    /// Writes everything unsealed as text. One that cannot be written keeps none of the others back.
    pub(super) fn seal_all(&self, chains: Chains) -> SealReport {
        let mut report = SealReport::default();
        let Some(store) = &self.store else { return report };
        let names = store.index().names();
        let mut lost = match handed_on(self) {
            Ok(lost) => lost,
            Err(error) => {
                let failed = |(folder, fp)| (folder, fp, with_causes(&error));
                return SealReport { failed: names.into_iter().map(failed).collect(), ..report };
            }
        };
        let all = names.len();
        for (folder, fp) in names {
            (self.step)(all);
            let sealed = match lost.remove(&fp) {
                Some(broken) => self.broken(&folder, &fp, broken),
                None => self.seal_one(&folder, fp, chains),
            };
            match sealed {
                Ok(None) => {}
                Ok(Some(partial)) => {
                    if partial {
                        report.partial.push((folder.clone(), fp));
                    }
                    report.sealed.push((folder, fp));
                }
                Err(error) => {
                    report.secrets += usize::from(matches!(error, CassetteError::Secret { .. }));
                    report.broken += usize::from(matches!(error, CassetteError::Broken { .. }));
                    report.failed.push((folder, fp, with_causes(&error)));
                }
            }
        }
        report.adrift = std::mem::take(&mut *self.adrift()).into_iter().collect();
        report
    }

    fn adrift(&self) -> MutexGuard<'_, BTreeSet<(String, Fingerprint)>> {
        self.adrift.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken<T>(&self, folder: &str, fp: &Fingerprint, broken: Broken) -> Result<T, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        Err(CassetteError::Broken { path, pointer: broken.pointer, reason: broken.reason })
    }

    /// Writes one fingerprint's takes as text; tells whether a listing in it is partial, `None` where nothing was done.
    pub(super) fn seal_one(
        &self,
        folder: &str,
        fp: Fingerprint,
        chains: Chains,
    ) -> Result<Option<bool>, CassetteError> {
        let Some(store) = &self.store else { return Ok(None) };
        let _alone = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..ATTEMPTS {
            let open = store.index().of(&fp).is_none_or(|unsealed| unsealed.takes.values().any(|take| !take.complete));
            if chains == Chains::MayContinue && open {
                return Ok(None);
            }
            match self.try_to_seal(store, folder, fp)? {
                Attempt::NothingThere => return Ok(None),
                Attempt::Sealed { partial } => return Ok(Some(partial)),
                Attempt::Overtaken => {}
            }
        }
        Ok(None)
    }

    fn try_to_seal(&self, store: &Store, folder: &str, fp: Fingerprint) -> Result<Attempt, CassetteError> {
        let Some(unsealed) = store.takes_of(&fp)? else { return Ok(Attempt::NothingThere) };
        let (generation, latest) = (unsealed.generation, unsealed.latest);
        let path = entry_path(&self.root, folder, &fp)?;
        let before = read_file(&self.root, &path)?.map(|(bytes, _)| bytes);
        let sealed = before.as_ref().map(|bytes| checked(bytes, &path, folder, &fp)).transpose()?;
        let recorded = unsealed.takes.clone();
        let entry = with_takes(sealed, unsealed);
        let partial = entry.takes.iter().any(|take| !take.complete);
        let text = text::write(&entry).map_err(|source| CassetteError::Unwritable { path: path.clone(), source })?;
        Judge { warden: &*self.warden, redaction: &self.redaction }.prove(&path, &fp, &entry, &text)?;
        match self.prove_links(&entry, &recorded) {
            Ok(false) => {}
            Ok(true) => drop(self.adrift().insert((folder.to_owned(), fp))),
            Err(broken) => return self.broken(folder, &fp, broken),
        }
        let settled = if before.as_deref() == Some(text.as_bytes()) {
            store.settle(fp, generation, latest, || Ok(None))?
        } else {
            let intent = Intent { hash: Sha256::digest(text.as_bytes()).into(), sequence: latest };
            store.intend(fp, &intent)?;
            let temporary = write_temporary(&self.root, &fp, &text)?;
            let settled = store.settle(fp, generation, latest, || put_in_place(&temporary, &path))?;
            if !settled {
                let _ = fs::remove_file(&temporary);
            }
            settled
        };
        self.note_writes(&entry.takes);
        Ok(if settled { Attempt::Sealed { partial } } else { Attempt::Overtaken })
    }
}

/// Writes `text` to a file that nobody reads yet, so that it is on the disk.
pub(super) fn write_temporary(root: &Path, fp: &Fingerprint, text: &str) -> Result<PathBuf, CassetteError> {
    let folder = writing_folder(root);
    let path = folder.join(format!("{fp}.json"));
    let written = fs::create_dir_all(&folder).and_then(|()| write_synced(&path, text.as_bytes()));
    written.map_err(|source| CassetteError::Write { path: path.clone(), source })?;
    fault::point("after-temporary-file");
    Ok(path)
}

enum Attempt {
    NothingThere,
    Sealed {
        /// Whether a listing in the entry is recorded only in part.
        partial: bool,
    },
    /// Something was recorded meanwhile.
    Overtaken,
}

/// Renames the text to where it belongs; gives the folder that this changed.
pub(super) fn put_in_place(temporary: &Path, path: &Path) -> Result<Option<PathBuf>, CassetteError> {
    let folder = path.parent().unwrap_or(path);
    let placed = fs::create_dir_all(folder).and_then(|()| fs::rename(temporary, path));
    placed.map_err(|source| CassetteError::Write { path: path.to_owned(), source })?;
    Ok(Some(folder.to_owned()))
}
