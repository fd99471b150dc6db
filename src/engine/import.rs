//! Recording from a transcript: read → identify → scrub a copy → fingerprint → scrub → tokens → store. Nothing is asked.

use crate::aws::{Answer, KnownKeys, ServiceHost};
use crate::engine::classify::{error_kind, is_recordable, is_regional, is_web_page};
use crate::engine::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, IdentifyRules, identify};
use crate::engine::issue::note_issued_keys;
use crate::engine::pagination::chains::{Chain, Chains};
use crate::engine::pagination::next_request::reopen_chain;
use crate::engine::pagination::upstream_tokens::UpstreamTokenMap;
use crate::engine::request_context::RequestContext;
use crate::engine::request_scope::RequestScope;
use crate::engine::state::EngineState;
use crate::engine::store_page::{UpstreamPage, store_page};
use crate::engine::upstream_request::UpstreamRequest;
use crate::fingerprint::{Fingerprint, ParameterError};
use crate::json;
use crate::model::{Exchange, Request, Response};
use crate::session::session_name;
use crate::token::{TokenKey, extract_token};
use bytes::Bytes;
use http::Method;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
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
    upstream_tokens: UpstreamTokenMap,
    /// By session and the transcript's id of a write, the one that it has here.
    writes: HashMap<(Option<String>, String), String>,
    /// ramtape's own token for one of the transcript.
    tokens: HashMap<TokenPlace, String>,
    /// In which regions whose keys work, by all of the transcript.
    keys: KnownKeys,
    /// The sessions in which requests say who asks.
    signed: HashSet<Option<String>>,
    /// The invocations that were answered.
    answered: HashSet<(Option<String>, Fingerprint, Option<TokenKey>, String)>,
}

/// Where a token of a transcript was given: in which session, for which path.
type TokenPlace = (Option<String>, String, String);

