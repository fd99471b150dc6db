//! From a cassette's folder to an engine over it.

use super::rules::Rules;
use crate::cassette::{Access, Cassette, CassetteError, Opened, Settings};
use crate::config::{self, Config, RecordMode};
use crate::engine::{self, Effective, Engine, Prepared};
use crate::interaction::shell_path;
use crate::redact::{Key, KeySource, Redaction};
use crate::upstream::Upstream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens cassettes as the configuration says. All their engines share one way upstream.
pub(super) struct Opener {
    pub(super) config: Config,
    pub(super) warden: Arc<Rules>,
    /// `None` in mode `none`: nothing that could reach upstream is even built.
    pub(super) upstream: Option<Arc<Upstream>>,
}

/// An engine, and what opening its cassette brought to light.
pub(super) struct Found {
    pub(super) engine: Engine,
    pub(super) notices: Vec<String>,
}

impl Opener {
    /// The engine over the cassette in `root`; what it does is decided here, by what the cassette holds. Blocks.
    pub(super) fn open(&self, root: &Path) -> Result<Found, CassetteError> {
        let (mode, opened) = open(root, self.config.mode, &self.warden, &mut |_| ())?;
        Ok(self.engine(root, mode, opened))
    }

    /// The engine over what [`open`] opened.
    pub(super) fn engine(&self, root: &Path, mode: Effective, opened: Opened<Prepared>) -> Found {
        let upstream = self.upstream.as_ref().filter(|_| mode != Effective::Nothing).cloned();
        let policy = opened.redaction.policy();
        let differing = self.warden.differing(root, policy);
        let one_sided = if mode == Effective::Nothing { Vec::new() } else { self.warden.one_sided(policy) };
        let notices = opened.notices.iter().map(ToString::to_string).chain(differing).chain(one_sided).collect();
        let engine = Engine::new(self.settings(root, mode, opened.redaction), opened.cassette, upstream);
        Found { engine, notices }
    }

    /// An engine without a cassette, for what is asked before there is one.
    pub(super) fn porter(&self) -> Result<Engine, CassetteError> {
        // No session can be called so.
        let root = self.root_of(".nowhere");
        let cassette = Cassette::open_text(&root, Prepared::new)?;
        let redaction = Arc::new(Redaction::built_in(KeySource::Known(Key::public())));
        let settings = self.settings(&root, Effective::Everything, redaction);
        Ok(Engine::new(settings, cassette, self.upstream.clone()))
    }

    /// The cassette of the session called `name`, where each has its own.
    pub(super) fn root_of(&self, name: &str) -> PathBuf {
        self.config.cassette.join(name)
    }

    fn settings(&self, root: &Path, mode: Effective, redaction: Arc<Redaction>) -> engine::Settings {
        let config = &self.config;
        engine::Settings {
            mode,
            poll: poll(config.poll),
            service: Arc::clone(&config.service),
            region: config.region.clone(),
            actors: config.actors.clone(),
            record_command: format!(
                "ramtape run --record-mode new_episodes{}{} --cassette {} -- {}",
                match config.door {
                    config::Door::Endpoint => String::new(),
                    door => format!(" --door {}", door.name()),
                },
                if config.cassette_per_session { " --cassette-per-session" } else { "" },
                shell_path(&config.cassette),
                config.command.as_deref().unwrap_or("<your command>"),
            ),
            cassette: root.display().to_string(),
            key: config.key.clone(),
            allow_any_client: config.allow_any_client,
            record_errors: config.record_errors,
            read_only: config.read_only,
            pages: pages(config.pages),
            redaction,
        }
    }
}

/// Opens the cassette as the record mode asks; `once` is decided here. `step` is called before each request that was left
/// unsealed is sealed, with the number of all.
pub(super) fn open(
    root: &Path,
    mode: RecordMode,
    warden: &Arc<Rules>,
    step: &mut dyn FnMut(usize),
) -> Result<(Effective, Opened<Prepared>), CassetteError> {
    let settings = Settings { warden: Arc::<Rules>::clone(warden), ..Settings::default() };
    let mut open = |access| Cassette::open_telling(root, access, Prepared::new, &settings, step);
    match mode {
        RecordMode::None => Ok((Effective::Nothing, open(Access::Replay)?)),
        RecordMode::NewEpisodes => Ok((Effective::Missing, open(Access::Record { replace: false })?)),
        RecordMode::All => Ok((Effective::Everything, open(Access::Record { replace: true })?)),
        RecordMode::Once => {
            let opened = open(Access::Replay)?;
            if !opened.cassette.is_empty()? {
                return Ok((Effective::Nothing, opened));
            }
            drop(opened);
            Ok((Effective::Everything, open(Access::Record { replace: false })?))
        }
    }
}

const fn pages(asked: config::Pages) -> engine::Pages {
    match asked {
        config::Pages::Requested => engine::Pages::Requested,
        config::Pages::Recorded => engine::Pages::Recorded,
        config::Pages::Adversarial => engine::Pages::Adversarial,
    }
}

const fn poll(asked: config::Poll) -> engine::Poll {
    match asked {
        config::Poll::Recorded => engine::Poll::Recorded,
        config::Poll::Final => engine::Poll::Final,
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
