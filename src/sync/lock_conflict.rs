//! A conflict that git left in `cassettes.lock`, resolved from the versions that git keeps of it.

use super::SyncError;
use super::project::Project;
use crate::git::Git;
use crate::lock_file::{Clash, LOCK_NAME, LockError, LockFile};
use std::collections::BTreeMap;

/// A lock as it is to be, and the files in it that two branches changed in different ways.
#[derive(Clone, Debug, Default)]
pub(super) struct ResolvedLock {
    /// Of a file that both changed it names their version: ours is merged into it here.
    pub(super) lock: LockFile,
    pub(super) clashes: BTreeMap<String, Clash>,
    /// Whether there was a conflict.
    pub(super) had_conflict: bool,
}

/// The lock of `project`, its conflict resolved where git left one.
pub(super) fn read_resolved(project: &Project) -> Result<ResolvedLock, SyncError> {
    match project.read_lock() {
        Ok(lock) => Ok(ResolvedLock { lock, ..ResolvedLock::default() }),
        Err(SyncError::LockConflict { path, source }) => resolve(project, SyncError::LockConflict { path, source }),
        Err(error) => Err(error),
    }
}

fn resolve(project: &Project, conflict: SyncError) -> Result<ResolvedLock, SyncError> {
    let git = Git::in_folder(Some(project.folder()));
    let stage = |number: u8| {
        let shown = git.output(&["show", &format!(":{number}:./{LOCK_NAME}")]).ok();
        shown.filter(|shown| shown.status.success()).and_then(|shown| String::from_utf8(shown.stdout).ok())
    };
    // Without a common base, both sides made the file. Without a side there is nothing to go by: the markers were committed.
    let (Some(ours), Some(theirs)) = (stage(2), stage(3)) else { return Err(conflict) };
    let wrong = |source: LockError| SyncError::Lock { path: project.lock_path(), source };
    let merged = LockFile::merge_texts(&stage(1).unwrap_or_default(), &ours, &theirs).map_err(wrong)?;
    let mut lock = merged.lock;
    for (name, clash) in &merged.clashes {
        // What one side removed and the other changed stays: nobody's recording is lost.
        lock.files.extend(clash.theirs.or(clash.ours).map(|version| (name.clone(), version)));
    }
    let both_there = |clash: &Clash| clash.ours.is_some() && clash.theirs.is_some();
    let clashes = merged.clashes.into_iter().filter(|(_, clash)| both_there(clash)).collect();
    Ok(ResolvedLock { lock, clashes, had_conflict: true })
}
