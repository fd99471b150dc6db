//! Recording from a transcript: read → identify → scrub a copy → fingerprint → scrub → tokens → store. Nothing is asked.

use super::actors::{self, is_for};
use super::chains::{Chain, Chains};
use super::classify::{error_kind, is_recordable, is_regional, is_web_page};
use super::error::EngineError;
use super::identify::{Call, identify};
use super::keep::{Arrived, keep};
use super::passing::Places;
use super::recorder::Question;
use super::volatile::live_values;
use super::walk::reopened;
use super::{Engine, Shared};
use crate::aws::ServiceHost;
use crate::aws::{Answer, KnownKeys};
use crate::fingerprint::{Fingerprint, ParameterError};
use crate::json;
use crate::model::{Exchange, Request, Response};
use crate::session::session_name;
use crate::token::{TokenKey, place_token};
use bytes::Bytes;
use http::Method;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It is in the cassette.
    Recorded,
    /// A client's retry, of a request that is answered already.
    Again,
    /// Throttling, a fault, a matter of credentials: what a recording passes on and does not keep.
    Passing,
    /// It was asked of another service.
    OtherService,
    /// A page of a listing whose pages before it are not in the transcript.
    NoFirstPage,
    /// It could not be stored, or not be redacted, for this reason.
    NotStored(String),
}

