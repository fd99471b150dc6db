//! A cassette: a folder of recorded takes, one text file a fingerprint, with a store beside it.
//!
//! The text is what people read and git keeps. A take that was just recorded is pending: the journal in `.store/` is its
//! authority until it is text. sled, beside the journal, is what lookups are answered from faster than from text; it can be
//! thrown away at any time.
//!
//! Everything here is synchronous and may be shared between threads.

mod background_sealer;
pub(crate) mod checks;
pub(crate) mod entry_text;
mod error;
pub mod failpoint;
mod folder_kind;
pub(crate) mod format;
mod guard;
mod journal;
mod last_calls;
pub(crate) mod listing;
mod manifest;
mod memory;
mod notice;
mod open;
mod open_text;
pub(crate) mod path;
mod pending_file;
mod policy;
mod record;
pub(crate) mod relink;
pub(crate) mod rewrite;
mod rules;
mod seal;
pub(crate) mod staged_file;
pub(crate) mod storage;
mod store;
mod supersede;
mod take;
pub(crate) mod take_links;
pub(crate) mod update;
pub(crate) mod usage;
mod variables;

pub use checks::validator::Validator;
pub use error::{CassetteError, Leak, StoreError};
pub use folder_kind::FolderKind;
pub use format::{
    KEY_FILE, VERSION, is_cassette, is_of_earlier, is_of_newer, name_key, profiles_of, read_redaction_spec, regions_of,
    services_of,
};
pub use guard::Lost;
pub use last_calls::read_calls;
pub use listing::below;
pub use manifest::merge_manifest_texts;
pub use memory::{CachedEntry, EntryOrigin};
pub use notice::Notice;
pub use open::{Access, CassetteSettings, Opened};
pub use path::is_plain_name;
pub use policy::{BrokenEntry, DefaultPolicy, PolicyError, RecordingPolicy};
pub use seal::SealReport;
pub use take::{EntryHead, TakeHead, TakeId, UpstreamToken};
pub use take_links::links;
pub use update::{file_names, is_file_name};
pub use usage::{Usage, UsedTakes};
pub use variables::{MOST_VARIABLES, VARIABLES_FILE, VariableClash, VariableFlaw, Variables};
pub use variables::{check_variable, combine_variables, merge_variable_texts};

use self::background_sealer::Sealer;
use self::memory::{Memory, Prepared};
use self::path::Identity;
use self::storage::Storage;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How many bytes a prepared entry takes for each byte of its text.
const WEIGHT_OF_TEXT: u64 = 3;

/// An open cassette. `P` is what its owner makes of an entry once, to answer from it often.
pub struct Cassette<P> {
    pub(crate) storage: Arc<Storage>,
    access: Access,
    prepare: fn(Fingerprint, Entry) -> P,
    memory: Memory<P>,
    /// Only while recording, and not in mode `all`: there the text changes at the end.
    sealer: Option<Sealer>,
}

impl<P> Cassette<P> {
    /// What was recorded under `fp`, prepared; `None` where nothing was. While nothing changes it costs a look at
    /// the file's identity, at most every 100 ms.
    ///
    /// # Errors
    /// Where the file is damaged or cannot be read; it is never taken for an absent one.
    pub fn lookup(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Arc<P>>, CassetteError> {
        Ok(self.find(folder, fp)?.map(|found| found.value))
    }

    /// As [`Self::lookup`], with what the answer was read from.
    ///
    /// # Errors
    /// As [`Self::lookup`].
    pub fn find(&self, folder: &str, fp: &Fingerprint) -> Result<Option<CachedEntry<P>>, CassetteError> {
        if let Some(prepared) = self.memory.find(fp)
            && prepared.folder == folder
            && self.is_current(&prepared.found.origin)?
        {
            return Ok(Some(prepared.found.clone()));
        }
        let loaded = self.storage.load(folder, fp)?;
        let origin = Arc::new(loaded.origin(*fp));
        let Some(entry) = loaded.entry else {
            self.memory.forget(fp);
            return Ok(None);
        };
        let value = Arc::new((self.prepare)(*fp, entry));
        let found = CachedEntry { value, origin };
        let prepared =
            Prepared { found: found.clone(), folder: folder.to_owned(), weight: WEIGHT_OF_TEXT * loaded.size };
        self.memory.keep(*fp, Arc::new(prepared));
        Ok(Some(found))
    }

    /// Whether what was read from `origin` is what would be read now, or would have been 100 ms ago.
    ///
    /// # Errors
    /// Where the system does not tell the file's identity.
    pub fn is_current(&self, origin: &EntryOrigin) -> Result<bool, CassetteError> {
        if !origin.settled || origin.generation != self.storage.generation(&origin.fingerprint) {
            return Ok(false);
        }
        if origin.last_look.is_recent() {
            return Ok(true);
        }
        let is_same = origin.identity == Identity::at(&origin.path)?;
        if is_same {
            origin.last_look.renew();
        }
        Ok(is_same)
    }

    /// What was recorded under `fp`, read anew: the text and what is pending.
    ///
    /// # Errors
    /// As [`Self::lookup`].
    pub fn entry(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        self.storage.load(folder, fp).map(|loaded| loaded.entry)
    }

    /// As [`Self::entry`], with what it was read from.
    ///
    /// # Errors
    /// As [`Self::lookup`].
    pub fn entry_and_origin(
        &self,
        folder: &str,
        fp: &Fingerprint,
    ) -> Result<Option<(Entry, EntryOrigin)>, CassetteError> {
        let loaded = self.storage.load(folder, fp)?;
        let origin = loaded.origin(*fp);
        Ok(loaded.entry.map(|entry| (entry, origin)))
    }

    /// Whether nothing was ever recorded: neither a file nor a pending take.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, CassetteError> {
        self.storage.is_empty()
    }

    /// Whether takes of `fp` are in the store only, and not in the text yet.
    #[must_use]
    pub fn is_pending(&self, fp: &Fingerprint) -> bool {
        self.storage.generation(fp) != 0
    }

    /// The cassette's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.storage.root
    }

    /// To how many requests there are takes in the store only.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.storage.store().map_or(0, |store| store.pending().len())
    }

    /// Folder and fingerprint of everything recorded, in order. Looks into every folder.
    ///
    /// # Errors
    /// Where a folder cannot be read, or a file has a name that no cassette holds.
    pub fn fingerprints(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        self.storage.names()
    }

    /// Keeps how long upstream took for an answer under `fp`, for [`Self::time`]. Nothing depends on it.
    pub fn keep_time(&self, fp: &Fingerprint, took: Duration) {
        if let Some(store) = self.storage.store() {
            store.keep_time(fp, took);
        }
    }

    /// How long upstream took for the latest answer under `fp`, where the recording was made here.
    #[must_use]
    pub fn time(&self, fp: &Fingerprint) -> Option<Duration> {
        self.storage.store()?.time(fp)
    }
}
