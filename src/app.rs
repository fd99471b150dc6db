//! The composition root: from a checked configuration to a proxy that listens, and back to a sealed cassette.

use crate::cassette::{Access, Cassette, CassetteError, Opened, SealReport, Settings};
use crate::config::{self, Config, RecordMode};
use crate::control::{Control, Sessions};
use crate::engine::{self, Effective, Engine, Prepared, Summary};
use crate::interaction::{Actor, Request, Response};
use crate::proxy::{self, ProxyError};
use crate::upstream::{self, CredentialSource, Upstream, UpstreamError};
use data_encoding::HEXLOWER;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a provider of credentials may take.
const CREDENTIALS_TIME: Duration = Duration::from_secs(30);

/// Why the proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The cassette cannot be used.
    #[error("the cassette cannot be used")]
    Cassette(#[from] CassetteError),
    /// The settings for upstream cannot be used.
    #[error("upstream cannot be used")]
    Upstream(#[from] UpstreamError),
    /// The address cannot be listened on.
    #[error("the proxy cannot listen")]
    Proxy(#[from] ProxyError),
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The thread that opened the cassette died.
    #[error("opening the cassette failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Why the proxy did not stop well.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The cassette cannot be sealed; what was recorded stays in its store, and is sealed when it is next opened for recording.
    #[error("the cassette cannot be sealed; what was recorded is kept in its store")]
    Cassette(#[from] CassetteError),
    /// The thread that sealed the cassette died.
    #[error("sealing the cassette failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A proxy that listens.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub addr: SocketAddr,
    /// What is worth a line at the start.
    pub notices: Vec<String>,
    /// What is recorded.
    pub mode: Effective,
    key: crate::interaction::Secret,
    /// How long upstream may take.
    answer_time: Duration,
    engine: Engine,
    proxy: proxy::Running,
}

/// Opens the cassette, builds the way upstream where one is needed, and listens.
///
/// # Errors
/// As the variants of [`StartError`] say.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let source = credential_source(&config);
    start_as(config, source).await
}

/// As [`start`], signing with the credentials that `source` gives.
///
/// # Errors
/// As the variants of [`StartError`] say.
pub async fn start_as(config: Config, source: CredentialSource) -> Result<Running, StartError> {
    let (root, mode) = (config.cassette.clone(), config.mode);
    let (mode, opened) = tokio::task::spawn_blocking(move || open(&root, mode)).await??;
    let instance = instance()?;
    let upstream = match mode {
        Effective::Nothing => None,
        Effective::Missing | Effective::Everything => Some(upstream(&config, source, &instance)?),
    };
    let notices = opened.notices.iter().map(ToString::to_string).collect();
    let engine = Engine::new(engine_settings(&config, mode), opened.cassette, upstream);
    let settings = proxy::Settings {
        listen: config.listen,
        allow_remote: config.allow_remote,
        allowed_hosts: config.allowed_hosts.clone(),
        guarded: mode != Effective::Nothing,
        key: config.key.clone(),
        limits: config.limits.clone(),
        instance,
    };
    let control = Control::new(mode_name(mode), config.cassette.display().to_string(), Door(engine.clone()));
    let proxy = proxy::start(settings, Arc::new(Door(engine.clone())), Arc::new(control)).await?;
    Ok(Running {
        addr: proxy.addr,
        notices,
        mode,
        key: config.key,
        answer_time: config.upstream.answer_time,
        engine,
        proxy,
    })
}

/// Opens the cassette as the record mode asks; `once` is decided here.
fn open(root: &Path, mode: RecordMode) -> Result<(Effective, Opened<Prepared>), CassetteError> {
    let open = |access| Cassette::open(root, access, Prepared::new, &Settings::default());
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

/// A name that no other running ramtape has, to notice oneself as one's own upstream.
fn instance() -> Result<String, StartError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(StartError::Random)?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Where the credentials come from: the profile that was named, else the default chain.
pub(crate) fn credential_source(config: &Config) -> CredentialSource {
    match &config.upstream.profile {
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => CredentialSource::DefaultChain,
    }
}

/// The way upstream that `config` describes. Nothing is sent or read before it is asked.
pub(crate) fn upstream(
    config: &Config,
    credentials: CredentialSource,
    instance: &str,
) -> Result<Upstream, UpstreamError> {
    Upstream::new(upstream::Settings {
        service: config.service.name.clone(),
        url: config.upstream.url.clone(),
        credentials,
        actors: actor_sources(&config.actors),
        region: config.region.clone(),
        ca_bundle: config.upstream.ca_bundle.clone(),
        connect_time: config.upstream.connect_time,
        answer_time: config.upstream.answer_time,
        credentials_time: CREDENTIALS_TIME,
        response_body: config.upstream.response_body,
        own: config.listen,
        instance: instance.to_owned(),
    })
}

/// Where the credentials of the actors with a profile come from.
fn actor_sources(actors: &[Actor]) -> Vec<(String, CredentialSource)> {
    let profile = |actor: &Actor| Some((actor.label.clone(), CredentialSource::Profile(actor.profile.clone()?)));
    actors.iter().filter_map(profile).collect()
}

fn engine_settings(config: &Config, mode: Effective) -> engine::Settings {
    let cassette = config.cassette.display().to_string();
    engine::Settings {
        mode,
        poll: poll(config.poll),
        service: Arc::clone(&config.service),
        region: config.region.clone(),
        actors: config.actors.clone(),
        record_command: format!("ramtape run --record-mode new_episodes --cassette {cassette} -- <your command>"),
        cassette,
        key: config.key.clone(),
        allow_any_client: config.allow_any_client,
        record_errors: config.record_errors,
        read_only: config.read_only,
        pages: pages(config.pages),
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

const fn mode_name(mode: Effective) -> &'static str {
    match mode {
        Effective::Nothing => "replaying",
        Effective::Missing => "replaying, and recording what is missing",
        Effective::Everything => "recording",
    }
}

impl Running {
    /// What to hand to a client: while upstream can be reached, with the capability key in it.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self.mode {
            Effective::Nothing => format!("http://{}", self.addr),
            Effective::Missing | Effective::Everything => format!("http://{}/~{}", self.addr, self.key.expose()),
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.engine.summary()
    }

    /// The region of everything in the cassette, where it is one.
    #[must_use]
    pub fn recorded_region(&self) -> Option<String> {
        let cassette = self.engine.cassette();
        let known = cassette.fingerprints().ok()?;
        let mut regions = known.iter().filter_map(|(folder, fingerprint)| {
            cassette.entry(folder, fingerprint).ok().flatten().map(|entry| entry.region)
        });
        let first = regions.next()?;
        regions.all(|region| region == first).then_some(first)
    }

    /// Stops listening, lets requests in flight finish, seals the cassette.
    ///
    /// # Errors
    /// Where the cassette cannot be sealed.
    pub async fn stop(self) -> Result<Summary, StopError> {
        self.proxy.stop().await;
        self.engine.settle(self.answer_time).await;
        let engine = self.engine;
        let recorded = self.mode != Effective::Nothing;
        let summary = tokio::task::spawn_blocking(move || {
            let report = if recorded { engine.cassette().seal()? } else { SealReport::default() };
            let mut summary = engine.summary();
            // The client has its answer and the store has the take: nothing is lost, but the text does not hold it.
            let unsealed = report.failed.into_iter().map(|(folder, fingerprint, reason)| {
                format!("{folder}/{fingerprint} is in the store only, `ramtape seal` tries again: {reason}")
            });
            summary.not_recorded.extend(unsealed);
            Ok::<_, CassetteError>(summary)
        });
        Ok(summary.await??)
    }
}

/// The engine as the proxy and control see it.
#[derive(Debug)]
struct Door(Engine);

impl proxy::Answer for Door {
    async fn answer(&self, request: Request) -> Response {
        self.0.answer(request).await
    }
}

impl Sessions for Door {
    fn reset(&self, name: &str) -> bool {
        self.0.reset_session(Some(name))
    }
}
