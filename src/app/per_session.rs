//! A cassette for every session, opened when its session first asks.

use super::merged::refuse;
use super::opener::{OpenedEngine, Opener, regions};
use super::variables::{CassetteVariables, Settled, VariableError, Wanted, recorded_in};
use crate::aws::sigv4::Authorization;
use crate::cassette::{self, Cassette, CassetteError};
use crate::config::RecordMode;
use crate::engine::{Engine, EngineError, ProbeOutcome, Summary};
use crate::model::{DEFAULT_ACTOR, Request, Response, with_causes};
use crate::session::session_name;
use http::StatusCode;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::OnceCell;

/// The cassette of callers that name no session.
const UNNAMED: &str = "default";
/// How many cassettes are opened in a run: on replay anybody may name a new session with every request.
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
    engines: Mutex<BTreeMap<String, Arc<OnceCell<OpenedEngine>>>>,
    /// Asks upstream for callers whom only upstream can prove, as long as their sessions have no cassette.
    porter: Engine,
    /// Held while it does, by name of the session: one request at a time.
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    refusals: Mutex<Refusals>,
}

/// The requests that found no engine.
#[derive(Default)]
struct Refusals {
    requests: u64,
    damaged: u64,
    unsigned: u64,
    reasons: BTreeMap<String, u64>,
}

/// Who may have a cassette made.
enum Admitted {
    /// Whoever asks this.
    Proved,
    /// Whoever signed this, if upstream accepts it.
    ForUpstreamToJudge,
}

