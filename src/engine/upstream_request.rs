//! A request that goes upstream, and what it is recorded with.

use crate::aws::{Destination, SigningKeys};
use crate::engine::in_flight::Waiters;
use crate::engine::pagination::chains::ListingRead;
use crate::engine::request_context::RequestContext;
use crate::engine::state::EngineState;
use crate::session::Session;
use parking_lot::{Mutex, MutexGuard};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A request that goes upstream, or whose answer is at hand, and what it is to be recorded with.
#[derive(Debug)]
pub(super) struct UpstreamRequest {
    context: RequestContext<'static>,
    session: Arc<Mutex<Session>>,
    /// The write that it was recorded after, where a transcript tells; else that is known once the answer is there.
    recorded_after: Option<Option<String>>,
    /// Whether it comes from a transcript that does not say who asks.
    hides_caller: bool,
    /// The account to take for the run's own once upstream has accepted the client's own signature.
    account: Option<String>,
    /// What it is signed with.
    signing: SigningKeys,
    /// Who waits for the answer, once it is on its way for somebody.
    waiters: OnceLock<Waiters>,
}

impl UpstreamRequest {
    pub(super) fn new(state: &EngineState, context: RequestContext<'static>) -> Self {
        Self {
            session: state.sessions.get_or_create(context.session_name()),
            context,
            recorded_after: None,
            hides_caller: false,
            account: None,
            signing: SigningKeys::OfActor,
            waiters: OnceLock::new(),
        }
    }

    /// The same, of a transcript that tells the write before it.
    pub(super) fn recorded_after(self, recorded_after: Option<Option<String>>) -> Self {
        Self { recorded_after, ..self }
    }

    /// The same, of a transcript that says of nobody who asks, if `hides_caller`.
    pub(super) fn hiding_caller(self, hides_caller: bool) -> Self {
        Self { hides_caller, ..self }
    }

    pub(super) const fn hides_caller(&self) -> bool {
        self.hides_caller
    }

    /// The same, with the `account` that its own signature is for.
    pub(super) fn with_account(self, account: Option<String>) -> Self {
        Self { account, ..self }
    }

    /// The same, signed with `signing`.
    pub(super) fn with_signing(self, signing: SigningKeys) -> Self {
        Self { signing, ..self }
    }

    pub(super) const fn signing(&self) -> &SigningKeys {
        &self.signing
    }

    /// Where it goes, and as whom; `ram` is the name of the service that has a model.
    pub(super) fn destination(&self, ram: &str) -> Destination<'_> {
        let identified = &self.identified;
        Destination {
            service: &identified.service,
            region: &identified.region,
            actor: &identified.actor,
            signing: &self.signing,
            keeps_headers: identified.service != ram,
        }
    }

    /// The same, to be recorded later. A read stays where it was in the line of its session; a write comes last there: whatever
    /// was recorded meanwhile is linked past it.
    pub(super) fn set_aside(&self) -> Self {
        let is_write = self.identified.is_write();
        Self {
            context: self.context.clone(),
            session: Arc::clone(&self.session),
            recorded_after: if is_write { self.recorded_after.clone() } else { Some(self.preceding_write()) },
            hides_caller: self.hides_caller,
            account: None,
            signing: self.signing.clone(),
            waiters: OnceLock::new(),
        }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock()
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The write of its session that was answered last: what an answer that has come now is recorded after.
    pub(super) fn preceding_write(&self) -> Option<String> {
        match &self.recorded_after {
            Some(recorded_after) => recorded_after.clone(),
            None => self.session().history.latest_write().map(str::to_owned),
        }
    }

    /// Which read of its listing it belongs to.
    pub(super) fn listing_read(&self) -> ListingRead {
        ListingRead { max_results: self.identified.page.max_results, after: self.preceding_write() }
    }

    pub(super) fn set_waiters(&self, waiters: Waiters) {
        self.waiters.get_or_init(|| waiters);
    }

    /// Whether anybody waits for the answer.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiters.get().is_none_or(Waiters::is_anybody)
    }
}

impl Deref for UpstreamRequest {
    type Target = RequestContext<'static>;

    fn deref(&self) -> &RequestContext<'static> {
        &self.context
    }
}
