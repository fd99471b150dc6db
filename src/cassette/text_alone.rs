//! A cassette without a store: as its text alone tells it, or before anything of it is there.

use super::archive::Archive;
use super::cache::Memory;
use super::error::CassetteError;
use super::opening::{Settings, check_format};
use super::warden::{NoWarden, Warden};
use super::{Access, Cassette, listing};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::redact::{Key, KeySource, Redaction};
use std::path::Path;
use std::sync::{Arc, Mutex};

impl<P> Cassette<P> {
    /// The cassette in `root` as its text alone tells it: the store is neither asked nor touched.
    ///
    /// # Errors
    /// Where the format is not this program's.
    pub fn open_text(root: &Path, prepare: fn(Fingerprint, Entry) -> P) -> Result<Self, CassetteError> {
        check_format(root, Access::Replay, &NoWarden)?;
        // Nothing is redacted or written here.
        let redaction = Redaction::built_in(KeySource::Known(Key::public()));
        Ok(Self::without_store(root, Arc::new(redaction), Arc::new(NoWarden), prepare))
    }

    /// The cassette that the folder `root` is to become, with these rules: what is to stand in it can be judged. Nothing of
    /// it is made.
    ///
    /// # Errors
    /// Where the folder holds takes already.
    pub fn foresee(
        root: &Path,
        redaction: Arc<Redaction>,
        warden: Arc<dyn Warden>,
        prepare: fn(Fingerprint, Entry) -> P,
    ) -> Result<Self, CassetteError> {
        if listing::has_any(root)? {
            return Err(CassetteError::NoFormat { root: root.to_owned() });
        }
        Ok(Self::without_store(root, redaction, warden, prepare))
    }

    fn without_store(
        root: &Path,
        redaction: Arc<Redaction>,
        warden: Arc<dyn Warden>,
        prepare: fn(Fingerprint, Entry) -> P,
    ) -> Self {
        let archive = Archive {
            root: root.to_owned(),
            store: None,
            premises: None,
            redaction,
            warden,
            sealing: Mutex::default(),
            writes: Mutex::default(),
            adrift: Mutex::default(),
            superseded: Mutex::default(),
        };
        let memory = Memory::new(Settings::default().memory);
        Self { archive: Arc::new(archive), access: Access::Replay, prepare, memory, watch: None, sealer: None }
    }
}
