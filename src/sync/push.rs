//! What was recorded here, brought into the object store and into `cassettes.lock`.

use super::SyncError;
use super::cassette_status::{CassetteStatus, FileStatus, read_status};
use super::file_state::FileState;
use super::project::{Project, join_name};
use super::transfers::run_all;
use crate::cassette::update::{CassetteUpdate, read_shared_file};
use crate::lock_file::{LockFile, Version};
use crate::model::Digest;
use crate::remote::{Remote, RemoteError};
use std::collections::{BTreeMap, BTreeSet, HashSet};
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
    cassettes: Vec<CassettePush>,
    /// Whether what the lock names already is stored too, where the store lacks it.
    all: bool,
}

/// A cassette that nobody changes while it is pushed.
struct CassettePush {
    status: CassetteStatus,
    _kept: CassetteUpdate,
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
    /// What is to be done so that the lock names what the cassettes called `prefixes` hold. Nothing is asked, and nothing changed; from
    /// now on nobody else changes those cassettes. One that is not here is left as it is.
    ///
    /// # Errors
    /// Where a file here or the lock cannot be read, somebody has a cassette open, takes are in the store only, or the lock
    /// has something of a cassette that is not here yet.
    pub fn make(project: &Project, prefixes: &BTreeSet<String>, all: bool) -> Result<Self, SyncError> {
        let lock = project.read_lock()?;
        let mut cassettes = Vec::new();
        for prefix in prefixes {
            let root = project.root(prefix);
            if !root.is_dir() {
                continue;
            }
            // Before its files are looked at: nobody changes them afterwards.
            let kept = CassetteUpdate::begin(&root)?;
            let statuses = read_status(project, &lock, &BTreeSet::from([prefix.clone()]))?;
            let Some(status) = statuses.into_iter().next() else { continue };
            match status.count(FileState::is_for_pull) {
                0 => cassettes.push(CassettePush { status, _kept: kept }),
                files => return Err(SyncError::Behind { root, files }),
            }
        }
        Ok(Self { project: project.clone(), lock, cassettes, all })
    }

    /// How many files differ from what the lock says.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.cassettes.iter().map(|cassette| cassette.status.count(FileState::is_for_push)).sum()
    }

    /// The cassettes in which anything differs: what the lock's names call them.
    pub fn changed_cassettes(&self) -> impl Iterator<Item = &str> {
        let changed = self.cassettes.iter().filter(|cassette| cassette.status.count(FileState::is_for_push) > 0);
        changed.map(|cassette| cassette.status.prefix.as_str())
    }

    /// The paths of the files that would be sent, but for what the store has already: they must hold no secret.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.uploads().into_iter().map(|upload| upload.root.join(upload.name)).collect()
    }

    fn uploads(&self) -> Vec<Upload> {
        let is_sent = |state| matches!(state, FileState::New | FileState::Modified) || self.all;
        let of_cassette = |cassette: &CassettePush| {
            let status = &cassette.status;
            let upload = |file: &FileStatus| {
                let version = file.local().filter(|_| is_sent(file.state))?;
                Some(Upload { root: status.root.clone(), name: file.name.clone(), version })
            };
            status.files.iter().filter_map(upload).collect::<Vec<_>>()
        };
        self.cassettes.iter().flat_map(of_cassette).collect()
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
        for cassette in &mut self.cassettes {
            cassette.note_pushed(&mut self.lock, &mut report);
        }
        if report.changed + report.dropped > 0 {
            self.project.write_lock(&self.lock)?;
        }
        self.cassettes.iter().try_for_each(|cassette| cassette.status.synced.write(&cassette.status.root))?;
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

impl CassettePush {
    /// Has the lock name what is here, and notes that both agree.
    fn note_pushed(&mut self, lock: &mut LockFile, report: &mut PushReport) {
        for file in &mut self.status.files {
            let name = join_name(&self.status.prefix, &file.name);
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
        self.status.note_agreed();
    }
}

/// Sends a file's content; gives its size.
async fn send(remote: Arc<Remote>, upload: Upload) -> Result<u64, SyncError> {
    let changed = || SyncError::Changed { path: upload.root.join(&upload.name) };
    let (bytes, _) = read_shared_file(&upload.root, &upload.name)?.ok_or_else(changed)?;
    if Version::of(&bytes) != upload.version {
        return Err(changed());
    }
    remote.put(upload.version.digest, bytes.into()).await?;
    Ok(upload.version.size)
}
