//! Opening a cassette: what is checked and in which order.

use super::background_sealer::Sealer;
use super::entry_text::text_hash;
use super::error::CassetteError;
use super::guard::CassetteGuard;
use super::memory::Memory;
use super::policy::{DefaultPolicy, RecordingPolicy};
use super::seal::SealReport;
use super::staged_file::{make_store_folder, writing_folder};
use super::storage::{Folder, OpenFolder, Storage};
use super::store::{OpeningError, Store, has_pending};
use super::update::check_whole;
use super::{Cassette, FolderKind, Notice, format, listing};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, with_causes};
use crate::redact::{Redaction, RedactionSpec};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the cassette is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only to answer from. Nothing outside `.store` is written.
    Replay,
    /// To add takes. One process at a time.
    Record {
        /// Mode `all`: a session's earlier takes of a fingerprint give way at the end.
        replace: bool,
    },
}

/// Bounds, and who watches over what is written.
#[derive(Clone)]
pub struct CassetteSettings {
    /// Memory for prepared entries, in bytes.
    pub memory: u64,
    /// Memory for the store's own pages, in bytes.
    pub store_memory: u64,
    /// How long opening the store, and reading what is pending, may each take before the store counts as damaged.
    pub deadline: Duration,
    /// Who knows the rules, and proves what is to become text.
    pub policy: Arc<dyn RecordingPolicy>,
    /// Whether a folder that is not there is made when the first page is stored, and not before: callers that nobody has
    /// proved, and runs that record nothing, leave none behind.
    pub made_at_first_page: bool,
}

impl Default for CassetteSettings {
    fn default() -> Self {
        let (memory, store_memory) = (64 << 20, 32 << 20);
        Self {
            memory,
            store_memory,
            deadline: Duration::from_secs(10),
            policy: Arc::new(DefaultPolicy),
            made_at_first_page: false,
        }
    }
}

/// An open cassette, and what opening it brought to light.
pub struct Opened<P> {
    /// The cassette.
    pub cassette: Cassette<P>,
    /// Its rules, at work.
    pub redaction: Arc<Redaction>,
    /// What people should be told.
    pub notices: Vec<Notice>,
    /// What an earlier recording had left pending and is in the text now; empty in replay.
    pub sealed: SealReport,
}

impl<P> Cassette<P> {
    /// Opens the cassette in the folder `root`. For recording it is created, what an interrupted recording left is
    /// sealed, and other processes are kept out; a replay takes what it can get. The text is not looked through.
    /// `prepare` makes of an entry what [`Self::lookup`] hands out.
    ///
    /// # Errors
    /// Where the format is not this program's, or, for recording, the folder cannot be written or is in use.
    pub fn open(
        root: &Path,
        access: Access,
        prepare: fn(Fingerprint, Entry) -> P,
        settings: &CassetteSettings,
    ) -> Result<Opened<P>, CassetteError> {
        Self::open_telling(root, access, prepare, settings, &mut |_| ())
    }

    /// As [`Self::open`]; `step` is called before each request is sealed, with the number of all.
    ///
    /// # Errors
    /// As there.
    pub fn open_telling(
        root: &Path,
        access: Access,
        prepare: fn(Fingerprint, Entry) -> P,
        settings: &CassetteSettings,
        step: &mut dyn FnMut(usize),
    ) -> Result<Opened<P>, CassetteError> {
        if settings.made_at_first_page && access != Access::Replay && !is_there(root) {
            return Self::open_new(root, access, prepare, settings);
        }
        check_whole(root)?;
        let written = check_format(root, access, &*settings.policy)?;
        let mut notices = Vec::new();
        let store = open_store(root, access, settings, &mut notices)
            .or_else(|refusal| refusal.continue_without_store(root, access, &mut notices))?;
        let redaction = redaction(root, access, store.as_ref(), written, &*settings.policy)?;
        let guard = (access != Access::Replay).then(|| CassetteGuard::new(root)).transpose()?;
        let folder = Folder::Open(OpenFolder { store, guard });
        let storage = Arc::new(Storage::new(root, folder, Arc::clone(&redaction), Arc::clone(&settings.policy)));
        let sealed = match access {
            Access::Record { .. } => clear_up(&storage, &mut notices, step)?,
            Access::Replay => {
                let entries = storage.store().map_or(0, |store| store.pending().len());
                notices.extend((entries > 0).then_some(Notice::Pending { root: root.to_owned(), entries }));
                SealReport::default()
            }
        };
        let cassette = Self::new(storage, access, prepare, settings.memory);
        Ok(Opened { cassette, redaction, notices, sealed })
    }

