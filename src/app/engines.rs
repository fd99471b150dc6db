//! The engines of a run, as proxy and control see them: one over one cassette, or one a session.

use super::merged::merged;
use super::opener::regions;
use super::per_session::PerSession;
use crate::cassette::{CassetteError, SealReport, Usage};
use crate::control::Sessions;
use crate::engine::{Engine, SessionState, Summary};
use crate::interaction::{Request, Response};
use crate::proxy;
use crate::session::plain_name;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

/// The engines of a run.
#[derive(Clone, Debug)]
pub(super) enum Engines {
    /// All sessions share one cassette.
    One(Engine),
    /// Every session has a cassette of its own.
    PerSession(Arc<PerSession>),
}

impl Engines {
    /// What happened so far, over all cassettes.
    pub(super) fn summary(&self) -> Summary {
        match self {
            Self::One(engine) => engine.summary(),
            Self::PerSession(sessions) => {
                let engines = sessions.engines();
                let porter = sessions.porter().filter(|porter| porter.requests > 0);
                let mut summary = merged(engines.iter().map(Engine::summary).chain(porter));
                sessions.add_to(&mut summary);
                summary
            }
        }
    }

    /// The region of everything recorded, where it is one.
    pub(super) fn recorded_region(&self) -> Option<String> {
        let regions = match self {
            Self::One(engine) => regions(engine.cassette()),
            Self::PerSession(sessions) => sessions.regions(),
        };
        match regions.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// Waits for what was sent upstream and has not been answered, `limit` at most.
    pub(super) async fn settle(&self, limit: Duration) {
        if let Self::PerSession(sessions) = self {
            sessions.settle(limit).await;
        }
        let settling = self.engines().into_iter().map(|engine| async move { engine.settle(limit).await });
        settling.collect::<JoinSet<()>>().join_all().await;
    }

    /// Keeps what a complete run used of the cassettes that were only replayed. One with a miss, or that nobody asked,
    /// shows no complete run.
    pub(super) fn keep_usage(&self, by: &str, began: SystemTime) {
        for engine in self.engines().iter().filter(|engine| !engine.is_recording()) {
            let summary = engine.summary();
            if summary.replayed == 0 || summary.missed + summary.damaged > 0 {
                continue;
            }
            let usage = Usage { by: by.to_owned(), began, entries: engine.used() };
            if let Err(error) = engine.cassette().keep_usage(&usage) {
                tracing::warn!("what was used is not kept, so nothing can be pruned by this run: {error}");
            }
        }
    }

    fn engines(&self) -> Vec<Engine> {
        match self {
            Self::One(engine) => vec![engine.clone()],
            Self::PerSession(sessions) => sessions.engines(),
        }
    }

    /// Writes everything that was recorded as text; `step` is called before each request, with the number of all. Blocks.
    /// Each report comes with its cassette's folder.
    pub(super) fn seal(&self, mut step: impl FnMut(usize)) -> Result<Vec<(PathBuf, SealReport)>, CassetteError> {
        let mut engines = self.engines();
        engines.retain(Engine::is_recording);
        let all = engines.iter().map(|engine| engine.cassette().unsealed()).sum();
        // One that fails keeps none of the others back.
        let reports = engines.iter().map(|engine| {
            let cassette = engine.cassette();
            Ok((cassette.root().to_owned(), cassette.seal_telling(&mut |_| step(all))?))
        });
        let reports: Vec<_> = reports.collect();
        reports.into_iter().collect()
    }
}

impl proxy::Answer for Engines {
    async fn answer(&self, request: Request) -> Response {
        match self {
            Self::One(engine) => engine.answer(request).await,
            // Boxed: the way to open a cassette is large, and a future is moved into place for every request.
            Self::PerSession(sessions) => Box::pin(PerSession::answer(sessions, request)).await,
        }
    }
}

impl Sessions for Engines {
    fn list(&self) -> serde_json::Value {
        let states = match self {
            Self::One(engine) => engine.sessions(),
            Self::PerSession(sessions) => merged(sessions.engines().iter().map(Engine::summary)).sessions,
        };
        states.iter().map(SessionState::to_json).collect()
    }

    fn reset(&self, name: &str) -> bool {
        // As a path prefix is read.
        let name = plain_name(&percent_decode_str(name).decode_utf8_lossy());
        match self {
            Self::One(engine) => engine.reset_session(Some(&name)),
            Self::PerSession(sessions) => {
                sessions.opened(&name).is_some_and(|engine| engine.reset_session(Some(&name)))
            }
        }
    }
}