impl Importer {
    /// Into the cassette of `engine`, which must be open for recording.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        let (tokens, answered, writes) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self {
            state: Arc::clone(&engine.state),
            chains: Chains::default(),
            upstream_tokens: UpstreamTokenMap::default(),
            writes,
            tokens,
            keys: KnownKeys::default(),
            signed: HashSet::new(),
            answered,
        }
    }

    /// Looks through a transcript that is to be taken in: which of its errors tell of a region, and whether a request without a
    /// signature had none or lost it, shows in the others.
    pub fn look_through<'e>(&mut self, exchanges: impl Iterator<Item = &'e Exchange>) {
        for Exchange { request, response, .. } in exchanges {
            let scope = self.read_scope(request);
            if !self.is_addressed(request, &scope) {
                continue;
            }
            let names_caller = scope.key_id().is_some_and(is_key_id);
            let (Ok(identified), answer) = (self.identify(request, &scope), into_answer(response.clone())) else {
                continue;
            };
            let (key, rules) = (signing_key(&scope), &self.state.settings.service.recording);
            if is_regional(&answer, rules) {
                self.keys.refused(&key, &identified.region);
            } else if is_recordable(&answer, rules) && !is_web_page(&answer) {
                self.keys.accepted(&key, &identified.region);
            }
            if names_caller {
                self.signed.insert(session_name(request));
            }
        }
    }

    /// Takes in one exchange.
    ///
    /// # Errors
    /// Where its parameters cannot be read, or the cassette not be written.
    pub async fn take_in(&mut self, exchange: Exchange) -> Result<ImportOutcome, EngineError> {
        let Exchange { mut request, response, after, write } = exchange;
        let session_name = session_name(&request);
        if !self.is_addressed(&request, &self.read_scope(&request)) {
            return Ok(ImportOutcome::OtherService);
        }
        let answer = into_answer(response);
        let known = self.put_own_token(&mut request, session_name.as_ref())?;
        let scope = self.read_scope(&request);
        // A browser asks before its real request, and is answered before that reaches any operation.
        let is_preflight = request.method == Method::OPTIONS;
        if is_preflight || !(self.is_kept(&answer, known) || self.is_of_region(&request, &scope, &answer)) {
            return Ok(ImportOutcome::NotRecordable);
        }
        if known == Some(false) && answer.status.is_success() {
            return Ok(ImportOutcome::NoFirstPage);
        }
        let identified = self.identify(&request, &scope)?;
        // A client that was throttled tries again under the same id: that is an answer of its own.
        let lasts = is_recordable(&answer, &self.state.settings.service.recording);
        if lasts && !self.is_new(&request, &identified, session_name.as_ref()) {
            return Ok(ImportOutcome::Repeated);
        }
        // What was linked past writes that are gone has another id here, as that tells of the line before it.
        let after = after
            .map(|after| after.map(|id| self.writes.get(&(session_name.clone(), id.clone())).cloned().unwrap_or(id)));
        let context = RequestContext {
            request: Cow::Owned(request),
            session_name: session_name.clone(),
            identified: Arc::new(identified),
        };
        // ramtape's own files have no signatures, and say in other ways who asked.
        let hides_caller = after.is_none() && !self.signed.contains(&session_name);
        let upstream_request =
            UpstreamRequest::new(&self.state, context).recorded_after(after).hiding_caller(hides_caller);
        note_issued_keys(&self.state, &upstream_request, &answer);
        let chain = self.find_chain(&upstream_request)?;
        let given = answer.body.clone();
        let page = UpstreamPage { answer, chain };
        let stored = store_page(&self.state, (&self.chains, &self.upstream_tokens), &upstream_request, page).await?;
        self.remember_token(&upstream_request, &given, &stored.response.body);
        let made = upstream_request.session().history.latest_write().map(str::to_owned);
        if let (Some(written), Some(made)) = (write, made) {
            self.writes.insert((session_name, written), made);
        }
        Ok(match self.state.stats.take_unrecorded() {
            Some(reason) => ImportOutcome::NotStored(reason),
            None => ImportOutcome::Recorded,
        })
    }

    fn read_scope<'r>(&'r self, request: &'r Request) -> RequestScope<'r> {
        RequestScope::read(request, &self.state.settings, (&self.state.actors, &self.state.issued))
    }

    /// Whether it was asked of a recorded service: by its signature's scope, by the host, by its form, or, of RAM at an address of
    /// this machine, by being one of the operations.
    fn is_addressed(&self, request: &Request, scope: &RequestScope<'_>) -> bool {
        let service = &self.state.settings.service;
        if scope.credential.is_some() || scope.service != service.name {
            return service.companions.is_recorded(scope.service);
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
    fn is_of_region(&self, request: &Request, scope: &RequestScope<'_>, answer: &Answer) -> bool {
        let works_elsewhere =
            |identified: IdentifiedRequest| self.keys.works_elsewhere(&signing_key(scope), &identified.region);
        is_regional(answer, &self.state.settings.service.recording)
            && self.identify(request, scope).is_ok_and(works_elsewhere)
    }

    fn identify(&self, request: &Request, scope: &RequestScope<'_>) -> Result<IdentifiedRequest, EngineError> {
        let live = self.state.live.get(session_name(request).as_deref());
        identify(request, &IdentifyRules::from_settings(&self.state.settings), scope, live.as_deref())
    }

    /// Whether no earlier request was of the same invocation of a client.
    fn is_new(&mut self, request: &Request, identified: &IdentifiedRequest, session: Option<&String>) -> bool {
        let Some(invocation) = request.header("amz-sdk-invocation-id") else { return true };
        let token = identified.page.token.map(|token| token.key());
        self.answered.insert((session.cloned(), identified.fingerprint, token, invocation.to_owned()))
    }

    /// The chain that a request with a token goes on with.
    fn find_chain(&self, upstream_request: &UpstreamRequest) -> Result<Option<Arc<Mutex<Chain>>>, EngineError> {
        let Some(token) = upstream_request.identified.page.token else { return Ok(None) };
        let read = upstream_request.listing_read();
        match self.chains.find_open(upstream_request.session_name(), token.key(), &read) {
            Some(open) => Ok(Some(open.chain)),
            None => Ok(Some(Arc::new(Mutex::new(reopen_chain(&self.state, upstream_request, &token)?)))),
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
fn signing_key(scope: &RequestScope<'_>) -> String {
    scope.key_id().unwrap_or(&scope.actor).to_owned()
}

/// Whether a filter left the key id as AWS makes them.
fn is_key_id(text: &str) -> bool {
    let is_known = text.starts_with("AKIA") || text.starts_with("ASIA");
    is_known && text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn into_answer(response: Response) -> Answer {
    let Response { status, headers, body } = response;
    Answer { status, headers, body, elapsed: Duration::ZERO }
}
