//! A cassette without a store: as its text alone tells it, or before anything of it is there.

use super::error::CassetteError;
use super::memory::Memory;
use super::open::{CassetteSettings, check_format};
use super::policy::{DefaultPolicy, RecordingPolicy};
use super::storage::{Folder, OpenFolder, Storage};
use super::{Access, Cassette, listing};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::redact::{Key, KeySource, Redaction};
use std::path::Path;
use std::sync::Arc;

impl<P> Cassette<P> {
    /// The cassette in `root` as its text alone tells it: the store is neither asked nor touched.
    ///
    /// # Errors
    /// Where the format is not this program's.
    pub fn open_text(root: &Path, prepare: fn(Fingerprint, Entry) -> P) -> Result<Self, CassetteError> {
        check_format(root, Access::Replay, &DefaultPolicy)?;
        // Nothing is redacted or written here.
        let redaction = Redaction::built_in(KeySource::Known(Key::public()));
        Ok(Self::without_store(root, Arc::new(redaction), Arc::new(DefaultPolicy), prepare))
    }

    /// The cassette that the folder `root` is to become, with these rules: what is to stand in it can be checked. Nothing of
    /// it is made.
    ///
    /// # Errors
    /// Where the folder holds takes already.
    pub fn peek(
        root: &Path,
        redaction: Arc<Redaction>,
        policy: Arc<dyn RecordingPolicy>,
        prepare: fn(Fingerprint, Entry) -> P,
    ) -> Result<Self, CassetteError> {
        if listing::has_any(root)? {
            return Err(CassetteError::NoFormat { root: root.to_owned() });
        }
        Ok(Self::without_store(root, redaction, policy, prepare))
    }

    fn without_store(
        root: &Path,
        redaction: Arc<Redaction>,
        policy: Arc<dyn RecordingPolicy>,
        prepare: fn(Fingerprint, Entry) -> P,
    ) -> Self {
        let storage = Storage::new(root, Folder::Open(OpenFolder { store: None, guard: None }), redaction, policy);
        let memory = Memory::new(CassetteSettings::default().memory);
        Self { storage: Arc::new(storage), access: Access::Replay, prepare, memory, sealer: None }
    }
}
