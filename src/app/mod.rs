//! The composition root: from a checked configuration to a proxy that listens, and back to a sealed cassette.

mod certificates;
mod engines;
mod import;
mod inspector;
mod keys;
mod merged;
mod metrics;
mod opener;
mod per_session;
mod rules;
mod running;
mod seal_problems;
mod session_control;
mod tunnel_connector;
mod upstream;
mod variables;

pub(crate) use crate::session::sanitize_session_name;
pub use certificates::AuthorityError;
pub(crate) use certificates::{authority, store};
pub(crate) use engines::AskingRoles;
pub(crate) use import::import;
pub(crate) use inspector::{open_with_calls, start_inspector};
pub(crate) use keys::KeyError;
pub(crate) use rules::Rules;
pub use running::{RunningServer, StopError};
pub(crate) use session_control::SessionControl;
pub(crate) use upstream::{UpstreamDestination, credential_source, destination, upstream};
pub use variables::VariableError;
pub(crate) use variables::{Settled, Wanted, shown_session};

use crate::admin::{AdminApi, ROOT};
use crate::aws::EndpointKind;
use crate::aws::{CredentialSource, Upstream, UpstreamError};
use crate::ca::{AuthorityStore, ServerCertificates};
use crate::cassette::{self, CassetteError, FolderKind};
use crate::config::{Config, PollSetting, RecordMode};
use crate::engine::Mode;
use crate::inspector::Inspector;
use crate::model::RoleProfile;
use crate::proxy::{self, Connector, ProxyError};
use data_encoding::HEXLOWER;
use engines::{Engines, Over};
use metrics::Metrics;
use opener::Opener;
use per_session::PerSession;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;
use tunnel_connector::TunnelConnector;

