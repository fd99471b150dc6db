//! Recording from a transcript: read → identify → scrub a copy → fingerprint → scrub → tokens → store. Nothing is asked.

use crate::aws::ServiceHost;
use crate::aws::{Answer, KnownKeys};
use crate::engine::actors::{self, signed_service};
use crate::engine::classify::{error_kind, is_recordable, is_regional, is_web_page};
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, identify};
use crate::engine::pagination::chains::{Chain, Chains};
use crate::engine::pagination::next_request::reopened;
use crate::engine::pagination::upstream_tokens::Places;
use crate::engine::recorder::UpstreamRequest;
use crate::engine::store_page::{UpstreamPage, keep};
use crate::engine::volatile::live_values;
use crate::engine::{Engine, state::EngineState};
use crate::fingerprint::{Fingerprint, ParameterError};
use crate::json;
use crate::model::{Exchange, Request, Response};
use crate::session::session_name;
use crate::token::{TokenKey, extract_token};
use bytes::Bytes;
use http::Method;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is in the cassette.
    Recorded,
    /// A client's retry, of a request that is answered already.
    Repeated,
    /// Throttling, a fault, a matter of credentials: what a recording passes on and does not keep.
    NotRecordable,
    /// It was asked of another service.
    OtherService,
    /// A page of a listing whose pages before it are not in the transcript.
    NoFirstPage,
    /// It could not be stored, or not be redacted, for this reason.
    NotStored(String),
}

/// Takes exchanges into a cassette, one after the other, in the order in which they were asked.
pub struct Importer {
    state: Arc<EngineState>,
    chains: Chains,
    places: Places,
    /// By session and the transcript's id of a write, the one that it has here.
    writes: HashMap<(Option<String>, String), String>,
    /// ramtape's own token for one of the transcript.
    tokens: HashMap<Place, String>,
    /// In which regions whose keys work, by all of the transcript.
    keys: KnownKeys,
    /// The invocations that were answered.
    answered: HashSet<(Option<String>, Fingerprint, Option<TokenKey>, String)>,
}

/// Where a token of a transcript was given: in which session, for which path.
type Place = (Option<String>, String, String);

