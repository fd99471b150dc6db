//! The only module that knows the order of steps: `replay` and `record` each show theirs as one short function.

mod actors;
mod classify;
mod disposition;
mod error;
mod identify;
mod import;
mod in_flight;
mod matcher;
mod miss;
mod pagination;
mod prepared_entry;
mod probe;
mod record;
mod recorder;
mod refetch;
mod region_errors;
mod replay;
mod response_cache;
mod self_check;
mod settings;
mod state;
mod stats;
mod store_page;
mod stuck_waiter;
mod transcript;
mod volatile;
mod write_index;

use crate::aws::{Answer, Upstream};
use crate::cassette::{Cassette, UsedTakes};
use crate::fingerprint::Fingerprint;
use crate::model::{Request, Response};
use crate::session::{Actors, LiveValues, Sessions, session_name};
use recorder::Recorder;
use response_cache::ResponseCache;
use state::EngineState;
use stats::run::{RunStats, count};
use stats::sessions::SessionStats;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use write_index::WriteIndex;

pub use error::EngineError;
pub use import::{ImportOutcome, Importer};
pub use pagination::page_cut::Pages;
pub use pagination::page_loop_guard::PaginationError;
pub use prepared_entry::PreparedEntry;
pub use probe::ProbeOutcome;
pub use refetch::{NotRefetchable, Refetch, RefetchError, RefetchedPages, Refetcher};
pub use self_check::check_entry;
pub use settings::{EngineSettings, Mode, Poll, SignerChoice};
pub use stats::sessions::SessionState;
pub use stats::summary::{Miss, PassedOn, Summary};
pub use transcript::build_exchanges;
pub use write_index::operation_rules;

/// Answers requests: from the cassette, or from upstream into the cassette.
#[derive(Clone)]
pub struct Engine {
    state: Arc<EngineState>,
    recorder: Option<Arc<Recorder>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("settings", &self.state.settings).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over an opened cassette. It replays only, unless it is given `upstream` to record from.
    #[must_use]
    pub fn new(settings: EngineSettings, cassette: Cassette<PreparedEntry>, upstream: Option<Arc<Upstream>>) -> Self {
        let recorder = upstream.map(|upstream| Arc::new(Recorder::new(upstream)));
        let actors = Actors::new(settings.actors.clone());
        let state = EngineState {
            settings,
            cassette,
            sessions: Sessions::default(),
            live: LiveValues::default(),
            response_cache: ResponseCache::default(),
            actors,
            stats: RunStats::default(),
            writes: WriteIndex::default(),
            session_stats: SessionStats::default(),
        };
        Self { state: Arc::new(state), recorder }
    }

    /// The answer to `request`; whatever went wrong is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        self.answer_with(request, None).await
    }

    /// As [`Self::answer`]; what upstream answers is not asked for where it is `in_hand`, by [`Self::vet`] of another engine.
    pub async fn answer_with(&self, request: Request, in_hand: Option<Answer>) -> Response {
        count(&self.state.stats.requests);
        let proved = self.knows(&request);
        let name = session_name(&request);
        let Some(session) = self.state.session_stats.come(name.as_deref(), proved, &self.state.sessions) else {
            let error = EngineError::TooManySessions;
            self.state.stats.failed(&error);
            return error.to_response();
        };
        count(&session.requests);
        let outcome = match &self.recorder {
            None => replay::replay(&self.state, &request).map_err(Arc::new).inspect(|_| count(&session.replayed)),
            // Boxed: a future is moved into place for every request, and this one's 20 KiB are none of a replay's.
            Some(recorder) => Box::pin(record::record(&self.state, recorder, request, in_hand)).await,
        };
        outcome.unwrap_or_else(|error| {
            self.state.stats.failed(&error);
            if let Some(miss) = error.miss() {
                count(&session.missed);
                if self.state.settings.tells_misses {
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
        self.recorder.as_ref().is_none_or(|recorder| recorder.knows(&self.state.settings, request))
    }

    /// Rewinds the session called `name`, or the one of callers that name none. Says whether it was there.
    pub fn reset_session(&self, name: Option<&str>) -> bool {
        // A session that never had to choose has no position, and is there all the same.
        let had_values = self.state.live.reset(name);
        self.state.sessions.reset(name) || had_values || self.state.session_stats.has(name)
    }

    /// Waits for what was sent upstream and has not been answered, `limit` at most; the summary tells what did not come.
    pub async fn settle(&self, limit: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.settle(&self.state, limit).await;
            region_errors::settle(&self.state, recorder).await;
        }
    }

    /// The sessions that have asked for anything, by name; the one of callers that name none first.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionState> {
        self.state.session_stats.states(&self.state.sessions)
    }

    /// Whether it records, be it only what is missing.
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// What has answered anything so far, by folder and fingerprint.
    #[must_use]
    pub fn used(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        self.state.stats.all_used()
    }

    /// The cassette that it works on.
    #[must_use]
    pub fn cassette(&self) -> &Cassette<PreparedEntry> {
        &self.state.cassette
    }

    /// What happened so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = self.state.stats.summary();
        summary.sessions = self.sessions();
        if self.state.settings.poll == Poll::Final {
            // What is skipped on the way to the last one is not missing.
            summary.unused_takes = 0;
        }
        if let Some(recorder) = &self.recorder {
            summary.redacted = self.state.settings.redaction.counts();
            summary.upstream_connections = recorder.upstream.connections();
            summary.partial = recorder.chains.unfinished();
        }
        if self.state.settings.mode != Mode::RecordAll {
            let mut known = self.state.cassette.fingerprints().unwrap_or_default();
            if let Some(recorder) = &self.recorder {
                // What went upstream was asked for, whatever came of it.
                let asked = recorder.at_start();
                known.retain(|(_, fingerprint)| !asked.contains_key(fingerprint));
            }
            summary.never_used = Some(self.state.stats.never_used(known.into_iter()));
        }
        summary
    }
}
