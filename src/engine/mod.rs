//! The only module that knows the order of steps: `replay` and `record` each show theirs as one short function.

mod actors;
mod at_random;
mod attendance;
mod chains;
mod classify;
mod error;
mod fate;
mod find;
mod flights;
mod identify;
mod import;
mod keep;
mod miss;
mod other_service;
mod pages;
mod passing;
mod prepared;
mod prove;
mod reask;
mod recall;
mod record;
mod recorder;
mod regional;
mod replay;
mod settings;
mod stuck;
mod summary;
mod tally;
mod trail;
mod transcript;
mod vet;
mod volatile;
mod walk;
mod writes;

use crate::aws::{Answer, Upstream};
use crate::cassette::{Cassette, UsedTakes};
use crate::fingerprint::Fingerprint;
use crate::model::{Request, Response};
use crate::session::{Actors, LiveValues, Sessions, session_name};
use attendance::Attendance;
use recall::Recall;
use recorder::Recorder;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tally::{Tally, count};
use writes::KnownWrites;

pub use attendance::SessionState;
pub use error::EngineError;
pub use import::{Carried, Importer};
pub use pages::Pages;
pub use prepared::Prepared;
pub use prove::prove;
pub use reask::{NotAsked, Question, Reask, ReaskError, Walked};
pub use settings::{Effective, Poll, Settings, Signer};
pub use summary::{Miss, PassedOn, Summary};
pub use trail::NoEnd;
pub use transcript::transcript;
pub use vet::Vetted;
pub use writes::operation_rules;

/// Answers requests: from the cassette, or from upstream into the cassette.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    recorder: Option<Arc<Recorder>>,
}

/// What both ways of answering need.
struct Shared {
    settings: Settings,
    cassette: Cassette<Prepared>,
    sessions: Sessions,
    live: LiveValues,
    recall: Recall,
    actors: Actors,
    tally: Tally,
    writes: KnownWrites,
    attendance: Attendance,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over an opened cassette. It replays only, unless it is given `upstream` to record from.
    #[must_use]
    pub fn new(settings: Settings, cassette: Cassette<Prepared>, upstream: Option<Arc<Upstream>>) -> Self {
        let recorder = upstream.map(|upstream| Arc::new(Recorder::new(upstream)));
        let actors = Actors::new(settings.actors.clone());
        let shared = Shared {
            settings,
            cassette,
            sessions: Sessions::default(),
            live: LiveValues::default(),
            recall: Recall::default(),
            actors,
            tally: Tally::default(),
            writes: KnownWrites::default(),
            attendance: Attendance::default(),
        };
        Self { shared: Arc::new(shared), recorder }
    }

    /// The answer to `request`; whatever went wrong is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        self.answer_with(request, None).await
    }

    /// As [`Self::answer`]; what upstream answers is not asked for where it is `in_hand`, by [`Self::vet`] of another engine.
    pub async fn answer_with(&self, request: Request, in_hand: Option<Answer>) -> Response {
        count(&self.shared.tally.requests);
        let proved = self.knows(&request);
        let name = session_name(&request);
        let Some(session) = self.shared.attendance.come(name.as_deref(), proved, &self.shared.sessions) else {
            let error = EngineError::TooManySessions;
            self.shared.tally.failed(&error);
            return error.to_response();
        };
        count(&session.requests);
        let outcome = match &self.recorder {
            None => replay::replay(&self.shared, &request).map_err(Arc::new).inspect(|_| count(&session.replayed)),
            // Boxed: a future is moved into place for every request, and this one's 20 KiB are none of a replay's.
            Some(recorder) => Box::pin(record::record(&self.shared, recorder, request, in_hand)).await,
        };
        outcome.unwrap_or_else(|error| {
            self.shared.tally.failed(&error);
            if let Some(miss) = error.miss() {
                count(&session.missed);
                if self.shared.settings.tells_misses {
                    tracing::warn!("{}", miss.message);
                } else {
                    tracing::info!("{}", miss.message);
                }
            } else {
                tracing::warn!("{}", error.explained());
            }
            error.to_response()
        })
    }

    /// Whether the caller of `request` needs no more proof than its URL; nobody does where nothing is recorded.
    #[must_use]
    pub fn knows(&self, request: &Request) -> bool {
        self.recorder.as_ref().is_none_or(|recorder| recorder.knows(&self.shared.settings, request))
    }

    /// Rewinds the session called `name`, or the one of callers that name none. Says whether it was there.
    pub fn reset_session(&self, name: Option<&str>) -> bool {
        // A session that never had to choose has no position, and is there all the same.
        let had_values = self.shared.live.reset(name);
        self.shared.sessions.reset(name) || had_values || self.shared.attendance.has(name)
    }

    /// Waits for what was sent upstream and has not been answered, `limit` at most; the summary tells what did not come.
    pub async fn settle(&self, limit: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.settle(&self.shared, limit).await;
            regional::settle(&self.shared, recorder).await;
        }
    }

    /// The sessions that have asked for anything, by name; the one of callers that name none first.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionState> {
        self.shared.attendance.states(&self.shared.sessions)
    }

    /// Whether it records, be it only what is missing.
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// What has answered anything so far, by folder and fingerprint.
    #[must_use]
    pub fn used(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        self.shared.tally.all_used()
    }

    /// The cassette that it works on.
    #[must_use]
    pub fn cassette(&self) -> &Cassette<Prepared> {
        &self.shared.cassette
    }

    /// What happened so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = self.shared.tally.summary();
        summary.sessions = self.sessions();
        if self.shared.settings.poll == Poll::Final {
            // What is skipped on the way to the last one is not missing.
            summary.unused_takes = 0;
        }
        if let Some(recorder) = &self.recorder {
            summary.redacted = self.shared.settings.redaction.counts();
            summary.upstream_connections = recorder.upstream.connections();
            summary.partial = recorder.chains.unfinished();
        }
        if self.shared.settings.mode != Effective::Everything {
            let mut known = self.shared.cassette.fingerprints().unwrap_or_default();
            if let Some(recorder) = &self.recorder {
                // What went upstream was asked for, whatever came of it.
                let asked = recorder.at_start();
                known.retain(|(_, fingerprint)| !asked.contains_key(fingerprint));
            }
            summary.never_used = Some(self.shared.tally.never_used(known.into_iter()));
        }
        summary
    }
}
