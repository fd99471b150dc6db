//! From the store to the text, many requests at a time: what is noted before the files change and what is removed after is
//! made durable once for all of them.

use super::checks::redaction_links::handed_on;
use super::error::CassetteError;
use super::format;
use super::guard::{CassetteGuard, Lost};
use super::pending_file::{OpenChains, PendingFile};
use super::staged_file::synced;
use super::storage::Storage;
use super::store::Store;
use crate::fingerprint::Fingerprint;
use crate::model::with_causes;
use parking_lot::MutexGuard;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How often sealing starts over when something is recorded for the same fingerprint meanwhile.
const ATTEMPTS: usize = 10;

/// How many requests become text together.
pub(super) const GROUP: usize = 64;

/// Folder and fingerprint.
type EntryName = (String, Fingerprint);

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
    /// What of the recording is gone: neither the text nor the store has it.
    pub lost: Vec<Lost>,
    /// How many takes of earlier recordings went with what was recorded anew.
    pub superseded: usize,
    /// What is in the text now and was recorded after a write that is not in the cassette.
    pub dangling: Vec<(String, Fingerprint)>,
}

impl SealReport {
    fn fail(&mut self, (folder, fp): EntryName, error: &CassetteError) {
        self.secrets += usize::from(matches!(error, CassetteError::Secret { .. }));
        self.broken += usize::from(matches!(error, CassetteError::BrokenEntry { .. }));
        self.failed.push((folder, fp, with_causes(error)));
    }

    fn fail_all(&mut self, files: Vec<PendingFile>, error: &CassetteError) {
        for file in files {
            file.discard();
            self.fail(file.name, error);
        }
    }

    fn sort(&mut self) {
        self.sealed.sort();
        self.partial.sort();
        self.failed.sort();
    }
}

impl Storage {
    /// Writes everything pending as text; tells `step`, before each request, of how many. One that cannot be written keeps
    /// none of the others back.
    pub(super) fn seal_all(&self, step: &mut dyn FnMut(usize)) -> SealReport {
        let mut report = SealReport::default();
        let Some(store) = self.store() else { return report };
        let mut names = store.pending().names();
        match handed_on(self) {
            Ok(mut lost) => names.retain(|name| {
                let Some(broken) = lost.remove(&name.1) else { return true };
                report.fail(name.clone(), &self.broken(name, broken));
                false
            }),
            Err(error) => names.drain(..).for_each(|name| report.fail(name, &error)),
        }
        self.seal(names, OpenChains::AreOver, step, &mut report);
        report.sort();
        if let Some(guard) = self.guard() {
            let lost = guard.lost(store.pending_answers());
            if !guard.stand() {
                // Neither text nor store is where another start would find it.
                return SealReport { lost, ..SealReport::default() };
            }
            report.lost = lost;
        }
        report.dangling = std::mem::take(&mut *self.dangling()).into_iter().collect();
        report
    }

    /// Has `cassette.json` say what it takes to read `names`, before they are written.
    fn name_format(&self, names: &[EntryName]) -> Result<(), CassetteError> {
        format::make_readable(&self.root, names.iter().map(|(folder, _)| folder.as_str()))?;
        if let Some(guard) = self.guard() {
            guard.note_files();
        }
        Ok(())
    }

    /// Writes what is pending of `names` as text; tells `step`, before each of them, of how many.
    pub(super) fn seal(
        &self,
        mut names: Vec<EntryName>,
        chains: OpenChains,
        step: &mut dyn FnMut(usize),
        report: &mut SealReport,
    ) {
        let Some(store) = self.store() else { return };
        let _alone = self.sealing.lock();
        let restored = self.guard().map_or(Ok(()), |guard| guard.restore(self.redaction.spec()));
        let upgraded = restored.and_then(|()| if names.is_empty() { Ok(()) } else { self.name_format(&names) });
        if let Err(error) = upgraded {
            return names.drain(..).for_each(|name| report.fail(name, &error));
        }
        let left = self.catch_up(store, report);
        names.retain(|(_, fp)| !left.contains(fp));
        if chains == OpenChains::AreOver {
            match self.supersede(store, &names) {
                Ok(takes) => report.superseded += takes,
                Err(error) => names.drain(..).for_each(|name| report.fail(name, &error)),
            }
        }
        let all = names.len();
        for attempt in 0..ATTEMPTS {
            let mut overtaken = Vec::new();
            for group in names.chunks(GROUP) {
                let mut files = Vec::new();
                for name in group {
                    if attempt == 0 {
                        step(all);
                    }
                    match self.stage_file(store, name, chains) {
                        Ok(file) => files.extend(file),
                        Err(error) => report.fail(name.clone(), &error),
                    }
                }
                overtaken.extend(place(store, self.guard(), files, report));
            }
            names = overtaken;
        }
        let overtaken = |(folder, fp)| (folder, fp, "more was recorded for it each time it was tried".to_owned());
        report.failed.extend(names.into_iter().map(overtaken));
        self.superseded_now().clear();
    }

    /// Makes files last that an earlier sealing could not, and the store forget what they tell of; gives what is left.
    fn catch_up(&self, store: &Store, report: &mut SealReport) -> BTreeSet<Fingerprint> {
        let mut left = BTreeSet::new();
        for (folder, latest) in store.placed() {
            let forgotten = synced(&self.root.join(&folder)).and_then(|()| Ok(store.forget(&[latest])?));
            if let Err(error) = forgotten {
                left.insert(latest.fingerprint);
                report.fail((folder, latest.fingerprint), &error);
            }
        }
        left
    }

    /// What was sealed and leads back to a write that is not there.
    pub(super) fn dangling(&self) -> MutexGuard<'_, BTreeSet<EntryName>> {
        self.dangling.lock()
    }
}

/// Makes the pending files those of their entries, and the store forget what is in them; gives the names for which something was recorded
/// meanwhile.
///
/// A process that dies on the way leaves every entry in the store, in its file, or in both with a record in the journal that tells it.
fn place(
    store: &Store,
    guard: Option<&CassetteGuard>,
    mut files: Vec<PendingFile>,
    report: &mut SealReport,
) -> Vec<EntryName> {
    if let Err(error) = store.note_writing(files.iter().filter_map(PendingFile::writing).collect()) {
        report.fail_all(files, &error.into());
        return Vec::new();
    }
    let mut overtaken = Vec::new();
    // By the folder that has to last before the store may forget; `None` where the text stays what it was.
    let mut placed: BTreeMap<Option<PathBuf>, Vec<PendingFile>> = BTreeMap::new();
    for file in files.drain(..) {
        match store.place(&file.name.1, file.generation, || file.put_in_place()) {
            Ok(Some(folder)) => placed.entry(folder).or_default().push(file),
            Ok(None) => {
                file.discard();
                overtaken.push(file.name);
            }
            Err(error) => report.fail_all(vec![file], &error),
        }
    }
    for (folder, placed) in placed {
        match folder.as_deref().map_or(Ok(()), synced) {
            Ok(()) => files.extend(placed),
            Err(error) => report.fail_all(placed, &error),
        }
    }
    let sealed: Vec<_> = files.iter().map(|file| file.latest).collect();
    if let Err(error) = store.forget(&sealed) {
        report.fail_all(files, &error.into());
        return overtaken;
    }
    for file in files {
        guard.iter().for_each(|guard| guard.note_placed(&file.name, file.takes, file.answers));
        report.partial.extend(file.is_partial.then(|| file.name.clone()));
        report.sealed.push(file.name);
    }
    overtaken
}
