//! The engine, as the rest of the program holds it.

use crate::aws::Upstream;
use crate::cassette::{Cassette, CassetteError, UsedTakes};
use crate::engine::calls::{
    AnswerNote, Asked, Call, CallCounts, CallFilter, CallJournal, CallLog, CallNotes, JournalHead, LoggedCall,
    LoggedOutcome,
};
use crate::engine::error::EngineError;
use crate::engine::pagination::cut_take::{TakeCut, cut_take};
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::record::record;
use crate::engine::recorder::Recorder;
use crate::engine::region_errors::settle_pending;
use crate::engine::replay::replay;
use crate::engine::request_scope::RequestScope;
use crate::engine::response_cache::ResponseCache;
use crate::engine::role_labels::RoleLabels;
use crate::engine::settings::{EngineSettings, Mode, Pages, Poll};
use crate::engine::state::EngineState;
use crate::engine::stats::run::{RunStats, count};
use crate::engine::stats::sessions::{SessionState, SessionStats};
use crate::engine::stats::summary::Summary;
use crate::engine::write_index::WriteIndex;
use crate::fingerprint::Fingerprint;
use crate::model::{Request, Response, RoleProfile};
use crate::session::{Actors, LiveValues, Sessions, session_name};
use crate::wire::ErrorForm;
use http::StatusCode;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
        let response_cache = ResponseCache::new(settings.response_memory);
        let state = EngineState {
            settings,
            cassette,
            sessions: Sessions::default(),
            live: LiveValues::default(),
            response_cache,
            actors,
            issued,
            role_labels: RoleLabels::default(),
            stats: RunStats::default(),
            writes: WriteIndex::default(),
            session_stats: SessionStats::default(),
            calls: CallLog::default(),
        };
        Self { state: Arc::new(state), recorder }
    }

    /// The answer to `request`; whatever went wrong is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        count(&self.state.stats.requests);
        let arrival = Arrival { began: Instant::now(), session: session_name(&request) };
        let (is_trusted, name) = (self.trusts_caller(&request), arrival.session.as_deref());
        let Some(session) = self.state.session_stats.enter(name, is_trusted, &self.state.sessions) else {
            let failure = self.failure(&request)(Arc::new(EngineError::TooManySessions));
            return self.report_failure(arrival, CallNotes::default(), failure);
        };
        count(&session.requests);
        let mut notes = CallNotes::default();
        let answered = match &self.recorder {
            None => {
                let replayed = replay(&self.state, &request, arrival.session.clone(), &mut notes);
                replayed.map_err(|error| self.failure(&request)(Arc::new(error)))
            }
            Some(recorder) => {
                let (failure, session) = (self.failure(&request), arrival.session.clone());
                // Boxed: a future is moved into place for every request, and this one's 20 KiB are none of a replay's.
                Box::pin(record(&self.state, recorder, request, session, &mut notes)).await.map_err(failure)
            }
        };
        match answered {
            Ok(response) => {
                if self.recorder.is_none() {
                    count(&session.replayed);
                }
                let outcome = LoggedOutcome::Answered(notes.answer.unwrap_or(AnswerNote::PassedOn));
                self.log_call(arrival, response.status, notes.asked, None, outcome);
                response
            }
            Err(failure) => {
                if failure.error.miss().is_some() {
                    count(&session.missed);
                }
                self.report_failure(arrival, notes, failure)
            }
        }
    }

    /// Remembers a call, now that it is answered; gives its number.
    fn log_call(
        &self,
        arrival: Arrival,
        status: StatusCode,
        asked: Option<Asked>,
        name: Option<Arc<str>>,
        outcome: LoggedOutcome,
    ) -> u64 {
        let Arrival { began, session } = arrival;
        let (at, took, status) = (self.state.calls.time_of(began), began.elapsed(), status.as_u16());
        self.state.calls.add(LoggedCall { at, took, session, asked, name, status, outcome })
    }

    /// What makes a failure of `request` from an error.
    fn failure(&self, request: &Request) -> impl FnOnce(Arc<EngineError>) -> Failure + use<> {
        let (form, target) = (self.error_form(request), format!("{} {}", request.method, request.path));
        move |error| Failure { error, form, target }
    }

    /// Where the inspector shows the call with this number, where there is one.
    fn call_url(&self, number: u64) -> Option<String> {
        self.state.settings.inspector.get().map(|inspector| format!("{inspector}/calls/{number}"))
    }

    /// How the client that sent `request` reads errors.
    fn error_form(&self, request: &Request) -> ErrorForm {
        let settings = &self.state.settings;
        let is_modelled = RequestScope::read_place(request, settings).service == settings.service.name;
        if is_modelled { ErrorForm::Json } else { ErrorForm::read(request) }
    }

    /// Counts and logs what went wrong with a call; gives the answer that tells its client.
    fn report_failure(&self, arrival: Arrival, notes: CallNotes, failure: Failure) -> Response {
        let Failure { error, form, target } = failure;
        self.state.stats.count_failure(&error);
        let (status, miss) = (error.status_and_kind().0, error.miss());
        let outcome = match miss {
            Some(miss) => LoggedOutcome::Missed(miss.message.as_str().into()),
            None => LoggedOutcome::Refused(error.explained().into()),
        };
        let number = self.log_call(arrival, status, notes.asked, Some(target.into()), outcome);
        let url = miss.and_then(|_| self.call_url(number));
        let why = url.map(|url| format!("\nTo see why: {url}")).unwrap_or_default();
        match miss {
            Some(miss) if self.state.settings.tells_misses => tracing::warn!("{}{why}", miss.message),
            Some(miss) => tracing::info!("{}{why}", miss.message),
            None => tracing::warn!("{}", error.explained()),
        }
        error.to_response(form, &why)
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

    /// The calls that `filter` wants, the latest first: `limit` of those before the one with the number `before`.
    #[must_use]
    pub fn latest_calls(&self, filter: &CallFilter, before: Option<u64>, limit: usize) -> Vec<Call> {
        let calls = self.state.calls.latest(filter, before, limit);
        calls.into_iter().map(|(number, call)| call.to_call(number)).collect()
    }

    /// The calls that `filter` wants after the one with the number `after`, the earliest first, `limit` at most.
    #[must_use]
    pub fn calls_after(&self, filter: &CallFilter, after: u64, limit: usize) -> Vec<Call> {
        let calls = self.state.calls.after(filter, after, limit);
        calls.into_iter().map(|(number, call)| call.to_call(number)).collect()
    }

    /// The call with the number `number`, while it is remembered.
    #[must_use]
    pub fn call(&self, number: u64) -> Option<Call> {
        Some(self.state.calls.get(number)?.to_call(number))
    }

    /// How many calls there were, and how many of them are remembered no more.
    #[must_use]
    pub fn call_extent(&self) -> (u64, u64) {
        self.state.calls.extent()
    }

    /// The calls that are remembered, to be kept.
    #[must_use]
    pub fn call_journal(&self, head: JournalHead) -> CallJournal {
        CallJournal::from_log(head, self.state.calls.all())
    }

    /// All calls, counted.
    #[must_use]
    pub fn call_counts(&self) -> CallCounts {
        self.state.calls.counts()
    }

    /// How many requests were sent upstream, and over how many connections; by all engines that share the way there.
    #[must_use]
    pub fn upstream_traffic(&self) -> (u64, u64) {
        let upstream = self.recorder.as_ref().map(|recorder| &recorder.upstream);
        upstream.map_or((0, 0), |upstream| (upstream.requests(), upstream.connections()))
    }

    /// The pages that take `take`, from 0, of a recorded request is served in, cut as `pages` says for a client that asks for
    /// pages of `size`; `None` where there is no such take.
    ///
    /// # Errors
    /// Where the cassette cannot be read.
    pub fn cut_take(
        &self,
        (folder, fingerprint): (&str, &Fingerprint),
        take: usize,
        pages: Pages,
        size: Option<u32>,
    ) -> Result<Option<TakeCut>, CassetteError> {
        let found = self.state.cassette.lookup(folder, fingerprint)?;
        let prepared = found.filter(|prepared| take < prepared.entry.takes.len());
        Ok(prepared.map(|prepared| cut_take(&self.state.settings.service, &prepared, take, pages, size)))
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.state.settings
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

/// A call that has come.
struct Arrival {
    began: Instant,
    session: Option<String>,
}

/// A call that got no answer of the service's.
struct Failure {
    error: Arc<EngineError>,
    /// How its client reads errors.
    form: ErrorForm,
    /// Its method and path.
    target: String,
}
