//! What recording knows: the way upstream, what is on its way, and what was there when the run began.

use crate::aws::{Answer, Upstream};
use crate::engine::actors::Callers;
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::in_flight::{InFlightRequests, Waiters};
use crate::engine::pagination::chains::{Chains, ListingRead};
use crate::engine::pagination::upstream_tokens::Places;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::region_errors::PendingAnswers;
use crate::engine::settings::{EngineSettings, Mode};
use crate::engine::state::EngineState;
use crate::fingerprint::Fingerprint;
use crate::model::{DEFAULT_ACTOR, Request, counted};
use crate::session::Session;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What recording needs besides what replay needs.
pub(super) struct Recorder {
    pub(super) upstream: Arc<Upstream>,
    pub(super) chains: Chains,
    pub(super) flights: InFlightRequests,
    pub(super) callers: Callers,
    pub(super) places: Places,
    pub(super) waiting: PendingAnswers,
    /// For every fingerprint that went upstream in this run: what was there when the run began.
    at_start: Mutex<HashMap<Fingerprint, Option<Arc<PreparedEntry>>>>,
}

/// A request that goes upstream, and what it is to be recorded with.
#[derive(Debug)]
pub(super) struct UpstreamRequest {
    pub(super) request: Request,
    pub(super) identified: IdentifiedRequest,
    pub(super) session_name: Option<String>,
    pub(super) session: Arc<Mutex<Session>>,
    /// The write that it was recorded after, where a transcript tells; else that is known once the answer is there.
    pub(super) told_after: Option<Option<String>>,
    /// The account to take for the run's own once upstream has accepted the client's own signature.
    pub(super) account: Option<String>,
    /// What upstream has answered already, for whoever asks it next.
    pub(super) in_hand: Mutex<Option<Answer>>,
    /// Who waits for the answer, once it is on its way for somebody.
    pub(super) waiters: OnceLock<Waiters>,
}

impl UpstreamRequest {
    /// Whether the request goes upstream with its client's own signature.
    pub(super) const fn keeps_signature(&self) -> bool {
        self.request.door.keeps_signature()
    }

    pub(super) fn in_hand(&self) -> Option<Answer> {
        self.in_hand.lock().take()
    }

    /// The write of its session that was answered last: what an answer that has come now is recorded after.
    pub(super) fn after(&self) -> Option<String> {
        self.told_after.clone().unwrap_or_else(|| self.session().history.latest_write().map(str::to_owned))
    }

    /// The same, to be recorded later. A read stays where it was in the line of its session; a write comes last there: whatever
    /// was recorded meanwhile is linked past it.
    pub(super) fn set_aside(&self) -> Self {
        Self {
            request: self.request.clone(),
            identified: self.identified.clone(),
            session_name: self.session_name.clone(),
            session: Arc::clone(&self.session),
            told_after: if self.identified.is_write() { self.told_after.clone() } else { Some(self.after()) },
            account: None,
            in_hand: Mutex::default(),
            waiters: OnceLock::new(),
        }
    }

    /// Which reading of its listing it belongs to.
    pub(super) fn reading(&self) -> ListingRead {
        ListingRead { max_results: self.identified.page.max_results, after: self.after() }
    }

    /// Whether anybody waits for the answer.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiters.get().is_none_or(Waiters::is_anybody)
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock()
    }
}

impl Recorder {
    pub(super) fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            upstream,
            chains: Chains::default(),
            flights: InFlightRequests::default(),
            callers: Callers::default(),
            places: Places::default(),
            waiting: PendingAnswers::default(),
            at_start: Mutex::default(),
        }
    }

    /// Whether the caller of `request` is proved before anybody has looked at its signature.
    pub(super) fn knows(&self, settings: &EngineSettings, request: &Request) -> bool {
        self.upstream.trust(DEFAULT_ACTOR, &settings.key, settings.allow_any_client).knows(request)
    }

    pub(super) fn at_start(&self) -> MutexGuard<'_, HashMap<Fingerprint, Option<Arc<PreparedEntry>>>> {
        self.at_start.lock()
    }

    /// Waits for what was sent upstream, `limit` at most: an answer whose client has left is still to be recorded.
    pub(super) async fn settle(&self, state: &EngineState, limit: Duration) {
        let flying = self.flights.settle(limit).await;
        if flying > 0 {
            let sent = counted(flying, "request was", "requests were");
            state.stats.not_recorded(format!(
                "{sent} sent upstream and not answered when ramtape stopped; what came of that is not recorded"
            ));
        }
    }

    /// Remembers what is there for `identified` before anything of this run is added.
    pub(super) fn mark_start(&self, state: &EngineState, identified: &IdentifiedRequest) -> Result<(), EngineError> {
        if state.settings.mode == Mode::RecordMissing && !self.at_start().contains_key(&identified.fingerprint) {
            let before = state.cassette.lookup(&identified.folder, &identified.fingerprint)?;
            self.at_start().entry(identified.fingerprint).or_insert(before);
        }
        Ok(())
    }
}
