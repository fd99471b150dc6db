//! The inspector of a run, and the one of cassettes that nobody asks anything.

use super::engines::Engines;
use super::opener::Opener;
use super::rules::Rules;
use super::{StartError, instance, proxy_settings};
use crate::admin::{AdminApi, DiscardError, Discarded, SessionAdmin, SettledVariables, VariableValues, VariablesError};
use crate::cassette::{self, CassetteError, FolderKind};
use crate::config::{Config, RecordMode};
use crate::engine::{CallJournal, Engine, Mode};
use crate::inspector::{Inspector, Tape, Tapes};
use crate::model::{Request, Response};
use crate::proxy::{self, RunningProxy};
use http::StatusCode;
use std::path::Path;
use std::sync::Arc;

impl Tapes for Engines {
    fn open(&self) -> Vec<Tape> {
        let tape = |engine: Engine| Tape { name: name(engine.cassette().root()), engine, calls: None };
        self.engines().into_iter().map(tape).collect()
    }
}

/// Cassettes with the calls of their latest runs.
struct RecordedTapes(Vec<Tape>);

impl Tapes for RecordedTapes {
    fn open(&self) -> Vec<Tape> {
        self.0.clone()
    }
}

/// What a cassette is called: the last part of its folder.
fn name(root: &Path) -> String {
    root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
}

/// An inspector that listens.
#[derive(Debug)]
pub(crate) struct RunningInspector {
    /// What opens it in a browser, with its token.
    pub(crate) url: String,
    /// What is worth a line at the start.
    pub(crate) notices: Vec<String>,
    proxy: RunningProxy,
}

impl RunningInspector {
    /// Stops listening.
    pub(crate) async fn stop(self) {
        self.proxy.stop().await;
    }
}

/// Shows the cassette of `config`, or all those of a folder with one a session; nothing is answered from them.
///
/// # Errors
/// Where one cannot be opened, or the address cannot be listened on.
pub(crate) async fn start_inspector(config: Config) -> Result<RunningInspector, StartError> {
    let opened = config.clone();
    let (tapes, notices) = tokio::task::spawn_blocking(move || open_tapes(&opened)).await??;
    let inspector = Inspector::new(RecordedTapes(tapes), &config.key);
    let admin = AdminApi::new("inspecting", config.cassette.display().to_string(), NoSessions);
    let settings = proxy_settings(&config, instance()?, Mode::ReplayOnly, None)?;
    let admin = Arc::new(admin.with_pages(inspector.clone()));
    let proxy = proxy::start(settings, Arc::new(OnlyShows), admin).await?;
    Ok(RunningInspector { url: inspector.url(&format!("http://{}", proxy.addr)), notices, proxy })
}

fn open_tapes(config: &Config) -> Result<(Vec<Tape>, Vec<String>), CassetteError> {
    let roots = match FolderKind::detect(&config.cassette)? {
        FolderKind::Sessions(_) => cassette::below(&config.cassette)?,
        _ => vec![config.cassette.clone()],
    };
    let opener = showing_opener(config);
    let (mut tapes, mut notices) = (Vec::new(), Vec::new());
    for root in roots {
        let found = opener.open(&root)?;
        notices.extend(found.notices);
        let journal = read_journal(&root)?;
        tapes.push(Tape {
            name: name(&root),
            engine: found.engine,
            calls: Some(Arc::new(journal.unwrap_or_default())),
        });
    }
    Ok((tapes, notices))
}

/// The cassette of `config` with the calls of its latest run, where they were kept. Blocks.
///
/// # Errors
/// Where it cannot be opened or read.
pub(crate) fn open_with_calls(config: &Config) -> Result<(Engine, Option<CallJournal>), CassetteError> {
    let root = &config.cassette;
    Ok((showing_opener(config).open(root)?.engine, read_journal(root)?))
}

/// Opens cassettes from which nothing is answered.
fn showing_opener(config: &Config) -> Opener {
    let policy = Arc::new(Rules::from_config(config));
    let config = Config { mode: RecordMode::None, ..config.clone() };
    Opener { config, policy, upstream: None, inspector: Arc::default() }
}

fn read_journal(root: &Path) -> Result<Option<CallJournal>, CassetteError> {
    Ok(cassette::read_calls(root)?.and_then(|text| CallJournal::parse(&text)))
}

/// Refuses whatever is asked of a service.
struct OnlyShows;

impl proxy::Handler for OnlyShows {
    async fn handle(&self, _: Request) -> Response {
        let message = "ramtape: `ramtape ui` only shows cassettes; `ramtape replay` answers from them";
        Response::error(StatusCode::BAD_REQUEST, "RamtapeInspectorException", message)
    }
}

/// No sessions: nobody asks anything.
struct NoSessions;

impl SessionAdmin for NoSessions {
    fn list(&self) -> serde_json::Value {
        serde_json::json!([])
    }

    fn get(&self, name: &str) -> serde_json::Value {
        serde_json::json!({ "name": name, "misses": [] })
    }

    fn discard<'a>(&'a self, _: Request, _: &'a str) -> Discarded<'a> {
        Box::pin(async { Err(DiscardError::NotProved) })
    }

    fn reset(&self, _: &str) -> bool {
        false
    }

    fn settle<'a>(&'a self, _: Request, _: Option<&'a str>, _: VariableValues) -> SettledVariables<'a> {
        let error = VariablesError::NotRecorded("`ramtape ui` only shows cassettes".to_owned());
        Box::pin(async { Err(error) })
    }
}