/// Takes exchanges into a cassette, one after the other, in the order in which they were asked.
pub struct Importer {
    shared: Arc<Shared>,
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
            shared: Arc::clone(&engine.shared),
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
            let (Ok(call), answer) = (self.identify(request), answer(response.clone())) else { continue };
            let (key, rules) = (signer(request, &call), &self.shared.settings.service.recording);
            if is_regional(&answer, rules) {
                self.keys.refused(&key, &call.region);
            } else if is_recordable(&answer, rules) && !is_web_page(&answer) {
                self.keys.accepted(&key, &call.region);
            }
        }
    }

    /// Takes in one exchange.
    ///
    /// # Errors
    /// Where its parameters cannot be read, or the cassette not be written.
    pub async fn take_in(&mut self, exchange: Exchange) -> Result<Carried, EngineError> {
        let Exchange { mut request, response, after, write } = exchange;
        if !self.is_addressed(&request) {
            return Ok(Carried::OtherService);
        }
        let answer = answer(response);
        let session_name = session_name(&request);
        let known = self.put_own_token(&mut request, session_name.as_ref())?;
        // A browser's question before a request is answered before it reaches any operation.
        if request.method == Method::OPTIONS || !(self.is_kept(&answer, known) || self.is_of_region(&request, &answer))
        {
            return Ok(Carried::Passing);
        }
        if known == Some(false) && answer.status.is_success() {
            return Ok(Carried::NoFirstPage);
        }
        let call = self.identify(&request)?;
        // A client that was throttled tries again under the same id: that is an answer of its own.
        let lasts = is_recordable(&answer, &self.shared.settings.service.recording);
        if lasts && !self.is_new(&request, &call, session_name.as_ref()) {
            return Ok(Carried::Again);
        }
        // What was linked past writes that are gone has another id here, as that tells of the line before it.
        let after = after
            .map(|after| after.map(|id| self.writes.get(&(session_name.clone(), id.clone())).cloned().unwrap_or(id)));
        let question = self.question(request, call, session_name.clone(), after);
        let chain = self.continued(&question)?;
        let given = answer.body.clone();
        let own = keep(&self.shared, (&self.chains, &self.places), &question, Arrived { answer, chain }).await?;
        self.remember_token(&question, &given, &own.response.body);
        if let Some((told, made)) = write.zip(question.session().history.latest().map(str::to_owned)) {
            self.writes.insert((session_name, told), made);
        }
        Ok(self.shared.tally.take_unrecorded().map_or(Carried::Recorded, Carried::NotStored))
    }

    /// Whether it was asked of this service: by its signature's scope, by the host, or, at an address of this machine, by
    /// being one of the operations.
    fn is_addressed(&self, request: &Request) -> bool {
        let service = &self.shared.settings.service;
        if request.header("authorization").is_some_and(|header| header.contains("Credential=")) {
            return is_for(request, &service.name);
        }
        let host = request.authority.rsplit_once(':').map_or(request.authority.as_str(), |(host, _)| host);
        let near = !host.contains('.') || host.starts_with("127.") || host.ends_with(".localhost");
        let known = service.operation(&request.method, &request.path).is_some();
        ServiceHost::parse(host, &service.name).is_some() || (near && known)
    }

    /// Puts ramtape's token in place of the transcript's; says whether it is known, `None` where there is none.
    fn put_own_token(&self, request: &mut Request, session: Option<&String>) -> Result<Option<bool>, EngineError> {
        let service = &self.shared.settings.service;
        let pages = service.operation(&request.method, &request.path).is_some_and(|known| known.page_items.is_some());
        let member = &service.paging.token;
        let given = pages.then(|| place_token(&request.body, member, 0).upstream_token).flatten();
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
        let settings = &self.shared.settings;
        let refused = known_token == Some(true)
            && error_kind(answer).is_some_and(|kind| kind == settings.service.paging.token_error);
        let recordable = settings.record_errors || is_recordable(answer, &settings.service.recording);
        !refused && recordable && !is_web_page(answer)
    }

    /// Whether the answer tells of a region that does not know a key which works in another one.
    fn is_of_region(&self, request: &Request, answer: &Answer) -> bool {
        let is_known = |call: Call| self.keys.works_elsewhere(&signer(request, &call), &call.region);
        is_regional(answer, &self.shared.settings.service.recording) && self.identify(request).is_ok_and(is_known)
    }

    fn identify(&self, request: &Request) -> Result<Call, EngineError> {
        let live = live_values(&self.shared, request);
        let actor = actors::replaying(&self.shared.actors, request);
        identify(request, &self.shared.settings.table(), actor, live.as_deref())
    }

    /// Whether no earlier request was of the same invocation of a client.
    fn is_new(&mut self, request: &Request, call: &Call, session: Option<&String>) -> bool {
        let Some(invocation) = request.header("amz-sdk-invocation-id") else { return true };
        let token = call.page.token.map(|token| token.key());
        self.answered.insert((session.cloned(), call.fingerprint, token, invocation.to_owned()))
    }

    fn question(
        &self,
        request: Request,
        call: Call,
        session_name: Option<String>,
        after: Option<Option<String>>,
    ) -> Question {
        let session = self.shared.sessions.named(session_name.as_deref());
        Question {
            request,
            call,
            session_name,
            session,
            told_after: after,
            account: None,
            in_hand: std::sync::Mutex::default(),
            waiters: OnceLock::new(),
        }
    }

    /// The chain that a request with a token goes on with.
    fn continued(&self, question: &Question) -> Result<Option<Arc<Mutex<Chain>>>, EngineError> {
        let Some(token) = question.call.page.token else { return Ok(None) };
        match self.chains.at(question.session_name.as_ref(), token.key(), &question.reading()) {
            Some(open) => Ok(Some(open.chain)),
            None => Ok(Some(Arc::new(Mutex::new(reopened(&self.shared, question, &token)?)))),
        }
    }

    /// Remembers which token of ramtape's stands in `own` for the one in `given`.
    fn remember_token(&mut self, question: &Question, given: &Bytes, own: &Bytes) {
        let member = &self.shared.settings.service.paging.token;
        let token = |body: &Bytes| place_token(body, member, 0).upstream_token;
        if let (Some(_), Some(given), Some(own)) = (question.call.items_member(), token(given), token(own)) {
            self.tokens.insert((question.session_name.clone(), question.request.path.clone(), given), own);
        }
    }
}

/// Whose key a request of a transcript was signed with: its id, else who asks.
fn signer(request: &Request, call: &Call) -> String {
    actors::key_id(request).map_or_else(|| call.actor.to_string(), str::to_owned)
}

fn answer(response: Response) -> Answer {
    let Response { status, headers, body } = response;
    Answer { status, headers, body, elapsed: Duration::ZERO }
}
