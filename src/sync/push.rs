//! What was recorded here, brought into the object store and into `cassettes.lock`.

use super::SyncError;
use super::cassette_status::{CassetteStatus, FileStatus, read_status};
use super::file_state::FileState;
use super::project::{LockedFiles, Project, join_name};
use super::transfers::run_all;
use crate::cassette::path::read_file;
use crate::cassette::update::CassetteUpdate;
use crate::lock_file::{LockFile, Version};
use crate::model::Digest;
use crate::remote::{Remote, RemoteError};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// With more files than this, asking what the store has costs less than sending what it has already.
const LISTING_PAYS: usize = 100;
/// An object that was stored earlier is stored again where it becomes needed: a `gc` may be about to remove it, and leaves alone
/// what is younger than two of these.
pub(super) const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// What a push is about to do.
pub struct PushPlan {
    project: Project,
    lock: LockFile,
    statuses: Vec<CassetteStatus>,
    /// Keeps others from changing those cassettes.
    _kept: Vec<CassetteUpdate>,
    /// Whether what the lock names already is stored too, where the store lacks it.
    all: bool,
}

/// What a push has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushReport {
    /// How many files the lock names anew, or in another version.
    pub changed: usize,
    /// How many files the lock does not name any more.
    pub dropped: usize,
    /// How many objects were sent.
    pub sent: usize,
    /// How many bytes they have.
    pub bytes: u64,
}

/// A file whose content the store is to have.
#[derive(Clone, Debug)]
struct Upload {
    root: PathBuf,
    name: String,
    version: Version,
}

impl PushPlan {
    /// What is to be done so that `lock` names what the cassettes in `locked` hold. Nothing is asked, and nothing changed; from now on
    /// nobody else changes those cassettes. One that is not here is left as it is.
    ///
    /// # Errors
    /// Where a file here cannot be read, somebody has a cassette open, takes are in the store only, or the lock has something of a
    /// cassette that is not here yet.
    pub fn make(project: &Project, lock: LockFile, mut locked: LockedFiles, all: bool) -> Result<Self, SyncError> {
        locked.retain(|prefix, _| project.root(prefix).is_dir());
        // Before their files are looked at: nobody changes them afterwards.
        let kept: Result<Vec<_>, _> =
            locked.keys().map(|prefix| CassetteUpdate::begin(&project.root(prefix))).collect();
        let kept = kept?;
        let statuses = read_status(project, &locked)?;
        if let Some(behind) = statuses.iter().find(|status| status.count(FileState::is_for_pull) > 0) {
            let files = behind.count(FileState::is_for_pull);
            return Err(SyncError::Behind { root: behind.root.clone(), files });
        }
        Ok(Self { project: project.clone(), lock, statuses, _kept: kept, all })
    }

    /// How many files differ from what the lock says.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.statuses.iter().map(|status| status.count(FileState::is_for_push)).sum()
    }

    /// The cassettes in which anything differs: what the lock's names call them.
    pub fn changed_cassettes(&self) -> impl Iterator<Item = &str> {
        let changed = self.statuses.iter().filter(|status| status.count(FileState::is_for_push) > 0);
        changed.map(|status| status.prefix.as_str())
    }

    /// The paths of the files that would be sent, but for what the store has already: they must hold no secret.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.uploads().into_iter().map(|upload| upload.root.join(upload.name)).collect()
    }

    fn uploads(&self) -> Vec<Upload> {
        let is_sent = |state| matches!(state, FileState::New | FileState::Modified) || self.all;
        let of_cassette = |status: &CassetteStatus| {
            let upload = |file: &FileStatus| {
                let version = file.local().filter(|_| is_sent(file.state))?;
                Some(Upload { root: status.root.clone(), name: file.name.clone(), version })
            };
            status.files.iter().filter_map(upload).collect::<Vec<_>>()
        };
        self.statuses.iter().flat_map(of_cassette).collect()
    }

    /// Does it: sends what the store lacks, and then writes the lock. `step` is told the number of objects before each.
    ///
    /// # Errors
    /// Where the store cannot be reached or does not take an object, or a file or the lock is changed meanwhile. The lock is as
    /// it was then, and another push does not send again what was sent.
    pub async fn carry_out(mut self, remote: Remote, step: &mut dyn FnMut(usize)) -> Result<PushReport, SyncError> {
        let mut report = PushReport::default();
        let remote = Arc::new(remote);
        let uploads = self.lacking(&remote).await?;
        let total = uploads.len();
        let jobs = uploads.into_iter().map(|upload| send(Arc::clone(&remote), upload));
        run_all(jobs, remote.connections(), |bytes| {
            step(total);
            report.sent += 1;
            report.bytes += bytes;
            Ok(())
        })
        .await?;
        // git may have exchanged it for another branch's.
        if self.project.read_lock()? != self.lock {
            return Err(SyncError::LockChanged { path: self.project.lock_path() });
        }
        for status in &mut self.statuses {
            note_pushed(status, &mut self.lock, &mut report);
        }
        if report.changed + report.dropped > 0 {
            self.project.write_lock(&self.lock)?;
        }
        self.statuses.iter().try_for_each(|status| status.synced.write(&status.root))?;
        Ok(report)
    }

    /// The objects that have to be sent, each once.
    async fn lacking(&self, remote: &Remote) -> Result<Vec<Upload>, RemoteError> {
        let by_digest: BTreeMap<Digest, Upload> =
            self.uploads().into_iter().map(|upload| (upload.version.digest, upload)).collect();
        if by_digest.len() <= LISTING_PAYS && !self.all {
            return Ok(by_digest.into_values().collect());
        }
        let (now, named) = (SystemTime::now(), self.lock.files.values().map(|version| version.digest));
        let named: HashSet<Digest> = named.collect();
        let is_young = |modified: SystemTime| now.duration_since(modified).is_ok_and(|age| age < FRESH);
        let stored = remote
            .list()
            .await?
            .into_iter()
            .filter(|object| named.contains(&object.digest) || is_young(object.modified));
        let stored: HashSet<(Digest, u64)> = stored.map(|object| (object.digest, object.size)).collect();
        let is_lacking = |upload: &Upload| !stored.contains(&(upload.version.digest, upload.version.size));
        Ok(by_digest.into_values().filter(is_lacking).collect())
    }
}

/// Has the lock name what is here, and notes that both agree.
fn note_pushed(status: &mut CassetteStatus, lock: &mut LockFile, report: &mut PushReport) {
    for file in &mut status.files {
        let name = join_name(&status.prefix, &file.name);
        match file.local {
            Some(local) => {
                if lock.files.insert(name, local.version) != Some(local.version) {
                    report.changed += 1;
                }
            }
            None => {
                if lock.files.remove(&name).is_some() {
                    report.dropped += 1;
                }
            }
        }
        file.state = FileState::Same;
    }
    status.note_agreed();
}

/// Sends a file's content; gives its size.
async fn send(remote: Arc<Remote>, upload: Upload) -> Result<u64, SyncError> {
    let path = upload.root.join(&upload.name);
    let changed = || SyncError::Changed { path: path.clone() };
    let (bytes, _) = read_file(&upload.root, &path)?.ok_or_else(changed)?;
    if Version::compute(&bytes) != upload.version {
        return Err(changed());
    }
    remote.put(upload.version.digest, bytes.into()).await?;
    Ok(upload.version.size)
}
