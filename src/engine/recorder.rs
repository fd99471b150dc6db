//! What recording knows: the way upstream, what is on its way, and what was there when the run began.

use crate::aws::{Upstream, has_key};
use crate::engine::callers::Callers;
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::in_flight::{InFlightRequests, PendingAnswer};
use crate::engine::pagination::chains::Chains;
use crate::engine::pagination::upstream_tokens::UpstreamTokenMap;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::settings::{EngineSettings, Mode};
use crate::engine::state::EngineState;
use crate::engine::upstream_request::UpstreamRequest;
use crate::fingerprint::Fingerprint;
use crate::model::{Request, counted};
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What recording needs besides what replay needs.
pub(super) struct Recorder {
    pub(super) upstream: Arc<Upstream>,
    pub(super) chains: Chains,
    pub(super) in_flight: InFlightRequests,
    pub(super) callers: Callers,
    pub(super) upstream_tokens: UpstreamTokenMap,
    /// The answers that wait for the end of the run, with what they answer.
    pub(super) pending: Mutex<Vec<(UpstreamRequest, PendingAnswer)>>,
    /// For every fingerprint that went upstream in this run: what was there when the run began.
    at_start: Mutex<HashMap<Fingerprint, Option<Arc<PreparedEntry>>>>,
}

impl Recorder {
    pub(super) fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            upstream,
            chains: Chains::default(),
            in_flight: InFlightRequests::default(),
            callers: Callers::default(),
            upstream_tokens: UpstreamTokenMap::default(),
            pending: Mutex::default(),
            at_start: Mutex::default(),
        }
    }

    /// Whether the caller of `request` is proved before anybody has looked at its signature.
    pub(super) fn trusts(settings: &EngineSettings, request: &Request) -> bool {
        settings.allow_any_client || has_key(request, &settings.key)
    }

    pub(super) fn at_start(&self) -> MutexGuard<'_, HashMap<Fingerprint, Option<Arc<PreparedEntry>>>> {
        self.at_start.lock()
    }

    /// Remembers what is there for a request before anything of this run is added.
    pub(super) fn mark_start(&self, state: &EngineState, identified: &IdentifiedRequest) -> Result<(), EngineError> {
        if state.settings.mode == Mode::RecordMissing && !self.at_start().contains_key(&identified.fingerprint) {
            let before = state.cassette.lookup(&identified.folder, &identified.fingerprint)?;
            self.at_start().entry(identified.fingerprint).or_insert(before);
        }
        Ok(())
    }

    /// Waits for what was sent upstream, `limit` at most: an answer whose client has left is still to be recorded.
    pub(super) async fn settle(&self, state: &EngineState, limit: Duration) {
        let unanswered = self.in_flight.settle(limit).await;
        if unanswered > 0 {
            let sent = counted(unanswered, "request was", "requests were");
            state.stats.note_unrecorded(format!(
                "{sent} sent upstream and not answered when ramtape stopped; the outcome is not recorded"
            ));
        }
    }
}
