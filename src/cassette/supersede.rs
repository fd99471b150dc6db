//! What gives way to a recording in mode `all` beside the takes that it records anew: what the writes that are recorded anew
//! had made, and nobody asks for any more.
//!
//! A suite that creates a share, reads it by its ARN and deletes it asks for another ARN in every recording: its earlier reads
//! and deletion would never be found again, and lead back to a creation that is not there.

use super::archive::{Archive, checked, written};
use super::error::CassetteError;
use super::path::{entry_path, read_file};
use super::proof::Judge;
use super::relink::Links;
use super::replace::synced;
use super::store::Store;
use super::{fault, usage};
use crate::fingerprint::Fingerprint;
use crate::interaction::{Entry, Take};
use crate::session::{Seen, Write};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::sync::{MutexGuard, PoisonError};

/// Takes that stand in the text until a recording in mode `all` takes their place.
#[derive(Debug, Default)]
pub(super) struct Superseded {
    /// By fingerprint: takes of the text that go, by their place.
    going: HashMap<Fingerprint, BTreeSet<usize>>,
    links: Links,
}

/// What a recording in mode `all` has recorded anew.
#[derive(Default)]
struct Anew {
    /// By fingerprint, the sessions whose takes of it are replaced.
    replaced: HashMap<Fingerprint, HashSet<Option<String>>>,
    /// The writes among its takes.
    writes: Vec<Take>,
    /// Those of `replaced` that are writes and may become text.
    superseding: HashMap<Fingerprint, HashSet<Option<String>>>,
}

impl Superseded {
    /// `entry`, as the text has it, without what goes; `None` where nothing is left.
    pub(super) fn applied(&self, fp: &Fingerprint, mut entry: Entry) -> Option<Entry> {
        self.apply(fp, &mut entry);
        (!entry.takes.is_empty()).then_some(entry)
    }

    fn apply(&self, fp: &Fingerprint, entry: &mut Entry) -> bool {
        let before = entry.takes.len();
        if let Some(going) = self.going.get(fp) {
            let mut at = 0..;
            entry.takes.retain(|_| at.next().is_none_or(|at: usize| !going.contains(&at)));
        }
        let relinked = self.links.relink_all(entry);
        relinked || entry.takes.len() < before
    }
}

impl Archive {
    /// Takes out of the text what the recording in `store` supersedes, where it is one in mode `all`. What of that has takes to
    /// come is left to [`Archive::draft`], which asks [`Archive::without_superseded`].
    ///
    /// It comes before the new takes become text: a process that dies in between finds them in the store and does it again.
    ///
    /// Says how many takes go.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub(super) fn supersede(&self, store: &Store) -> Result<usize, CassetteError> {
        let anew = self.recorded_anew(store)?;
        if anew.replaced.is_empty() {
            return Ok(0);
        }
        let text = self.whole_text()?;
        let superseded = self.superseded(&anew, &text);
        let is_to_come = |fp: &Fingerprint| store.index().of(fp).is_some();
        let mut changed = BTreeSet::new();
        for (folder, fp, mut entry) in text {
            if !is_to_come(&fp) && superseded.apply(&fp, &mut entry) {
                changed.insert(self.rewrite(&folder, &fp, &entry)?);
            }
        }
        if !changed.is_empty() {
            usage::forget(&self.root)?;
        }
        for folder in &changed {
            // It stays where other files are in it.
            synced(if fs::remove_dir(folder).is_ok() { &self.root } else { folder })?;
        }
        let takes = superseded.going.values().map(BTreeSet::len).sum();
        *self.superseded_now() = Some(superseded);
        fault::point("after-superseding");
        Ok(takes)
    }

    /// What is superseded, from [`Archive::supersede`] until all of the recording is text.
    pub(super) fn superseded_now(&self) -> MutexGuard<'_, Option<Superseded>> {
        self.superseded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of a file as it stands beside what is recorded anew.
    pub(super) fn without_superseded(&self, fp: &Fingerprint, sealed: Option<Entry>) -> Option<Entry> {
        match &*self.superseded_now() {
            Some(superseded) => sealed.and_then(|entry| superseded.applied(fp, entry)),
            None => sealed,
        }
    }

    fn recorded_anew(&self, store: &Store) -> Result<Anew, CassetteError> {
        let mut anew = Anew::default();
        for name in store.index().names() {
            let Some(unsealed) = store.takes_of(&name.1)? else { continue };
            let replacing = || unsealed.takes.iter().filter(|recorded| recorded.replace).map(|recorded| &recorded.take);
            let sessions: HashSet<_> = replacing().map(|take| take.session.clone()).collect();
            if sessions.is_empty() {
                continue;
            }
            let writes: Vec<Take> = replacing().filter(|take| take.id.is_some()).cloned().collect();
            // What cannot become text replaces nothing: its earlier takes stay, and so does what they made.
            if !writes.is_empty() && self.can_become_text(&name, &unsealed.head.clone().with(writes.clone()))? {
                anew.superseding.insert(name.1, sessions.clone());
            }
            anew.writes.extend(writes);
            anew.replaced.insert(name.1, sessions);
        }
        Ok(anew)
    }

    fn can_become_text(&self, (folder, fp): &(String, Fingerprint), entry: &Entry) -> Result<bool, CassetteError> {
        let path = entry_path(&self.root, folder, fp)?;
        let Ok(text) = written(entry, &path) else { return Ok(false) };
        let judge = Judge { warden: &*self.warden, redaction: &self.redaction };
        match judge.prove(&path, fp, entry, &text) {
            Ok(()) => Ok(true),
            Err(CassetteError::Secret { .. } | CassetteError::Broken { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every entry as its file has it.
    fn whole_text(&self) -> Result<Vec<(String, Fingerprint, Entry)>, CassetteError> {
        let mut entries = Vec::new();
        for (folder, fp) in self.names()? {
            let path = entry_path(&self.root, &folder, &fp)?;
            if let Some((bytes, _)) = read_file(&self.root, &path)? {
                entries.push((folder.clone(), fp, checked(&bytes, &path, &folder, &fp)?));
            }
        }
        Ok(entries)
    }

    fn superseded(&self, anew: &Anew, text: &[(String, Fingerprint, Entry)]) -> Superseded {
        let has = |sessions: &HashMap<Fingerprint, HashSet<Option<String>>>, fp: &Fingerprint, take: &Take| {
            sessions.get(fp).is_some_and(|sessions| sessions.contains(&take.session))
        };
        let mut earlier: HashMap<Option<String>, Vec<Write>> = HashMap::new();
        for (_, fp, entry) in text {
            for take in entry.takes.iter().filter(|take| take.id.is_some() && has(&anew.superseding, fp, take)) {
                earlier.entry(take.session.clone()).or_default().push(Write::of(fp, entry, take));
            }
        }
        let mut superseded = Superseded::default();
        anew.writes.iter().for_each(|take| superseded.links.note(take, false));
        for (_, fp, entry) in text {
            let seen = Seen::of(entry, &self.warden.operation_rules(&entry.operation));
            let made_by = |take: &Take| {
                let writes = earlier.get(&take.session);
                writes.is_some_and(|writes| writes.iter().any(|write| write.concerns(&seen)))
            };
            for (at, take) in entry.takes.iter().enumerate() {
                let goes = !has(&anew.replaced, fp, take) && made_by(take);
                superseded.links.note(take, goes || has(&anew.superseding, fp, take));
                if goes {
                    superseded.going.entry(*fp).or_default().insert(at);
                }
            }
        }
        superseded
    }
}