    /// A cassette whose folder is made when the first page is stored.
    fn open_new(
        root: &Path,
        access: Access,
        prepare: fn(Fingerprint, Entry) -> P,
        settings: &CassetteSettings,
    ) -> Result<Opened<P>, CassetteError> {
        check_may_be_made(root)?;
        let policy = &settings.policy;
        let written = configured(root, true, &**policy)?;
        let redaction = load_redaction(root, true, written, &**policy)?;
        let (own_root, own_settings) = (root.to_owned(), settings.clone());
        let make = Box::new(move |spec: &RedactionSpec| make_folder(&own_root, access, &own_settings, spec));
        let storage = Storage::new(root, Folder::ToMake(make), Arc::clone(&redaction), Arc::clone(policy));
        let cassette = Self::new(Arc::new(storage), access, prepare, settings.memory);
        Ok(Opened { cassette, redaction, notices: Vec::new(), sealed: SealReport::default() })
    }

    fn new(storage: Arc<Storage>, access: Access, prepare: fn(Fingerprint, Entry) -> P, memory: u64) -> Self {
        // Where a request can ask what answers hold redacted, all is proved together, at the end.
        let at_once = access == Access::Record { replace: false } && !storage.redaction.has_answer_only_rules();
        let sealer = at_once.then(|| Sealer::new(Arc::clone(&storage)));
        Self { storage, access, prepare, memory: Memory::new(memory), sealer }
    }
}

/// Makes the folder `root` a cassette with the rules `spec`, and opens it for recording.
///
/// # Errors
/// Where it cannot be made, or another ramtape has made it meanwhile and records into it or gave it other rules.
fn make_folder(
    root: &Path,
    access: Access,
    settings: &CassetteSettings,
    spec: &RedactionSpec,
) -> Result<OpenFolder, CassetteError> {
    fs::create_dir_all(root).map_err(|source| CassetteError::Write { path: root.to_owned(), source })?;
    let mut notices = Vec::new();
    let store = open_store(root, access, settings, &mut notices)
        .or_else(|refusal| refusal.continue_without_store(root, access, &mut notices))?;
    notices.iter().for_each(|notice| tracing::warn!("{notice}"));
    if format::check(root, true)?.is_none() {
        format::create(root, spec)?;
    }
    let guard = CassetteGuard::new(root)?;
    guard.restore(spec)?;
    Ok(OpenFolder { store, guard: Some(guard) })
}

/// Whether anything has the name `root`, be it a link that leads nowhere.
fn is_there(root: &Path) -> bool {
    fs::symlink_metadata(root).is_ok()
}

/// Checks that the folder `root` may be made, so that a run is told at its start and not when it has an answer to store.
fn check_may_be_made(root: &Path) -> Result<(), CassetteError> {
    let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let Some(parent) = absolute.ancestors().skip(1).find(|parent| is_there(parent)) else { return Ok(()) };
    let checked = if parent.is_dir() {
        let needed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::access(parent, needed).map_err(io::Error::from)
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    };
    checked.map_err(|source| CassetteError::Write { path: root.to_owned(), source })
}

/// Checks the version before anything else; makes the folder a cassette where it is to become one. Gives its rules.
pub(super) fn check_format(
    root: &Path,
    access: Access,
    policy: &dyn RecordingPolicy,
) -> Result<RedactionSpec, CassetteError> {
    let recording = access != Access::Replay;
    if let Some(spec) = format::check(root, recording)? {
        return Ok(spec);
    }
    if listing::has_any(root)? {
        return Err(CassetteError::NoFormat { root: root.to_owned() });
    }
    let spec = configured(root, recording, policy)?;
    if recording {
        fs::create_dir_all(root).map_err(|source| CassetteError::Write { path: root.to_owned(), source })?;
        format::create(root, &spec)?;
    }
    Ok(spec)
}

fn configured(root: &Path, recording: bool, policy: &dyn RecordingPolicy) -> Result<RedactionSpec, CassetteError> {
    policy.redaction_spec(root, recording).map_err(|source| CassetteError::Redaction { root: root.to_owned(), source })
}

/// The cassette's rules at work. They win over the configured ones, unless it states none and nothing was recorded yet.
fn redaction(
    root: &Path,
    access: Access,
    store: Option<&Store>,
    mut rules: RedactionSpec,
    policy: &dyn RecordingPolicy,
) -> Result<Arc<Redaction>, CassetteError> {
    let recording = access != Access::Replay;
    let states_none = !rules.accounts && rules.rules.is_empty();
    if recording && states_none && store.is_some_and(|store| store.pending().is_empty()) && !listing::has_any(root)? {
        let mut configured = configured(root, recording, policy)?;
        configured.key_check = configured.key_check.or_else(|| rules.key_check.clone());
        if rules != configured {
            format::rewrite(root, &configured)?;
            rules = configured;
        }
    }
    load_redaction(root, recording, rules, policy)
}

