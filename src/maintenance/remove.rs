//! Takes taken out of the text from outside a recording.

use crate::cassette::relink::RelinkPlan;
use crate::cassette::rewrite::without_takes;
use crate::cassette::{Cassette, usage};
use crate::cassette::{CassetteError, StoreError};
use crate::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What can be taken out of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The operation's folder.
    pub folder: String,
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// The operation, for people.
    pub operation: String,
    /// The takes that were never used, by their place in the text.
    pub unused: BTreeSet<usize>,
    /// How many takes there are.
    pub takes: usize,
}

impl Removal {
    /// Whether nothing of the entry is left without them.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unused.len() == self.takes
    }
}

impl<P> Cassette<P> {
    /// Takes `removals` out of the text, each file replaced whole or removed, and tells `step` before each of how many; a
    /// folder goes with its last file, and a session's variables with its last take. The folders are synced once, at the end.
    /// What was recorded after a write that goes is linked to what came before that. What is known of a run's use goes first:
    /// it no longer fits.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, an entry is not all text, or a file cannot be read or
    /// written. Those before it are done.
    pub fn remove(&self, removals: &[Removal], step: &mut dyn FnMut(usize)) -> Result<(), CassetteError> {
        let storage = &self.storage;
        if storage.store().is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let _alone = storage.sealing.lock();
        usage::forget(&storage.root)?;
        let (links, sessions) = self.links_without(removals)?;
        // Before the writes go: at no moment does a link lead nowhere.
        let mut changed = if links.change_nothing() { BTreeSet::new() } else { self.storage.relink(&links)? };
        for entry in removals {
            step(removals.len());
            changed.extend(self.remove_takes(entry)?);
        }
        storage.sync_changed(&changed)?;
        self.drop_idle_variables(&sessions)
    }

    /// The writes of the entries that change, and which of them go; and the sessions of all takes that go.
    fn links_without(&self, removals: &[Removal]) -> Result<(RelinkPlan, BTreeSet<String>), CassetteError> {
        let (mut links, mut sessions) = (RelinkPlan::default(), BTreeSet::new());
        for Removal { folder, fingerprint, unused, .. } in removals {
            let entry = self.storage.text(folder, fingerprint)?;
            for (at, take) in entry.iter().flat_map(|entry| entry.takes.iter().enumerate()) {
                links.note(take, unused.contains(&at));
                sessions.extend(unused.contains(&at).then(|| take.session.clone().unwrap_or_default()));
            }
        }
        Ok((links, sessions))
    }

    /// Takes out what goes of an entry; gives the folder that this changed.
    fn remove_takes(&self, removals: &Removal) -> Result<Option<PathBuf>, CassetteError> {
        let (storage, fp) = (&self.storage, &removals.fingerprint);
        self.all_text(fp)?;
        let Some(entry) = storage.read_entry(&removals.folder, fp)? else { return Ok(None) };
        let entry = without_takes(entry, &removals.unused);
        storage.rewrite(&removals.folder, fp, &entry).map(Some)
    }
}
