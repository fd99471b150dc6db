//! From a cassette's folder to an engine over it.

use super::rules::Rules;
use super::variables::CassetteVariables;
use crate::aws::Upstream;
use crate::cassette::{self, Access, Cassette, CassetteError, CassetteSettings, Opened};
use crate::config::{self, Config, RecordMode};
use crate::engine::{self, Engine, Mode, PreparedEntry};
use crate::model::counted;
use crate::redact::Redaction;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Opens cassettes as the configuration says. All their engines share one way upstream.
pub(super) struct Opener {
    pub(super) config: Config,
    pub(super) policy: Arc<Rules>,
    /// `None` in mode `none`: nothing that could reach upstream is even built.
    pub(super) upstream: Option<Arc<Upstream>>,
    /// Where the inspector is, once ramtape listens.
    pub(super) inspector: Arc<OnceLock<String>>,
}

/// An engine, and what opening its cassette brought to light.
pub(super) struct OpenedEngine {
    pub(super) engine: Engine,
    pub(super) variables: Arc<CassetteVariables>,
    pub(super) notices: Vec<String>,
}

impl Opener {
    /// The engine over the cassette in `root`; what it does is decided here, by what the cassette holds. Blocks.
    pub(super) fn open(&self, root: &Path) -> Result<OpenedEngine, CassetteError> {
        let (mode, opened) = open(root, &self.config, &self.policy, &mut |_| ())?;
        Ok(self.engine(root, mode, opened))
    }

    /// The engine over what [`open`] opened.
    pub(super) fn engine(&self, root: &Path, mode: Mode, opened: Opened<PreparedEntry>) -> OpenedEngine {
        let upstream = self.upstream.as_ref().filter(|_| mode != Mode::ReplayOnly).cloned();
        let spec = opened.redaction.spec();
        let differing = self.policy.describe_differences(root, spec);
        let one_sided = if mode == Mode::ReplayOnly { Vec::new() } else { self.policy.describe_one_sided(spec) };
        let told = opened.notices.iter().map(ToString::to_string);
        let side_by_side = self.describe_concurrent_writes(root, &opened.cassette);
        let notices = told.chain(differing).chain(one_sided).chain(side_by_side).collect();
        let redaction = Arc::clone(&opened.redaction);
        let engine = Engine::new(self.settings(root, mode, opened.redaction), opened.cassette, upstream);
        let modes = (self.config.mode, mode, self.config.cassette_per_session);
        let variables = CassetteVariables::new(engine.clone(), modes, Arc::clone(&self.policy), redaction);
        OpenedEngine { engine, variables: Arc::new(variables), notices }
    }

    /// What to say of a cassette of an earlier ramtape whose writes were on their way at the same time: what was recorded after
    /// which of them cannot be told from it. Only such a cassette is looked through.
    fn describe_concurrent_writes(&self, root: &Path, cassette: &Cassette<PreparedEntry>) -> Option<String> {
        if !cassette::is_of_earlier(root) {
            return None;
        }
        let reads: HashSet<&str> = self.config.service.reads().map(|operation| operation.folder.as_str()).collect();
        let mut parents = HashMap::new();
        for (folder, fingerprint) in cassette.fingerprints().unwrap_or_default() {
            let entry = Some(&folder).filter(|folder| !reads.contains(folder.as_str()));
            let entry = entry.and_then(|folder| cassette.entry(folder, &fingerprint).ok().flatten());
            for take in entry.into_iter().flat_map(|entry| entry.takes).filter(|take| take.id.is_some()) {
                *parents.entry((take.session, take.after)).or_insert(0_u64) += 1;
            }
        }
        let writes: u64 = parents.values().filter(|writes| **writes > 1).sum();
        (writes > 0).then(|| {
            format!(
                "the cassette was recorded by an earlier ramtape (format 1.0), and {} in flight at the same \
                    time: their order is not known, and clients that wait for their effect may wait forever; \
                    record it again with --record-mode all",
                counted(writes, "of its writes was", "of its writes were")
            )
        })
    }