fn load_redaction(
    root: &Path,
    recording: bool,
    rules: RedactionSpec,
    policy: &dyn RecordingPolicy,
) -> Result<Arc<Redaction>, CassetteError> {
    let redaction = policy.redaction(root, rules, recording);
    Ok(Arc::new(redaction.map_err(|source| CassetteError::Redaction { root: root.to_owned(), source })?))
}

/// Why a cassette has no store.
enum NoStoreReason {
    /// There is no folder at all.
    NoCassette,
    /// The folder is none's.
    Foreign,
    /// The folder cannot be read.
    Unreadable(CassetteError),
    /// `.store` cannot be made.
    NoFolder(io::Error),
    Opening(OpeningError),
}

impl NoStoreReason {
    /// A replay goes on without a store; a recording cannot.
    fn continue_without_store(
        self,
        root: &Path,
        access: Access,
        notices: &mut Vec<Notice>,
    ) -> Result<Option<Store>, CassetteError> {
        let path = root.join(".store");
        let error = match self {
            Self::NoCassette => return Ok(None),
            Self::Foreign => {
                notices.push(Notice::NoCassette);
                return Ok(None);
            }
            Self::Unreadable(error) => return Err(error),
            Self::Opening(OpeningError::InUse) if access == Access::Replay => {
                notices.push(Notice::InUse { pending: has_pending(&path) });
                return Ok(None);
            }
            Self::Opening(OpeningError::InUse) => return Err(CassetteError::InUse { root: root.to_owned() }),
            Self::NoFolder(source) => CassetteError::Write { path, source },
            Self::Opening(OpeningError::Failed(error)) => CassetteError::Store(error),
        };
        if access != Access::Replay {
            return Err(error);
        }
        notices.push(Notice::NoStore { reason: with_causes(&error) });
        Ok(None)
    }
}

fn open_store(
    root: &Path,
    access: Access,
    settings: &CassetteSettings,
    notices: &mut Vec<Notice>,
) -> Result<Option<Store>, NoStoreReason> {
    match FolderKind::detect(root).map_err(NoStoreReason::Unreadable)? {
        _ if !root.exists() => return Err(NoStoreReason::NoCassette),
        // Somebody else's folder stays as it is, unless it is to become a cassette.
        FolderKind::Empty | FolderKind::Foreign if access == Access::Replay => return Err(NoStoreReason::Foreign),
        _ => {}
    }
    let folder = root.join(".store");
    make_store_folder(&folder).map_err(NoStoreReason::NoFolder)?;
    let opening = Store::open(&folder, settings.store_memory, settings.deadline, |name, fp| text_hash(root, name, fp))
        .map_err(NoStoreReason::Opening)?;
    notices.extend(opening.damaged_index.map(|(reason, aside)| Notice::DamagedIndex { reason, aside }));
    notices.extend(opening.has_unnamed_damage.then(|| Notice::DamagedJournal { path: folder.join("journal") }));
    let has_lost = opening.has_unnamed_damage || !opening.lost.is_empty();
    notices.extend(opening.lost.into_iter().map(Notice::lost));
    if access != Access::Replay && has_lost {
        // Before anything becomes text: then the journal starts anew, and the damage would be gone.
        opening.store.set_damage_aside();
    }
    Ok(Some(opening.store))
}

/// Finishes what an interrupted recording left: temporary files, pending takes, old tokens.
fn clear_up(
    storage: &Storage,
    notices: &mut Vec<Notice>,
    step: &mut dyn FnMut(usize),
) -> Result<SealReport, CassetteError> {
    let writing = writing_folder(&storage.root);
    match fs::remove_dir_all(&writing) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(CassetteError::Write { path: writing, source: error });
        }
        _ => {}
    }
    let report = storage.seal_all(step);
    storage.guard().iter().for_each(|guard| guard.forget_placed());
    notices.extend((!report.sealed.is_empty()).then_some(Notice::Sealed { entries: report.sealed.len() }));
    notices.extend(
        report
            .failed
            .iter()
            .map(|(folder, fp, reason)| Notice::NotSealed { name: format!("{folder}/{fp}"), reason: reason.clone() }),
    );
    if let Some(store) = storage.store() {
        store.drop_old_tokens();
        store.tidy();
    }
    Ok(report)
}