/// Why a session has no engine.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the session {0:?} cannot have a cassette: its name begins with a dot")]
    Name(String),
    #[error(
        "the request names a new session, but this run already has {0} cassettes open, which is the limit: use \
            fewer session names, or restart ramtape"
    )]
    TooMany(usize),
    #[error("the cassette of session {name} cannot be used")]
    Cassette { name: String, source: OpenError },
    #[error(transparent)]
    Caller(EngineError),
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
    pub(super) fn new(opener: Opener) -> Result<Self, CassetteError> {
        let porter = opener.porter()?;
        let (engines, turns, refusals) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self { opener, most: MOST, porter, engines, turns, refusals })
    }

    /// The answer of the engine of the session that `request` belongs to.
    pub(super) async fn answer(this: &Arc<Self>, request: Request) -> Response {
        let name = session_name(&request).unwrap_or_else(|| UNNAMED.to_owned());
        let engine = match this.opened(&name) {
            Some(engine) => engine,
            None => match this.admit(&request, &name).await {
                Ok(Admitted::Proved) => match Self::engine(this, &name).await {
                    Ok(engine) => engine,
                    Err(refusal) => return this.refused(&refusal),
                },
                Ok(Admitted::ForUpstreamToJudge) => return Self::vet(this, request, name).await,
                Err(refusal) => return this.refused(&refusal),
            },
        };
        // The cassette is there before it has the answer that it was made for: who repeats that request waits for it.
        if let Some(turn) = this.turn_in_progress(&name) {
            drop(turn.lock().await);
        }
        engine.answer(request).await
    }

    /// The engine of the session called `name`. Where it has none yet its cassette is opened, once, however many requests ask
    /// for it at the same time; one that cannot be opened is tried again with the next request.
    async fn engine(this: &Arc<Self>, name: &str) -> Result<Engine, Refusal> {
        let cell = {
            let mut engines = this.engines.lock();
            if engines.len() >= this.most && !engines.contains_key(name) {
                return Err(Refusal::TooMany(this.most));
            }
            Arc::clone(engines.entry(name.to_owned()).or_default())
        };
        let (this, name) = (Arc::clone(this), name.to_owned());
        // On a task of its own: a client that leaves would otherwise leave a cassette behind that is half open.
        let opening = tokio::spawn(async move {
            let open = || async { open(&this, &name).await.map_err(|source| refusal(&name, source)) };
            cell.get_or_try_init(open).await.map(|found| found.engine.clone())
        });
        opening.await.unwrap_or_else(|error| Err(refusal("?", error.into())))
    }

    /// Asks upstream first, and has the cassette made once it has accepted the caller.
    async fn vet(this: &Arc<Self>, request: Request, name: String) -> Response {
        // Taken here: the run must not end before a task that has not begun.
        let (own, turn) = (Arc::clone(this), this.turn(&name).lock_owned().await);
        // On a task of its own: what upstream has done is to be recorded, whether the client waits for it or not.
        let vetting = tokio::spawn(async move {
            let _turn = turn;
            if let Some(engine) = own.opened(&name) {
                return engine.answer(request).await;
            }
            let answer = match own.porter.probe(&request).await {
                ProbeOutcome::Accepted(answer) => answer,
                ProbeOutcome::Answered(response) => return response,
            };
            match Self::engine(&own, &name).await {
                Ok(engine) => engine.answer_probed(request, Some(answer)).await,
                Err(refusal) => {
                    // It is counted as refused, and the client gets what upstream did all the same.
                    own.refused(&refusal);
                    answer.into()
                }
            }
        });
        vetting.await.unwrap_or_else(|error| this.refused(&refusal("?", error.into())))
    }

    /// Waits for what is asked upstream before there is a cassette, `limit` at most.
    pub(super) async fn settle(&self, limit: Duration) {
        let turns: Vec<_> = self.turns.lock().values().cloned().collect();
        let all = async {
            for turn in turns {
                drop(turn.lock().await);
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::warn!("upstream has not answered everything that was asked before there was a cassette");
        }
    }

    /// What is held while upstream is asked for the session called `name`.
    fn turn(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock();
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(name.to_owned()).or_default())
    }

    /// What is held while upstream is asked for the session called `name`, if somebody waits for that or does.
    fn turn_in_progress(&self, name: &str) -> Option<Arc<tokio::sync::Mutex<()>>> {
        self.turns.lock().get(name).filter(|turn| Arc::strong_count(turn) > 1).cloned()
    }

    /// The engine over the cassette called `name`, if it is open.
    pub(super) fn opened(&self, name: &str) -> Option<Engine> {
        self.engines.lock().get(name)?.get().map(|found| found.engine.clone())
    }

    /// Whether the caller of `request` needs no more proof than its URL.
    pub(super) fn knows(&self, request: &Request) -> bool {
        self.porter.trusts_caller(request)
    }

    /// The folder of the cassette of `session`.
    pub(super) fn root_of(&self, session: Option<&str>) -> PathBuf {
        self.opener.root_of(session.unwrap_or(UNNAMED))
    }

    /// What the cassette of `session` has recorded of variables `wanted`, if that counts and is all of them: nobody needs to
    /// have the cassette open for it.
    pub(super) fn recorded(
        &self,
        session: Option<&str>,
        wanted: &[(String, Wanted)],
    ) -> Result<Option<Vec<(String, Settled)>>, CassetteError> {
        if self.opener.config.mode == RecordMode::All {
            return Ok(None);
        }
        recorded_in(&self.root_of(session), session.unwrap_or_default(), wanted)
    }

    /// The variables of the cassette of `session`, which is opened for them. One that is not there is made: only for those who
    /// may record.
    pub(super) async fn variables(
        this: &Arc<Self>,
        session: Option<&str>,
        is_proved: bool,
        wanted: &[(String, Wanted)],
    ) -> Result<Arc<CassetteVariables>, VariableError> {
        let name = session.unwrap_or(UNNAMED);
        if name.starts_with('.') {
            return Err(VariableError::Session(Refusal::Name(name.to_owned()).to_string()));
        }
        if !is_proved && !this.root_of(session).is_dir() {
            let names = wanted.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(VariableError::NotProved { names });
        }
        Self::engine(this, name).await.map_err(|refusal| VariableError::Session(with_causes(&refusal)))?;
        let opened = this.engines.lock().get(name).and_then(|cell| Some(Arc::clone(&cell.get()?.variables)));
        opened.ok_or_else(|| VariableError::Session(format!("the cassette of session {name} is not open")))
    }

    /// The variables of all cassettes that are open.
    pub(super) fn all_variables(&self) -> Vec<Arc<CassetteVariables>> {
        self.engines.lock().values().filter_map(|cell| Some(Arc::clone(&cell.get()?.variables))).collect()
    }

    /// All engines there are.
    pub(super) fn engines(&self) -> Vec<Engine> {
        self.engines.lock().values().filter_map(|cell| cell.get()).map(|found| found.engine.clone()).collect()
    }

    /// The regions that all cassettes say they were recorded in, in the order of their names.
    pub(super) fn kept_regions(&self) -> Vec<String> {
        let roots = cassette::below(&self.opener.config.cassette).unwrap_or_default();
        roots.iter().flat_map(|root| cassette::regions_of(root)).collect()
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
    pub(super) fn refused(&self, refusal: &Refusal) -> Response {
        let reason = match refusal {
            Refusal::Caller(error) => error.explained(),
            _ => with_causes(refusal),
        };
        tracing::warn!("{reason}");
        let message = format!("ramtape: {reason}");
        let mut refusals = self.refusals.lock();
        refusals.requests += 1;
        let response = match refusal {
            Refusal::Name(_) | Refusal::TooMany(_) => {
                Response::error(StatusCode::BAD_REQUEST, "RamtapeSessionException", &message)
            }
            Refusal::Cassette { .. } => {
                refusals.damaged += 1;
                Response::error(StatusCode::BAD_REQUEST, "CassetteDamagedException", &message)
            }
            Refusal::Caller(error) => {
                refusals.unsigned += 1;
                error.to_response()
            }
        };
        if refusals.reasons.len() < MOST_REASONS || refusals.reasons.contains_key(&reason) {
            *refusals.reasons.entry(reason).or_default() += 1;
        }
        response
    }

    /// What was asked before there was a cassette, and is in none; `None` where nothing records.
    pub(super) fn porter(&self) -> Option<Summary> {
        self.porter.is_recording().then(|| self.porter.summary())
    }

    /// What no engine knows of.
    pub(super) fn add_to(&self, summary: &mut Summary) {
        let refusals = self.refusals.lock();
        summary.requests += refusals.requests;
        summary.damaged += refusals.damaged;
        summary.unsigned += refusals.unsigned;
        for (reason, count) in &refusals.reasons {
            refuse(summary, reason.clone(), *count);
        }
        for (name, cell) in self.engines.lock().iter() {
            let notices = cell.get().map(|found| found.notices.as_slice()).unwrap_or_default();
            summary.notices.extend(notices.iter().map(|notice| format!("cassette {name}: {notice}")));
        }
    }

    /// A cassette that is not there would be made: only for callers who may record.
    async fn admit(&self, request: &Request, name: &str) -> Result<Admitted, Refusal> {
        if name.starts_with('.') {
            return Err(Refusal::Name(name.to_owned()));
        }
        let Opener { config, upstream, .. } = &self.opener;
        let Some(upstream) = upstream else { return Ok(Admitted::Proved) };
        if self.opener.root_of(name).is_dir() {
            return Ok(Admitted::Proved);
        }
        // Where there is no signature nothing will be recorded.
        if request.door.keeps_signature() && Authorization::is_in(&request.headers) {
            return Ok(Admitted::ForUpstreamToJudge);
        }
        let prove = async |actor: &str| {
            let trust = upstream.trust(actor, &config.key, config.allow_any_client);
            trust.prove(request, SystemTime::now()).await
        };
        let Err(refused) = prove(DEFAULT_ACTOR).await else { return Ok(Admitted::Proved) };
        // Any that ramtape signs for may have a folder made; whom the request speaks as is the engine's to find out.
        for actor in config.actors.iter().filter(|actor| actor.profile.is_some()) {
            if prove(&actor.label).await.is_ok() {
                return Ok(Admitted::Proved);
            }
        }
        Err(Refusal::Caller(EngineError::Caller(refused)))
    }
}

async fn open(this: &Arc<PerSession>, name: &str) -> Result<OpenedEngine, OpenError> {
    let (this, root) = (Arc::clone(this), this.opener.root_of(name));
    Ok(tokio::task::spawn_blocking(move || this.opener.open(&root)).await??)
}

fn refusal(name: &str, source: OpenError) -> Refusal {
    Refusal::Cassette { name: name.to_owned(), source }
}

#[cfg(test)]
mod tests;
