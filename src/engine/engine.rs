//! The engine, as the rest of the program holds it.

use crate::aws::Upstream;
use crate::cassette::{Cassette, CassetteError, UsedTakes};
use crate::engine::error::EngineError;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::record::record;
use crate::engine::recorder::Recorder;
use crate::engine::region_errors::settle_pending;
use crate::engine::replay::replay;
use crate::engine::request_scope::RequestScope;
use crate::engine::response_cache::ResponseCache;
use crate::engine::role_labels::RoleLabels;
use crate::engine::settings::{EngineSettings, Mode, Poll};
use crate::engine::state::EngineState;
use crate::engine::stats::run::{RunStats, count};
use crate::engine::stats::sessions::{SessionState, SessionStats};
use crate::engine::stats::summary::Summary;
use crate::engine::write_index::WriteIndex;
use crate::fingerprint::Fingerprint;
use crate::model::{Request, Response, RoleProfile};
use crate::session::{Actors, LiveValues, Sessions, session_name};
use crate::wire::ErrorForm;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Answers requests: from the cassette, or from upstream into the cassette.
#[derive(Clone)]
pub struct Engine {
    pub(super) state: Arc<EngineState>,
    pub(super) recorder: Option<Arc<Recorder>>,
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
        let issued = upstream.as_ref().map(|upstream| Arc::clone(upstream.issued())).unwrap_or_default();
        let recorder = upstream.map(|upstream| Arc::new(Recorder::new(upstream)));
        let actors = Actors::new(settings.actors.clone());
        let state = EngineState {
            settings,
            cassette,
            sessions: Sessions::default(),
            live: LiveValues::default(),
            response_cache: ResponseCache::default(),
            actors,
            issued,
            role_labels: RoleLabels::default(),
            stats: RunStats::default(),
            writes: WriteIndex::default(),
            session_stats: SessionStats::default(),
        };
        Self { state: Arc::new(state), recorder }
    }

    /// The answer to `request`; whatever went wrong is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        count(&self.state.stats.requests);
        let is_trusted = self.trusts_caller(&request);
        let name = session_name(&request);
        let Some(session) = self.state.session_stats.enter(name.as_deref(), is_trusted, &self.state.sessions) else {
            let error = EngineError::TooManySessions;
            self.state.stats.count_failure(&error);
            return error.to_response(self.error_form(&request));
        };
        count(&session.requests);
        let failed = |error: &EngineError, form| {
            if error.miss().is_some() {
                count(&session.missed);
            }
            self.report_failure(error, form)
        };
        match &self.recorder {
            None => match replay(&self.state, &request, name) {
                Ok(response) => {
                    count(&session.replayed);
                    response
                }
                Err(error) => failed(&error, self.error_form(&request)),
            },
            Some(recorder) => {
                let form = self.error_form(&request);
                // Boxed: a future is moved into place for every request, and this one's 20 KiB are none of a replay's.
                let recorded = Box::pin(record(&self.state, recorder, request, name)).await;
                recorded.unwrap_or_else(|error| failed(&error, form))
            }
        }
    }

    /// How the client that sent `request` reads errors.
    fn error_form(&self, request: &Request) -> ErrorForm {
        let settings = &self.state.settings;
        let is_modelled = RequestScope::read_place(request, settings).service == settings.service.name;
        if is_modelled { ErrorForm::Json } else { ErrorForm::read(request) }
    }

    /// Counts and logs what went wrong; gives the answer that tells the client, which reads errors in `form`.
    pub(super) fn report_failure(&self, error: &EngineError, form: ErrorForm) -> Response {
        self.state.stats.count_failure(error);
        match error.miss() {
            Some(miss) if self.state.settings.tells_misses => tracing::warn!("{}", miss.message),
            Some(miss) => tracing::info!("{}", miss.message),
            None => tracing::warn!("{}", error.explained()),
        }
        error.to_response(form)
    }

    /// Whether the caller of `request` needs no more proof than its URL; nobody does where nothing is recorded.
    #[must_use]
    pub fn trusts_caller(&self, request: &Request) -> bool {
        self.recorder.is_none() || Recorder::trusts(&self.state.settings, request)
    }

    /// Rewinds the session called `name`, or the one of callers that name none. Says whether it was there.
    pub fn reset_session(&self, name: Option<&str>) -> bool {
        // A session that never had to choose has no position, and is there all the same.
        let had_values = self.state.live.reset(name);
        self.state.sessions.reset(name) || had_values || self.state.session_stats.has_activity(name)
    }

    /// What the session called `name` has asked for so far, and what its clients were told of what missed.
    #[must_use]
    pub fn session(&self, name: &str) -> (SessionState, Vec<String>) {
        (self.state.session_stats.state(name, &self.state.sessions), self.state.stats.misses_of(name))
    }

    /// Rewinds the session called `name`, or the one of callers that name none, and throws away what it has recorded in this run, but for what became text meanwhile
    /// as others recorded the same request; gives how many answers that were. Blocks.
    ///
    /// # Errors
    /// Where the cassette cannot be written; then nothing is thrown away.
    pub fn discard_session(&self, name: Option<&str>) -> Result<u64, CassetteError> {
        let Some(recorder) = &self.recorder else {
            self.reset_session(name);
            return Ok(0);
        };
        self.state.cassette.discard_session(name)?;
        recorder.chains.forget_session(name);
        recorder.pending.lock().retain(|(request, _)| request.session_name.as_deref() != name);
        let answers = self.state.session_stats.uncount_recorded(name);
        self.state.stats.uncount_recorded(answers);
        self.reset_session(name);
        Ok(answers)
    }

    /// Waits for what was sent upstream and has not been answered, `limit` at most; the summary tells what did not come.
    pub async fn settle(&self, limit: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.settle(&self.state, limit).await;
            settle_pending(&self.state, recorder).await;
        }
    }

    /// The sessions that have asked for anything, by name; the one of callers that name none first.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionState> {
        self.state.session_stats.list(&self.state.sessions)
    }

    /// Those of `profiles` whose roles were asked for in this run, as the cassette may have them.
    #[must_use]
    pub fn asked_profiles(&self, profiles: &[RoleProfile]) -> Vec<RoleProfile> {
        let redacted = profiles.iter().filter_map(|profile| {
            let role_arn = self.state.settings.redaction.redact_text(&profile.role_arn).ok()?;
            Some(RoleProfile { role_arn, ..profile.clone() })
        });
        redacted.filter(|profile| self.state.role_labels.was_asked(&profile.role_arn)).collect()
    }

    /// Whether it records, be it only what is missing.
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// What has answered anything so far, by folder and fingerprint.
    #[must_use]
    pub fn used_takes(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        self.state.stats.used_takes()
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
            summary.never_used = Some(self.state.stats.count_never_used(known.into_iter()));
        }
        summary
    }
}
