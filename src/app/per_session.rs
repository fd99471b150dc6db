//! A cassette for every session, opened when its session first asks, and made when the first page of it is stored.

use super::merged::refuse;
use super::opener::{OpenedEngine, Opener, regions};
use super::variables::{CassetteVariables, VariableError};
use crate::cassette::{self, Cassette, CassetteError};
use crate::engine::{Engine, Summary};
use crate::model::{Request, Response, with_causes};
use crate::session::session_name;
use http::StatusCode;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The cassette of callers that name no session.
const UNNAMED: &str = "default";
/// How many cassettes are opened in a run: anybody may name a new session with every request.
const MOST: usize = 10_000;
/// How many different refusals are told.
const MOST_REASONS: usize = 100;

/// The engines of all sessions that have asked, by the name of their cassette.
///
/// None is closed before the run ends: with it would go the position of its session, and what `once` decided.
pub(super) struct PerSession {
    opener: Opener,
    /// How many engines there may be.
    most: usize,
    engines: Mutex<BTreeMap<String, Arc<OnceCell<Arc<OpenedEngine>>>>>,
    refusals: Mutex<Refusals>,
}

/// The requests that found no engine.
#[derive(Default)]
struct Refusals {
    requests: u64,
    damaged: u64,
    reasons: BTreeMap<String, u64>,
}

/// Why a session has no engine.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionRefusal {
    #[error("the session {0:?} cannot have a cassette: its name begins with a dot")]
    Name(String),
    #[error(
        "the request names a new session, but this run already has {0} cassettes open, which is the limit: use \
            fewer session names, or restart ramtape"
    )]
    TooMany(usize),
    #[error("the cassette of session {name} cannot be used")]
    Cassette { name: String, source: OpenError },
}

/// Why a session's cassette is not open.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    #[error("the task that opened it failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl fmt::Debug for PerSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerSession").field("parent", &self.opener.config.cassette).finish_non_exhaustive()
    }
}

impl PerSession {
    pub(super) fn new(opener: Opener) -> Self {
        Self { opener, most: MOST, engines: Mutex::default(), refusals: Mutex::default() }
    }

    /// The answer of the engine of the session that `request` belongs to.
    pub(super) async fn answer(this: &Arc<Self>, request: Request) -> Response {
        let name = session_name(&request).unwrap_or_else(|| UNNAMED.to_owned());
        match Self::engine(this, &name).await {
            Ok(opened) => opened.engine.answer(request).await,
            Err(refusal) => this.refused(&refusal),
        }
    }

    /// The engine of the session called `name`. Where it has none yet its cassette is opened, once, however many requests ask
    /// for it at the same time; one that cannot be opened is tried again with the next request.
    async fn engine(this: &Arc<Self>, name: &str) -> Result<Arc<OpenedEngine>, SessionRefusal> {
        if let Some(opened) = this.opened(name) {
            return Ok(opened);
        }
        if name.starts_with('.') {
            return Err(SessionRefusal::Name(name.to_owned()));
        }
        let cell = {
            let mut engines = this.engines.lock();
            if engines.len() >= this.most && !engines.contains_key(name) {
                return Err(SessionRefusal::TooMany(this.most));
            }
            Arc::clone(engines.entry(name.to_owned()).or_default())
        };
        let (this, name) = (Arc::clone(this), name.to_owned());
        // On a task of its own: a client that leaves would otherwise leave a cassette behind that is half open.
        let opening = tokio::spawn(async move {
            let open = || async { open(&this, &name).await.map_err(|source| refusal(&name, source)) };
            cell.get_or_try_init(open).await.cloned()
        });
        opening.await.unwrap_or_else(|error| Err(refusal("?", error.into())))
    }

    /// The engine over the cassette called `name`, if it is open.
    pub(super) fn opened(&self, name: &str) -> Option<Arc<OpenedEngine>> {
        self.engines.lock().get(name)?.get().cloned()
    }