    /// The cassette of the session called `name`, where each has its own.
    pub(super) fn root_of(&self, name: &str) -> PathBuf {
        self.config.cassette.join(name)
    }

    fn settings(&self, root: &Path, mode: Mode, redaction: Arc<Redaction>) -> engine::EngineSettings {
        let config = &self.config;
        engine::EngineSettings {
            mode,
            poll: poll(config.poll),
            service: Arc::clone(&config.service),
            endpoints: config.endpoints.clone(),
            region: config.region.clone(),
            actors: config.actors.clone(),
            record_command: config.recording_command("new_episodes"),
            record_anew_command: config.recording_command("all"),
            response_memory: MemoryShares::split(config.memory).responses,
            cassette: root.display().to_string(),
            key: config.key.clone(),
            allow_any_client: config.allow_any_client,
            // The command of `run` is given the profile that is named for ramtape; who calls a server is not.
            signs_for_any_account: config.upstream.names_profile && config.command.is_none(),
            tells_misses: config.command.is_none(),
            record_errors: config.record_errors,
            read_only: config.read_only,
            stays_pending: config.stays_pending,
            pages: pages(config.pages),
            redaction,
            inspector: Arc::clone(&self.inspector),
        }
    }
}

/// How the memory for a cassette is shared out, in bytes.
struct MemoryShares {
    /// For requests and their answers: most requests that repeat themselves need nothing else.
    responses: u64,
    /// For entries with several takes, or whose answers are made anew.
    entries: u64,
    /// For the index.
    store: u64,
}

impl MemoryShares {
    const fn split(all: u64) -> Self {
        let eighth = all / 8;
        Self { responses: all - 2 * eighth, entries: eighth, store: eighth }
    }
}

/// Opens the cassette as the record mode asks; `once` is decided here. `step` is called before each request that was left
/// pending is sealed, with the number of all.
pub(super) fn open(
    root: &Path,
    config: &Config,
    policy: &Arc<Rules>,
    step: &mut dyn FnMut(usize),
) -> Result<(Mode, Opened<PreparedEntry>), CassetteError> {
    let shares = MemoryShares::split(config.memory);
    let settings = CassetteSettings {
        memory: shares.entries,
        store_memory: shares.store,
        policy: Arc::<Rules>::clone(policy),
        made_at_first_page: true,
        ..CassetteSettings::default()
    };
    let mut open = |access| Cassette::open_telling(root, access, PreparedEntry::new, &settings, step);
    match config.mode {
        RecordMode::None => Ok((Mode::ReplayOnly, open(Access::Replay)?)),
        RecordMode::NewEpisodes => Ok((Mode::RecordMissing, open(Access::Record { replace: false })?)),
        RecordMode::All => Ok((Mode::RecordAll, open(Access::Record { replace: true })?)),
        RecordMode::Once => {
            let opened = open(Access::Replay)?;
            if !opened.cassette.is_empty()? {
                return Ok((Mode::ReplayOnly, opened));
            }
            drop(opened);
            Ok((Mode::RecordAll, open(Access::Record { replace: false })?))
        }
    }
}

const fn pages(asked: config::PagesSetting) -> engine::Pages {
    match asked {
        config::PagesSetting::Requested => engine::Pages::Requested,
        config::PagesSetting::Recorded => engine::Pages::Recorded,
        config::PagesSetting::Adversarial => engine::Pages::Adversarial,
    }
}

const fn poll(asked: config::PollSetting) -> engine::Poll {
    match asked {
        config::PollSetting::Recorded => engine::Poll::Recorded,
        config::PollSetting::Final => engine::Poll::Final,
    }
}

/// The regions of what a cassette holds, no further than the second.
pub(super) fn regions<P>(cassette: &Cassette<P>) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for (folder, fingerprint) in cassette.fingerprints().unwrap_or_default() {
        let Ok(Some(entry)) = cassette.entry(&folder, &fingerprint) else { continue };
        if !regions.contains(&entry.region) {
            regions.push(entry.region);
        }
        if regions.len() > 1 {
            break;
        }
    }
    regions
}
