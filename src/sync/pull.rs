//! What `cassettes.lock` names, brought into the folder.

use super::SyncError;
use super::cassette_status::{CassetteStatus, FileStatus, read_status};
use super::file_state::FileState;
use super::lock_conflict::{ResolvedLock, read_resolved};
use super::merge::BothChanged;
use super::project::{Project, join_name};
use super::synced::SyncedFile;
use super::transfers::run_all;
use crate::cassette::update::CassetteUpdate;
use crate::lock_file::{Clash, Version};
use crate::remote::Remote;
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;

/// What becomes of a file that was changed here and by others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Both sides' changes are merged; where that cannot be done, nothing is pulled.
    #[default]
    Merge,
    /// What is here stays.
    Ours,
    /// What the lock names counts, and what is here is lost.
    Theirs,
}

/// What a pull has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullReport {
    /// How many files were fetched.
    pub fetched: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files were removed, which the lock does not name any more.
    pub removed: usize,
    /// The files that both sides had changed and that were merged, or kept as they are here: a push brings them into the lock.
    pub merged: Vec<String>,
    /// Whether a conflict that git left in the lock was resolved.
    pub resolved_lock: bool,
}

/// What a pull is about to do.
pub struct PullPlan {
    project: Project,
    resolved: ResolvedLock,
    cassettes: Vec<CassettePull>,
}

/// What a pull does in one cassette.
struct CassettePull {
    status: CassetteStatus,
    fetch: Vec<(String, Version)>,
    remove: Vec<String>,
    both_changed: Vec<BothChanged>,
}

impl PullPlan {
    /// What is to be done so that the cassettes `select`ed, by what the lock calls them, are as the lock says. Nothing is asked, and
    /// nothing changed.
    ///
    /// # Errors
    /// Where a file here or the lock cannot be read.
    pub fn make(project: &Project, select: impl Fn(&str) -> bool) -> Result<Self, SyncError> {
        Self::plan_for(project, read_resolved(project)?, select)
    }

    /// As [`Self::make`], where a conflict in the lock is left as it is.
    ///
    /// # Errors
    /// As there, and where git left a conflict in the lock.
    pub fn make_without_resolving(project: &Project, select: impl Fn(&str) -> bool) -> Result<Self, SyncError> {
        let lock = project.read_lock()?;
        Self::plan_for(project, ResolvedLock { lock, ..ResolvedLock::default() }, select)
    }

    fn plan_for(project: &Project, resolved: ResolvedLock, select: impl Fn(&str) -> bool) -> Result<Self, SyncError> {
        let mut locked = project.locked_files(&resolved.lock)?;
        locked.retain(|prefix, _| select(prefix));
        let statuses = read_status(project, &locked)?;
        let cassettes = statuses.into_iter().map(|status| CassettePull::plan(status, &resolved)).collect();
        Ok(Self { project: project.clone(), resolved, cassettes })
    }

    /// How many files are to be fetched, removed or merged.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.cassettes.iter().map(CassettePull::changes).sum()
    }

    /// How many files were changed here and by others.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.cassettes.iter().map(|cassette| cassette.both_changed.len()).sum()
    }

    /// Keeps what is known to agree, so that nothing of it is read again.
    pub fn note_agreed(&mut self) {
        for cassette in &mut self.cassettes {
            if cassette.status.note_agreed() && cassette.status.root.join(".store").is_dir() {
                // Where it cannot be kept, the next one reads all files again.
                let _ = cassette.status.synced.write(&cassette.status.root);
            }
        }
    }

    /// Does it; `remote` is opened only where something is to be fetched, and `step` is told the number of files before each.
    ///
    /// # Errors
    /// Where both sides' changes cannot be merged, an object is missing, is not what the lock says or cannot be fetched, or the
    /// disk does not take it. What was fetched is here then, and another pull goes on from there.
    pub async fn carry_out(
        mut self,
        remote: impl FnOnce() -> Result<Remote, SyncError>,
        on_conflict: OnConflict,
        step: &mut dyn FnMut(usize),
    ) -> Result<PullReport, SyncError> {
        let mut report = PullReport { resolved_lock: self.resolved.had_conflict, ..PullReport::default() };
        let total = self.changes();
        if total > 0 {
            let remote = Arc::new(remote()?);
            // Before anything is changed: where somebody has to choose, everything stays as it is.
            let merged = self.merge(&remote, on_conflict).await?;
            for (cassette, merged) in self.cassettes.iter_mut().zip(merged) {
                cassette.carry_out(&remote, merged, &mut report, &mut || step(total)).await?;
            }
        }
        self.note_agreed();
        if self.resolved.had_conflict {
            self.project.write_lock(&self.resolved.lock)?;
        }
        Ok(report)
    }

    /// The content of the files that both sides changed, for each cassette.
    async fn merge(&mut self, remote: &Remote, on_conflict: OnConflict) -> Result<Vec<Vec<MergedFile>>, SyncError> {
        let (mut all, mut conflicts) = (Vec::new(), Vec::new());
        for cassette in &mut self.cassettes {
            let mut merged = Vec::new();
            for file in std::mem::take(&mut cassette.both_changed) {
                let root = &cassette.status.root;
                match (on_conflict, file.theirs) {
                    (OnConflict::Theirs, Some(theirs)) => cassette.fetch.push((file.name, theirs)),
                    (OnConflict::Theirs, None) => cassette.remove.push(file.name),
                    (OnConflict::Ours, _) => merged.push(MergedFile {
                        bytes: file.read_ours(root, remote).await?,
                        theirs: file.theirs,
                        name: file.name,
                    }),
                    (OnConflict::Merge, _) => match file.merge(root, remote).await? {
                        Ok(bytes) => merged.push(MergedFile { bytes, theirs: file.theirs, name: file.name }),
                        Err(reason) => conflicts.push((root.join(&file.name), reason)),
                    },
                }
            }
            all.push(merged);
        }
        if conflicts.is_empty() { Ok(all) } else { Err(SyncError::Conflicts { files: conflicts }) }
    }
}

