//! What gives way to a recording in mode `all` beside the takes that it records anew: what the writes that are recorded anew
//! had made, and nobody asks for any more.
//!
//! A suite that creates a share, reads it by its ARN and deletes it asks for another ARN in every recording: its earlier reads
//! and deletion would never be found again, and lead back to a creation that is not there.

use super::checks::validator::Validator;
use super::entry_text::written;
use super::error::CassetteError;
use super::failpoint;
use super::path::entry_path;
use super::relink::RelinkPlan;
use super::rewrite::without_takes;
use super::storage::{Storage, Superseded};
use super::store::{PendingTakes, Store};
use super::take_links::values;
use super::usage;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use crate::session::{RecordedWrite, SeenStrings};
use parking_lot::MutexGuard;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Folder, fingerprint and the entry as its file has it.
type Filed = (String, Fingerprint, Entry);

/// By fingerprint, sessions whose takes of it are meant.
type SessionsByFingerprint = HashMap<Fingerprint, HashSet<Option<String>>>;

/// What a recording in mode `all` has recorded anew.
#[derive(Default)]
struct Anew {
    /// What it has takes of: those replace the earlier ones.
    replaced: SessionsByFingerprint,
    /// The writes among its takes.
    writes: Vec<Take>,
    /// What is replaced, is a write, and may become text.
    superseding: SessionsByFingerprint,
}

fn has(sessions: &SessionsByFingerprint, fp: &Fingerprint, take: &Take) -> bool {
    sessions.get(fp).is_some_and(|sessions| sessions.contains(&take.session))
}