/// Why the proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The cassette cannot be used.
    #[error("the cassette cannot be used")]
    Cassette(#[from] CassetteError),
    /// The folder that is to be the parent of cassettes is a cassette.
    #[error("{} is itself a cassette, so it cannot hold one cassette per session: name another folder",
        root.display())]
    Parent {
        /// The folder.
        root: PathBuf,
    },
    /// The folder that is to be a cassette is the parent of one cassette a session.
    #[error(
        "{} holds one cassette per session: choose one, as in --cassette {}, or add --cassette-per-session",
        root.display(), first.display()
    )]
    Sessions {
        /// The folder.
        root: PathBuf,
        /// The first of its cassettes.
        first: PathBuf,
    },
    /// The settings for upstream cannot be used.
    #[error("upstream cannot be used")]
    Upstream(#[from] UpstreamError),
    /// The address cannot be listened on.
    #[error("the proxy cannot listen")]
    Proxy(#[from] ProxyError),
    /// There is no certificate authority for TLS.
    #[error("ramtape cannot serve TLS")]
    Authority(#[from] AuthorityError),
    /// The system has no random numbers.
    #[error("cannot get random numbers from the system: {0}")]
    Random(getrandom::Error),
    /// The thread that opened the cassette died.
    #[error("opening the cassette failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// `config`, with the services that its cassettes have answers of: what was recorded is replayed, whatever this run names. Where
/// everything is recorded anew, only what is named is.
pub(crate) fn with_recorded_services(config: Config) -> Config {
    if config.mode == RecordMode::All {
        return config;
    }
    let roots = if config.cassette_per_session {
        cassette::below(&config.cassette).unwrap_or_default()
    } else {
        vec![config.cassette.clone()]
    };
    let services: BTreeSet<String> = roots.iter().flat_map(|root| cassette::services_of(root)).collect();
    if services.is_empty() { config } else { config.with_services(services) }
}

/// Opens the cassette, builds the way upstream where one is needed, and listens.
///
/// # Errors
/// As the variants of [`StartError`] say.
pub async fn start(config: Config) -> Result<RunningServer, StartError> {
    let source = credential_source(&config);
    start_as(config, source).await
}

/// As [`start`], signing with the credentials that `source` gives.
///
/// # Errors
/// As the variants of [`StartError`] say.
pub async fn start_as(config: Config, source: CredentialSource) -> Result<RunningServer, StartError> {
    start_with(config, Provisions { source, certificates: None, sealing: Box::new(|_| ()) }).await
}

/// What a start is given beside the configuration.
pub(crate) struct Provisions {
    /// Whose credentials sign.
    pub(crate) source: CredentialSource,
    /// What clients are shown over TLS comes from there; `None`: from the configured authority.
    pub(crate) certificates: Option<Arc<ServerCertificates>>,
    /// Called before each request that an interrupted recording left is sealed, with the number of all.
    pub(crate) sealing: Box<dyn FnMut(usize) + Send>,
}

/// As [`start`], with what else is given.
pub(crate) async fn start_with(config: Config, provisions: Provisions) -> Result<RunningServer, StartError> {
    let Provisions { source, certificates, sealing } = provisions;
    let of_store =
        || config.ca.folder.clone().map(|folder| Arc::new(ServerCertificates::from_store(AuthorityStore::at(folder))));
    let certificates = certificates.or_else(of_store);
    let (instance, began, inspector_url) = (instance()?, SystemTime::now(), Arc::default());
    let Opening { over, mode, kind, notices, role_profiles } = if config.cassette_per_session {
        open_sessions(&config, source, &instance, &inspector_url).await?
    } else {
        open_one(&config, source, (&instance, &inspector_url), sealing).await?
    };
    let engines = Engines { over, session: config.session.as_deref().map(Arc::from), sealed_early: Arc::default() };
    let settings = proxy_settings(&config, instance, mode, certificates)?;
    let inspector = Inspector::new(engines.clone(), &config.key);
    let cassette = config.cassette.display().to_string();
    let control = AdminApi::new(mode_name(mode), cassette, engines.clone()).with_pages(inspector.clone());
    let metrics = Metrics::new(engines.clone(), mode_name(mode));
    let control = control.with_metrics(move || metrics.to_text());
    let proxy = proxy::start(settings, Arc::new(engines.clone()), Arc::new(control)).await?;
    let answer_time = config.upstream.answer_time;
    let in_turn = config.poll == PollSetting::Recorded;
    let (addr, key) = (proxy.addr, config.key);
    let scheme = if config.tls { "https" } else { "http" };
    let base = format!("{scheme}://{addr}");
    // Nobody has asked anything yet.
    let _ = inspector_url.set(format!("{base}{ROOT}"));
    let inspector = inspector.url(&base);
    let (asked_by, is_complete, ran_in, discards) = ("ramtape".to_owned(), false, None, false);
    let asked_as = config.upstream.asking_profile().map(str::to_owned);
    let roles = AskingRoles { profiles: role_profiles, asked_as };
    Ok(RunningServer {
        addr,
        inspector,
        scheme,
        notices,
        mode,
        kind,
        key,
        answer_time,
        began,
        asked_by,
        is_complete,
        ran_in,
        discards,
        roles,
        in_turn,
        engines,
        proxy,
    })
}

/// How the proxy of `config` listens and what it lets in.
fn proxy_settings(
    config: &Config,
    instance: String,
    mode: Mode,
    certificates: Option<Arc<ServerCertificates>>,
) -> Result<proxy::ProxySettings, AuthorityError> {
    // Where nothing is recorded, nothing that could connect is even built.
    let connector = (mode != Mode::ReplayOnly).then(|| Arc::new(TunnelConnector::new(config)) as Arc<dyn Connector>);
    Ok(proxy::ProxySettings {
        listen: config.listen,
        allow_remote: config.allow_remote,
        allowed_hosts: config.allowed_hosts.clone(),
        services: config.endpoints.clone(),
        guarded: mode != Mode::ReplayOnly,
        key: config.key.clone(),
        limits: config.limits.clone(),
        instance,
        connect_policy: proxy::ConnectPolicy {
            certificates: certificates.clone(),
            connector,
            allowed: config.allowed_tunnels.clone(),
        },
        tls: if config.tls { Some(certificates.ok_or(AuthorityError::NoFolder)?) } else { None },
    })
}

/// What a start has opened.
struct Opening {
    over: Over,
    mode: Mode,
    kind: EndpointKind,
    notices: Vec<String>,
    /// The profiles by which the command may ask for roles.
    role_profiles: Vec<RoleProfile>,
}

/// The one cassette, open, and what will be recorded into it. The way upstream is built only where it is needed.
async fn open_one(
    config: &Config,
    source: CredentialSource,
    (instance, inspector): (&str, &Arc<OnceLock<String>>),
    mut sealing: Box<dyn FnMut(usize) + Send>,
) -> Result<Opening, StartError> {
    if let FolderKind::Sessions(first) = FolderKind::detect(&config.cassette)? {
        return Err(StartError::Sessions { root: config.cassette.clone(), first });
    }
    let policy = Arc::new(Rules::from_config(config));
    let (owned, opening) = (config.clone(), Arc::clone(&policy));
    let (mode, opened) =
        tokio::task::spawn_blocking(move || opener::open(&owned.cassette, &owned, &opening, &mut *sealing)).await??;
    let (upstream, destination) = way_upstream(config, mode, source, instance).await?;
    let inspector = Arc::clone(inspector);
    let found = Opener { config: config.clone(), policy, upstream, inspector }.engine(&config.cassette, mode, opened);
    let notices =
        std::iter::once(describe_start(config, mode)).chain(destination.notices.clone()).chain(found.notices).collect();
    let over = Over::One(found.engine, found.variables);
    Ok(Opening { over, mode, kind: destination.kind, notices, role_profiles: destination.role_profiles })
}

/// The way upstream, where something may be recorded.
async fn way_upstream(
    config: &Config,
    mode: Mode,
    source: CredentialSource,
    instance: &str,
) -> Result<(Option<Arc<Upstream>>, UpstreamDestination), StartError> {
    if mode == Mode::ReplayOnly {
        return Ok((None, UpstreamDestination::default()));
    }
    let destination = destination(config).await?;
    let upstream = upstream(config, &destination, source, instance)?;
    Ok((Some(Arc::new(upstream)), destination))
}

/// What is going to happen, in a line.
fn describe_start(config: &Config, mode: Mode) -> String {
    let cassette = config.cassette.display();
    match (mode, config.mode) {
        (Mode::ReplayOnly, _) if !config.cassette.exists() => {
            format!("there is no cassette in {cassette}: every request will be a miss ({})", reason(config))
        }
        (Mode::ReplayOnly, RecordMode::Once) => format!("replaying {cassette} (once: it has takes)"),
        (Mode::ReplayOnly, _) => format!("replaying {cassette} ({})", reason(config)),
        (Mode::RecordMissing, _) => format!("replaying {cassette}, and recording what is not in it (new_episodes)"),
        (Mode::RecordAll, RecordMode::Once) => format!("recording into {cassette} (once: it is empty)"),
        (Mode::RecordAll, _) => format!("recording everything again into {cassette} (all)"),
    }
}

/// Why nothing is recorded.
const fn reason(config: &Config) -> &'static str {
    if config.mode_by_ci { "none: CI is set" } else { "none" }
}

/// The parent of cassettes that are opened one by one, when their sessions ask.
async fn open_sessions(
    config: &Config,
    source: CredentialSource,
    instance: &str,
    inspector: &Arc<OnceLock<String>>,
) -> Result<Opening, StartError> {
    if cassette::is_cassette(&config.cassette) {
        return Err(StartError::Parent { root: config.cassette.clone() });
    }
    let mode = match config.mode {
        RecordMode::None => Mode::ReplayOnly,
        RecordMode::Once | RecordMode::NewEpisodes => Mode::RecordMissing,
        RecordMode::All => Mode::RecordAll,
    };
    let (upstream, destination) = way_upstream(config, mode, source, instance).await?;
    let (policy, inspector) = (Arc::new(Rules::from_config(config)), Arc::clone(inspector));
    let sessions = PerSession::new(Opener { config: config.clone(), policy, upstream, inspector });
    let UpstreamDestination { kind, notices, role_profiles, .. } = destination;
    Ok(Opening { over: Over::PerSession(Arc::new(sessions)), mode, kind, notices, role_profiles })
}

/// A name that no other running ramtape has, to notice oneself as one's own upstream.
fn instance() -> Result<String, StartError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(StartError::Random)?;
    Ok(HEXLOWER.encode(&bytes))
}

const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::ReplayOnly => "replaying",
        Mode::RecordMissing => "replaying, and recording what is missing",
        Mode::RecordAll => "recording",
    }
}