impl Importer {
    /// Into the cassette of `engine`, which must be open for recording.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        let (tokens, answered, writes) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self {
            state: Arc::clone(&engine.state),
            chains: Chains::default(),
            places: Places::default(),
            writes,
            tokens,
            keys: KnownKeys::default(),
            answered,
        }
    }

    /// Looks through a transcript that is to be taken in: which of its errors tell of a region shows in the others.
    pub fn look_through<'e>(&self, exchanges: impl Iterator<Item = &'e Exchange>) {
        for Exchange { request, response, .. } in exchanges.filter(|exchange| self.is_addressed(&exchange.request)) {
            let (Ok(identified), answer) = (self.identify(request), answer(response.clone())) else { continue };
            let (key, rules) = (signer(request, &identified), &self.state.settings.service.recording);
            if is_regional(&answer, rules) {
                self.keys.refused(&key, &identified.region);
            } else if is_recordable(&answer, rules) && !is_web_page(&answer) {
                self.keys.accepted(&key, &identified.region);
            }
        }
    }

    /// Takes in one exchange.
    ///
    /// # Errors
    /// Where its parameters cannot be read, or the cassette not be written.
    pub async fn take_in(&mut self, exchange: Exchange) -> Result<ImportOutcome, EngineError> {
        let Exchange { mut request, response, after, write } = exchange;
        if !self.is_addressed(&request) {
            return Ok(ImportOutcome::OtherService);
        }
        let answer = answer(response);
        let session_name = session_name(&request);
        let known = self.put_own_token(&mut request, session_name.as_ref())?;
        // A browser's upstream_request before a request is answered before it reaches any operation.
        if request.method == Method::OPTIONS || !(self.is_kept(&answer, known) || self.is_of_region(&request, &answer))
        {
            return Ok(ImportOutcome::NotRecordable);
        }
        if known == Some(false) && answer.status.is_success() {
            return Ok(ImportOutcome::NoFirstPage);
        }
        let identified = self.identify(&request)?;
        // A client that was throttled tries again under the same id: that is an answer of its own.
        let lasts = is_recordable(&answer, &self.state.settings.service.recording);
        if lasts && !self.is_new(&request, &identified, session_name.as_ref()) {
            return Ok(ImportOutcome::Repeated);
        }
        // What was linked past writes that are gone has another id here, as that tells of the line before it.
        let after = after
            .map(|after| after.map(|id| self.writes.get(&(session_name.clone(), id.clone())).cloned().unwrap_or(id)));
        let upstream_request = self.upstream_request(request, identified, session_name.clone(), after);
        let chain = self.continued(&upstream_request)?;
        let given = answer.body.clone();
        let own =
            keep(&self.state, (&self.chains, &self.places), &upstream_request, UpstreamPage { answer, chain }).await?;
        self.remember_token(&upstream_request, &given, &own.response.body);
        if let Some((told, made)) = write.zip(upstream_request.session().history.latest_write().map(str::to_owned)) {
            self.writes.insert((session_name, told), made);
        }
        Ok(self.state.stats.take_unrecorded().map_or(ImportOutcome::Recorded, ImportOutcome::NotStored))
    }

    /// Whether it was asked of this service: by its signature's scope, by the host, or, at an address of this machine, by
    /// being one of the operations.
    fn is_addressed(&self, request: &Request) -> bool {
        let service = &self.state.settings.service;
        if let Some(signed_for) = signed_service(request) {
            return signed_for == service.name;
        }
        let host = request.authority.rsplit_once(':').map_or(request.authority.as_str(), |(host, _)| host);
        let near = !host.contains('.') || host.starts_with("127.") || host.ends_with(".localhost");
        let known = service.operation(&request.method, &request.path).is_some();
        ServiceHost::parse(host, &service.name).is_some() || (near && known)
    }

    /// Puts ramtape's token in place of the transcript's; says whether it is known, `None` where there is none.
    fn put_own_token(&self, request: &mut Request, session: Option<&String>) -> Result<Option<bool>, EngineError> {
        let service = &self.state.settings.service;
        let pages = service.operation(&request.method, &request.path).is_some_and(|known| known.page_items.is_some());
        let member = &service.paging.token;
        let given = pages.then(|| extract_token(&request.body, member, 0).upstream_token).flatten();
        let Some(given) = given else { return Ok(None) };
        let Some(own) = self.tokens.get(&(session.cloned(), request.path.clone(), given)) else {
            return Ok(Some(false));
        };
        let body = json::with_text(&request.body, member, own).map_err(ParameterError::from)?;
        request.body = body.into();
        Ok(Some(true))
    }

    /// Whether a recording would keep the answer.
    fn is_kept(&self, answer: &Answer, known_token: Option<bool>) -> bool {
        let settings = &self.state.settings;
        let refused = known_token == Some(true)
            && error_kind(answer).is_some_and(|kind| kind == settings.service.paging.token_error);
        let recordable = settings.record_errors || is_recordable(answer, &settings.service.recording);
        !refused && recordable && !is_web_page(answer)
    }

    /// Whether the answer tells of a region that does not know a key which works in another one.
    fn is_of_region(&self, request: &Request, answer: &Answer) -> bool {
        let is_known = |identified: IdentifiedRequest| {
            self.keys.works_elsewhere(&signer(request, &identified), &identified.region)
        };
        is_regional(answer, &self.state.settings.service.recording) && self.identify(request).is_ok_and(is_known)
    }

    fn identify(&self, request: &Request) -> Result<IdentifiedRequest, EngineError> {
        let live = live_values(&self.state, request);
        let actor = actors::replaying(&self.state.actors, request);
        identify(request, &self.state.settings.table(), actor, live.as_deref())
    }

    /// Whether no earlier request was of the same invocation of a client.
    fn is_new(&mut self, request: &Request, identified: &IdentifiedRequest, session: Option<&String>) -> bool {
        let Some(invocation) = request.header("amz-sdk-invocation-id") else { return true };
        let token = identified.page.token.map(|token| token.key());
        self.answered.insert((session.cloned(), identified.fingerprint, token, invocation.to_owned()))
    }

    fn upstream_request(
        &self,
        request: Request,
        identified: IdentifiedRequest,
        session_name: Option<String>,
        after: Option<Option<String>>,
    ) -> UpstreamRequest {
        let session = self.state.sessions.get_or_create(session_name.as_deref());
        UpstreamRequest {
            request,
            identified,
            session_name,
            session,
            told_after: after,
            account: None,
            in_hand: parking_lot::Mutex::default(),
            waiters: OnceLock::new(),
        }
    }

    /// The chain that a request with a token goes on with.
    fn continued(&self, upstream_request: &UpstreamRequest) -> Result<Option<Arc<Mutex<Chain>>>, EngineError> {
        let Some(token) = upstream_request.identified.page.token else { return Ok(None) };
        match self.chains.at(upstream_request.session_name.as_ref(), token.key(), &upstream_request.reading()) {
            Some(open) => Ok(Some(open.chain)),
            None => Ok(Some(Arc::new(Mutex::new(reopened(&self.state, upstream_request, &token)?)))),
        }
    }

    /// Remembers which token of ramtape's stands in `own` for the one in `given`.
    fn remember_token(&mut self, upstream_request: &UpstreamRequest, given: &Bytes, own: &Bytes) {
        let member = &self.state.settings.service.paging.token;
        let token = |body: &Bytes| extract_token(body, member, 0).upstream_token;
        if let (Some(_), Some(given), Some(own)) =
            (upstream_request.identified.items_member(), token(given), token(own))
        {
            self.tokens
                .insert((upstream_request.session_name.clone(), upstream_request.request.path.clone(), given), own);
        }
    }
}

/// Whose key a request of a transcript was signed with: its id, else who asks.
fn signer(request: &Request, identified: &IdentifiedRequest) -> String {
    actors::key_id(request).map_or_else(|| identified.actor.to_string(), str::to_owned)
}

fn answer(response: Response) -> Answer {
    let Response { status, headers, body } = response;
    Answer { status, headers, body, elapsed: Duration::ZERO }
}
