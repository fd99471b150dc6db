//! A cassette: a folder of recorded takes, one text file a fingerprint, with a store beside it.
//!
//! The text is what people read and git keeps. The store (`.store/`) is where recording writes first, durably, and what
//! replay answers from faster than from text; until a take is sealed the store is its authority, from then on the text
//! is, and a store that is gone or damaged costs no more than what was unsealed.
//!
//! Everything here is synchronous and may be shared between threads.

mod absent;
mod alike;
mod archive;
mod cache;
mod discard;
mod draft;
mod edit;
mod error;
pub mod failpoint;
mod format;
mod ground;
mod handed_on;
mod journal;
mod links;
mod listing;
mod manifest;
mod notice;
mod opening;
mod path;
mod premises;
mod proof;
mod prune;
mod put;
mod recording;
mod relink;
mod remove;
mod replace;
mod rules;
mod seal;
mod sealer;
mod store;
mod supersede;
mod text_alone;
mod usage;
mod variables;
mod warden;
mod watch;

pub use alike::{KEY_FILE, Unlike, alike, create_like, key_of, share_key, share_regions};
pub use cache::{Found, Origin};
pub use discard::Parts;
pub use edit::{Dangling, EditError, Editing, Farewell};
pub use error::{CassetteError, Leak, StoreError};
pub use format::VERSION;
pub use format::{is_cassette, is_of_earlier, is_of_newer, name_key, policy_of, regions_of};
pub use ground::Ground;
pub use links::links;
pub use listing::below;
pub use manifest::merge_manifest_texts;
pub use notice::Notice;
pub use opening::{Access, Opened, Settings};
pub use path::is_plain_name;
pub use premises::Lost;
pub use proof::Judge;
pub use prune::{PruneError, Pruning};
pub use put::Judged;
pub use recording::{EntryHead, TakeHead, TakeId, UpstreamToken};
pub use remove::Surplus;
pub use seal::SealReport;
pub use usage::{Usage, UsedTakes};
pub use variables::{MOST_VARIABLES, VARIABLES_FILE, VariableClash, VariableFlaw, Variables};
pub use variables::{check_variable, combine_variables, merge_variable_texts};
pub use warden::{Broken, NoWarden, Warden};

use self::archive::Archive;
use self::cache::{Memory, Prepared};
use self::path::Identity;
use self::sealer::Sealer;
use self::watch::{Moment, Watch};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// An open cassette. `P` is what its owner makes of an entry once, to answer from it often.
pub struct Cassette<P> {
    archive: Arc<Archive>,
    access: Access,
    prepare: fn(Fingerprint, Entry) -> P,
    memory: Memory<P>,
    /// Only where nothing is recorded: a recording touches its files all the time.
    watch: Option<&'static Watch>,
    /// Only while recording, and not in mode `all`: there the text changes at the end.
    sealer: Option<Sealer>,
}

impl<P> Cassette<P> {
    /// What was recorded under `fp`, prepared; `None` where nothing was. Costs a look at the file's identity while nothing
    /// changes.
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
    pub fn find(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Found<P>>, CassetteError> {
        if let Some(prepared) = self.memory.find(fp)
            && prepared.folder == folder
            && self.is_current(&prepared.found.origin)?
        {
            return Ok(Some(prepared.found.clone()));
        }
        let loaded = self.archive.load(folder, fp)?;
        let Some(entry) = loaded.entry else {
            self.memory.forget(fp);
            return Ok(None);
        };
        let value = Arc::new((self.prepare)(*fp, entry));
        let origin = Arc::new(Origin {
            fingerprint: *fp,
            path: loaded.path,
            identity: loaded.identity,
            settled: loaded.settled,
            generation: loaded.generation,
            current_at: AtomicU64::new(Moment::NEVER.0),
        });
        let found = Found { value, origin };
        let prepared = Prepared { found: found.clone(), folder: folder.to_owned(), weight: loaded.size };
        self.memory.keep(*fp, Arc::new(prepared));
        Ok(Some(found))
    }

    /// Whether what was read from `origin` is what would be read now.
    ///
    /// # Errors
    /// Where the system does not tell the file's identity.
    pub fn is_current(&self, origin: &Origin) -> Result<bool, CassetteError> {
        if !origin.settled || origin.generation != self.archive.generation(&origin.fingerprint) {
            return Ok(false);
        }
        let moment = self.watch.and_then(Watch::moment);
        if moment.is_some_and(|moment| origin.was_current_at(moment)) {
            return Ok(true);
        }
        // What watches must do so before the file is looked at.
        let covers = |moment: &Moment| {
            let (watch, folder) = (self.watch?, origin.path.parent()?);
            Some(watch.covers(&self.archive.root, folder, *moment))
        };
        let moment = moment.filter(|moment| covers(moment) == Some(true));
        let is_current = origin.identity == Identity::at(&origin.path)?;
        if let (true, Some(moment)) = (is_current, moment) {
            origin.set_current_at(moment);
        }
        Ok(is_current)
    }

    /// What was recorded under `fp`, read anew: the text and what is unsealed.
    ///
    /// # Errors
    /// As [`Self::lookup`].
    pub fn entry(&self, folder: &str, fp: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        self.archive.load(folder, fp).map(|loaded| loaded.entry)
    }

    /// Whether nothing was ever recorded: neither a file nor an unsealed take.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, CassetteError> {
        self.archive.is_empty()
    }

    /// Whether takes of `fp` are in the store only, and not in the text yet.
    #[must_use]
    pub fn is_unsealed(&self, fp: &Fingerprint) -> bool {
        self.archive.generation(fp) != 0
    }

    /// The cassette's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.archive.root
    }

    /// To how many requests there are takes in the store only.
    #[must_use]
    pub fn unsealed(&self) -> usize {
        self.archive.store.as_ref().map_or(0, |store| store.pending().len())
    }

    /// Folder and fingerprint of everything recorded, in order. Looks into every folder.
    ///
    /// # Errors
    /// Where a folder cannot be read, or a file has a name that no cassette holds.
    pub fn fingerprints(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        self.archive.names()
    }

    /// Keeps how long upstream took for an answer under `fp`, for [`Self::time`]. Nothing depends on it.
    pub fn keep_time(&self, fp: &Fingerprint, took: Duration) {
        if let Some(store) = &self.archive.store {
            store.keep_time(fp, took);
        }
    }

    /// How long upstream took for the latest answer under `fp`, where the recording was made here.
    #[must_use]
    pub fn time(&self, fp: &Fingerprint) -> Option<Duration> {
        self.archive.store.as_ref()?.time(fp)
    }
}