/// A file as it is to be here, which the lock names in another version.
struct MergedFile {
    name: String,
    bytes: Bytes,
    theirs: Option<Version>,
}

impl CassettePull {
    fn plan(status: CassetteStatus, resolved: &ResolvedLock) -> Self {
        let mut pull = Self { status, fetch: Vec::new(), remove: Vec::new(), both_changed: Vec::new() };
        for file in &pull.status.files {
            if let Some(clash) = resolved.clashes.get(&join_name(&pull.status.prefix, &file.name)) {
                pull.both_changed.push(both_changed(file, clash));
                continue;
            }
            match (file.state, file.locked) {
                (FileState::Missing | FileState::Outdated, Some(version)) => {
                    pull.fetch.push((file.name.clone(), version))
                }
                (FileState::Dropped, _) => pull.remove.push(file.name.clone()),
                (FileState::Conflict, _) => pull.both_changed.push(BothChanged::here(file)),
                _ => {}
            }
        }
        pull
    }

    fn changes(&self) -> usize {
        self.fetch.len() + self.remove.len() + self.both_changed.len()
    }

    async fn carry_out(
        &mut self,
        remote: &Arc<Remote>,
        merged: Vec<MergedFile>,
        report: &mut PullReport,
        step: &mut dyn FnMut(),
    ) -> Result<(), SyncError> {
        if self.changes() + merged.len() == 0 {
            return Ok(());
        }
        let root = self.status.root.clone();
        // Before anything is fetched for nothing.
        let begun = root.exists().then(|| CassetteUpdate::begin(&root)).transpose()?;
        let mut exchange = Exchange { root: &root, begun, is_marked: false };
        let done = self.exchange(&mut exchange, remote, merged, report, step).await;
        if let Some(update) = exchange.begun.filter(|_| done.is_ok()) {
            update.finish()?;
        }
        // Of an interrupted one too: what was fetched need not be read to be known.
        if root.join(".store").is_dir() {
            self.status.synced.write(&root)?;
        }
        done
    }

    async fn exchange(
        &mut self,
        exchange: &mut Exchange<'_>,
        remote: &Arc<Remote>,
        merged: Vec<MergedFile>,
        report: &mut PullReport,
        step: &mut dyn FnMut(),
    ) -> Result<(), SyncError> {
        let synced = &mut self.status.synced.files;
        let jobs = std::mem::take(&mut self.fetch).into_iter().map(|(name, version)| {
            let remote = Arc::clone(remote);
            async move { Ok((name, version, remote.get(version.digest, version.size).await?)) }
        });
        run_all(jobs, remote.connections(), |(name, version, bytes): (String, Version, Bytes)| {
            step();
            let identity = Some(exchange.update()?.place(&name, &bytes)?);
            synced.insert(name, SyncedFile { version, identity });
            report.fetched += 1;
            report.bytes += version.size;
            Ok(())
        })
        .await?;
        for MergedFile { name, bytes, theirs } in merged {
            step();
            exchange.update()?.place(&name, &bytes)?;
            match theirs {
                Some(version) => synced.insert(name.clone(), SyncedFile { version, identity: None }),
                None => synced.remove(&name),
            };
            report.merged.push(join_name(&self.status.prefix, &name));
        }
        for name in std::mem::take(&mut self.remove) {
            step();
            exchange.update()?.remove(&name)?;
            synced.remove(&name);
            report.removed += 1;
        }
        Ok(())
    }
}

/// The cassette as it is being changed. Until the first file comes, it is as it was.
struct Exchange<'r> {
    root: &'r Path,
    begun: Option<CassetteUpdate>,
    is_marked: bool,
}

impl Exchange<'_> {
    fn update(&mut self) -> Result<&CassetteUpdate, SyncError> {
        let update = match self.begun.take() {
            Some(update) => update,
            None => CassetteUpdate::begin(self.root)?,
        };
        if !self.is_marked {
            update.mark()?;
            self.is_marked = true;
        }
        Ok(self.begun.insert(update))
    }
}

/// A file that two branches changed in different ways.
fn both_changed(file: &FileStatus, clash: &Clash) -> BothChanged {
    let is_ours_here = file.local().is_some_and(|local| Some(local) != clash.theirs);
    let ours = if is_ours_here { None } else { clash.ours };
    BothChanged { name: file.name.clone(), base: clash.base, ours, theirs: clash.theirs }
}
