//! What is to be an entry's text: made of the text that is there and of what the store has, and proved.

use super::checks::validator::Validator;
use super::entry_text::{checked, with_takes, written};
use super::error::CassetteError;
use super::journal::Writing;
use super::path::{entry_path, read_file};
use super::policy::BrokenEntry;
use super::staged_file::{put_in_place, write_temporary};
use super::storage::Storage;
use super::store::Store;
use super::take::TakeId;
use crate::fingerprint::Fingerprint;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

/// When to leave a fingerprint for later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenChains {
    /// Where one of its chains has not come to its end.
    MayContinue,
    /// Never: the recording is over.
    AreOver,
}

/// A text that may take an entry's place, as long as nothing more is recorded.
pub(super) struct PendingFile {
    /// Folder and fingerprint.
    pub(super) name: (String, Fingerprint),
    /// What of the store is in it: the generation of the index, and the latest take.
    pub(super) generation: u64,
    pub(super) latest: TakeId,
    /// Whether a listing in it is recorded only in part.
    pub(super) is_partial: bool,
    /// How many takes are in it.
    pub(super) takes: usize,
    /// How many recorded answers it brings into the text.
    pub(super) answers: u64,
    path: PathBuf,
    change: Option<PendingText>,
}

/// What is to replace the file.
struct PendingText {
    /// SHA-256 of the text.
    hash: [u8; 32],
    /// Where it is until then, synced.
    temporary: PathBuf,
}

impl Storage {
    /// What is to be the text of an entry, on the disk beside it; `None` where nothing is to be done. One sealing at a time.
    ///
    /// # Errors
    /// Where a file cannot be read or written, and where the proof fails.
    pub(super) fn stage_file(
        &self,
        store: &Store,
        name: &(String, Fingerprint),
        chains: OpenChains,
    ) -> Result<Option<PendingFile>, CassetteError> {
        let (folder, fp) = name;
        let open = store.pending().entry(fp).is_none_or(|pending| pending.takes.values().any(|take| !take.complete));
        if chains == OpenChains::MayContinue && open {
            return Ok(None);
        }
        let Some(pending) = store.pending_takes(fp)? else { return Ok(None) };
        let (generation, latest) = (pending.generation, pending.latest);
        let answers = pending.takes.iter().map(|recorded| recorded.take.pages.len() as u64).sum();
        let path = entry_path(&self.root, folder, fp)?;
        let before = read_file(&self.root, &path)?.map(|(bytes, _)| bytes);
        let sealed = before.as_ref().map(|bytes| checked(bytes, &path, folder, fp)).transpose()?;
        let recorded = pending.takes.clone();
        let entry = with_takes(self.without_superseded(fp, sealed), pending);
        let text = written(&entry, &path)?;
        Validator { policy: &*self.policy, redaction: &self.redaction }.prove(&path, fp, &entry, &text)?;
        if self.prove_links(&entry, &recorded).map_err(|broken| self.broken(name, broken))? {
            self.dangling().insert(name.clone());
        }
        self.note_writes(&entry.takes);
        let change = if before.as_deref() == Some(text.as_bytes()) {
            None
        } else {
            let hash = Sha256::digest(text.as_bytes()).into();
            Some(PendingText { hash, temporary: write_temporary(&self.root, fp, &text)? })
        };
        let is_partial = entry.takes.iter().any(|take| !take.complete);
        let takes = entry.takes.len();
        Ok(Some(PendingFile { name: name.clone(), generation, latest, is_partial, takes, answers, path, change }))
    }

    /// The error of an entry that does not answer its own requests.
    pub(super) fn broken(&self, (folder, fp): &(String, Fingerprint), broken: BrokenEntry) -> CassetteError {
        match entry_path(&self.root, folder, fp) {
            Ok(path) => CassetteError::BrokenEntry { path, pointer: broken.pointer, reason: broken.reason },
            Err(error) => error,
        }
    }
}

impl PendingFile {
    /// What tells a later start that the file is this; `None` where that says it all already.
    pub(super) fn writing(&self) -> Option<Writing> {
        self.change.as_ref().map(|change| Writing { hash: change.hash, through: self.latest })
    }

    /// Makes it the file; gives the folder that this changed, if it did.
    pub(super) fn put_in_place(&self) -> Result<Option<PathBuf>, CassetteError> {
        self.change.as_ref().map(|change| put_in_place(&change.temporary, &self.path)).transpose()
    }

    /// Removes what was written of it and did not become the file.
    pub(super) fn discard(&self) {
        if let Some(change) = &self.change {
            let _ = fs::remove_file(&change.temporary);
        }
    }
}