    /// The folder of the cassette of `session`.
    pub(super) fn root_of(&self, session: Option<&str>) -> PathBuf {
        self.opener.root_of(session.unwrap_or(UNNAMED))
    }

    /// The variables of the cassette of `session`.
    pub(super) async fn variables(
        this: &Arc<Self>,
        session: Option<&str>,
    ) -> Result<Arc<CassetteVariables>, VariableError> {
        let name = session.unwrap_or(UNNAMED);
        let opened = Self::engine(this, name).await;
        opened
            .map(|opened| Arc::clone(&opened.variables))
            .map_err(|refusal| VariableError::Session(with_causes(&refusal)))
    }

    /// The variables of all cassettes that are open.
    pub(super) fn all_variables(&self) -> Vec<Arc<CassetteVariables>> {
        self.engines.lock().values().filter_map(|cell| Some(Arc::clone(&cell.get()?.variables))).collect()
    }

    /// All engines there are.
    pub(super) fn engines(&self) -> Vec<Engine> {
        self.engines.lock().values().filter_map(|cell| cell.get()).map(|found| found.engine.clone()).collect()
    }

    /// The folders of all cassettes that are there, in the order of their names.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        cassette::below(&self.opener.config.cassette).unwrap_or_default()
    }

    /// The regions that all cassettes say they were recorded in, in the order of their names.
    pub(super) fn kept_regions(&self) -> Vec<String> {
        self.roots().iter().flat_map(|root| cassette::regions_of(root)).collect()
    }

    /// The regions of what all cassettes hold, whether a session has asked for them or not.
    pub(super) fn regions(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for root in cassette::below(&self.opener.config.cassette).unwrap_or_default() {
            let found = Cassette::open_text(&root, |_, _| ()).map(|cassette| regions(&cassette));
            all.extend(found.unwrap_or_default());
            all.sort();
            all.dedup();
            if all.len() > 1 {
                break;
            }
        }
        all
    }

    /// The answer to a request that found no engine; it is counted.
    pub(super) fn refused(&self, refusal: &SessionRefusal) -> Response {
        let reason = with_causes(refusal);
        tracing::warn!("{reason}");
        let message = format!("ramtape: {reason}");
        let mut refusals = self.refusals.lock();
        refusals.requests += 1;
        let response = match refusal {
            SessionRefusal::Name(_) | SessionRefusal::TooMany(_) => {
                Response::error(StatusCode::BAD_REQUEST, "RamtapeSessionException", &message)
            }
            SessionRefusal::Cassette { .. } => {
                refusals.damaged += 1;
                Response::error(StatusCode::BAD_REQUEST, "CassetteDamagedException", &message)
            }
        };
        if refusals.reasons.len() < MOST_REASONS || refusals.reasons.contains_key(&reason) {
            *refusals.reasons.entry(reason).or_default() += 1;
        }
        response
    }

    /// What no engine knows of.
    pub(super) fn add_to(&self, summary: &mut Summary) {
        let refusals = self.refusals.lock();
        summary.requests += refusals.requests;
        summary.damaged += refusals.damaged;
        for (reason, count) in &refusals.reasons {
            refuse(summary, reason.clone(), *count);
        }
        for (name, cell) in self.engines.lock().iter() {
            let notices = cell.get().map(|found| found.notices.as_slice()).unwrap_or_default();
            summary.notices.extend(notices.iter().map(|notice| format!("cassette {name}: {notice}")));
        }
    }
}

async fn open(this: &Arc<PerSession>, name: &str) -> Result<Arc<OpenedEngine>, OpenError> {
    let (this, root) = (Arc::clone(this), this.opener.root_of(name));
    Ok(Arc::new(tokio::task::spawn_blocking(move || this.opener.open(&root)).await??))
}

fn refusal(name: &str, source: OpenError) -> SessionRefusal {
    SessionRefusal::Cassette { name: name.to_owned(), source }
}

#[cfg(test)]
mod tests;