impl Storage {
    /// Takes out of the text what the recording of `names`, which are about to become text, supersedes, where it is one in mode
    /// `all`. What of that has takes to come is left to [`Storage::stage_file`], which asks [`Storage::without_superseded`]. Says how
    /// many takes go.
    ///
    /// It comes before the new takes become text, and links are changed before anything goes: a process that dies in between
    /// finds all in the store and in the text, and does it again.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub(super) fn supersede(&self, store: &Store, names: &[(String, Fingerprint)]) -> Result<usize, CassetteError> {
        let anew = self.recorded_anew(store, names)?;
        if anew.replaced.is_empty() {
            return Ok(0);
        }
        let text = self.whole_text()?;
        let (superseded, links) = self.superseded(&anew, &text);
        let mut changed = if links.change_nothing() { BTreeSet::new() } else { self.relink(&links)? };
        for (folder, fp, _) in &text {
            let going = superseded.get(fp).filter(|_| !anew.replaced.contains_key(fp));
            if let Some(going) = going
                && let Some(entry) = self.read_entry(folder, fp)?
            {
                changed.insert(self.rewrite(folder, fp, &without_takes(entry, going))?);
            }
        }
        if !changed.is_empty() {
            usage::forget(&self.root)?;
        }
        self.sync_changed(&changed)?;
        let takes = superseded.values().map(BTreeSet::len).sum();
        *self.superseded_now() = superseded;
        failpoint::point("after-superseding");
        Ok(takes)
    }

    /// What is superseded, from [`Storage::supersede`] until all of the recording is text.
    pub(super) fn superseded_now(&self) -> MutexGuard<'_, Superseded> {
        self.superseded.lock()
    }

    /// The entry of a file as it stands beside what is recorded anew.
    pub(super) fn without_superseded(&self, fp: &Fingerprint, sealed: Option<Entry>) -> Option<Entry> {
        let superseded = self.superseded_now();
        let left = |entry| match superseded.get(fp) {
            Some(going) => without_takes(entry, going),
            None => entry,
        };
        sealed.map(left).filter(|entry| !entry.takes.is_empty())
    }

    fn recorded_anew(&self, store: &Store, names: &[(String, Fingerprint)]) -> Result<Anew, CassetteError> {
        let mut anew = Anew::default();
        for name in names {
            let Some(pending) = store.pending_takes(&name.1)? else { continue };
            let replacing = || pending.takes.iter().filter(|recorded| recorded.replace).map(|recorded| &recorded.take);
            let sessions: HashSet<_> = replacing().map(|take| take.session.clone()).collect();
            if sessions.is_empty() {
                continue;
            }
            let writes: Vec<Take> = replacing().filter(|take| take.id.is_some()).cloned().collect();
            // What cannot become text replaces nothing: its earlier takes stay, and so does what they made.
            if !writes.is_empty() && self.can_become_text(name, &pending)? {
                anew.superseding.insert(name.1, sessions.clone());
            }
            anew.writes.extend(writes);
            anew.replaced.insert(name.1, sessions);
        }
        Ok(anew)
    }

    fn can_become_text(
        &self,
        (folder, fp): &(String, Fingerprint),
        pending: &PendingTakes,
    ) -> Result<bool, CassetteError> {
        let entry = pending.head.clone().with(pending.takes.iter().map(|recorded| recorded.take.clone()).collect());
        let path = entry_path(&self.root, folder, fp)?;
        let Ok(text) = written(&entry, &path) else { return Ok(false) };
        let validator = Validator { policy: &*self.policy, redaction: &self.redaction };
        match validator.prove(&path, fp, &entry, &text) {
            Ok(()) => Ok(self.prove_links(&entry, &pending.takes).is_ok()),
            Err(CassetteError::Secret { .. } | CassetteError::BrokenEntry { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every entry as its file has it.
    fn whole_text(&self) -> Result<Vec<Filed>, CassetteError> {
        let mut entries = Vec::new();
        for (folder, fp) in self.names()? {
            if let Some(entry) = self.read_entry(&folder, &fp)? {
                entries.push((folder, fp, entry));
            }
        }
        Ok(entries)
    }

    /// The takes that go, and how the others are linked then.
    fn superseded(&self, anew: &Anew, text: &[Filed]) -> (Superseded, RelinkPlan) {
        let mut earlier: HashMap<&Option<String>, Vec<RecordedWrite>> = HashMap::new();
        for (_, fp, entry) in text {
            for take in entry.takes.iter().filter(|take| take.id.is_some() && has(&anew.superseding, fp, take)) {
                let rules = self.policy.operation_rules(&entry.operation);
                earlier.entry(&take.session).or_default().push(RecordedWrite::from_take(
                    fp,
                    entry,
                    take,
                    &rules.identifiers,
                ));
            }
        }
        let mut going = Superseded::new();
        for (_, fp, entry) in text {
            let seen = SeenStrings::from_entry(entry, &self.policy.operation_rules(&entry.operation));
            let concerning = earlier.iter().filter(|(_, writes)| writes.iter().any(|write| write.concerns(&seen)));
            let sessions: HashSet<&Option<String>> = concerning.map(|(session, _)| *session).collect();
            let takes = entry.takes.iter().enumerate();
            let gone = takes.filter(|(_, take)| sessions.contains(&take.session) && !has(&anew.replaced, fp, take));
            let gone: BTreeSet<usize> = gone.map(|(at, _)| at).collect();
            if !gone.is_empty() {
                going.insert(*fp, gone);
            }
        }
        // What holds a value of a write that goes could never be asked again either.
        loop {
            let links = links_without(anew, text, &going);
            let before: usize = going.values().map(BTreeSet::len).sum();
            for (_, fp, entry) in text {
                for (at, take) in entry.takes.iter().enumerate().filter(|(_, take)| !has(&anew.replaced, fp, take)) {
                    let session = take.session.as_deref();
                    if values(&entry.request, take).iter().any(|source| links.is_gone(session, source)) {
                        going.entry(*fp).or_default().insert(at);
                    }
                }
            }
            if going.values().map(BTreeSet::len).sum::<usize>() == before {
                return (going, links);
            }
        }
    }
}

/// The writes of the text and of the recording, without those that go or are replaced.
fn links_without(anew: &Anew, text: &[Filed], going: &Superseded) -> RelinkPlan {
    let mut links = RelinkPlan::default();
    anew.writes.iter().for_each(|take| links.note(take, false));
    for (_, fp, entry) in text {
        for (at, take) in entry.takes.iter().enumerate() {
            let goes = going.get(fp).is_some_and(|going| going.contains(&at));
            links.note(take, goes || has(&anew.superseding, fp, take));
        }
    }
    links
}
