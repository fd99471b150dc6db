//! Why a call was answered as it was, or why a request would be: the choice made once more, and what it was made by.

mod words;

pub use words::{describe_exclusion, describe_group, describe_page, describe_place, describe_reason, describe_waiter};

use crate::cassette::CassetteError;
use crate::engine::calls::{AskedParameters, Call, CallOutcome, ServedPage, TakeChosen};
use crate::engine::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, PageRequest};
use crate::engine::lookup::MissReason;
use crate::engine::miss::message::describe_miss;
use crate::engine::miss::nearest::{Nearest, NearestQuery, find_nearest};
use crate::engine::pagination::page_cut::{PageQuery, can_serve, select_page};
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::self_check::identify_again;
use crate::engine::settings::Poll;
use crate::fingerprint::{Fingerprint, canonical_text};
use crate::json::{self, Kind};
use crate::model::{Entry, OperationName, Take};
use crate::session::{ChoiceExplanation, MadeWrite, Session, SessionHistory, TakeQuery, explain_choice};
use serde::Serialize;
use std::sync::Arc;

/// Why a request was answered as it was, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was asked; `None` where it could not be read.
    pub request: Option<ExplainedRequest>,
    /// What became of it.
    pub outcome: ExplainedOutcome,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedRequest {
    /// The operation's name.
    pub operation: String,
    /// The fingerprint, as people write it.
    pub fingerprint: String,
    /// The AWS region.
    pub region: String,
    /// Who asked.
    pub actor: String,
    /// The session that asked, if it was named.
    pub session: Option<String>,
    /// The canonical parameters.
    pub parameters: String,
    /// The page size that was asked for, of a listing.
    pub page_size: Option<u32>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExplainedOutcome {
    /// A take answered it.
    Answered(ExplainedAnswer),
    /// The cassette has no answer.
    Missed(ExplainedMiss),
    /// Upstream answered.
    Upstream {
        /// Whether its answer was recorded.
        recorded: bool,
    },
    /// ramtape refused it, for this reason.
    Refused(String),
}

/// The take that answered, and why that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedAnswer {
    /// Its place in its entry, from 0.
    pub take: usize,
    /// How many takes the entry has now.
    pub takes: usize,
    /// Which of its pages was given.
    pub page: ServedPage,
    /// How many pages of it are recorded.
    pub pages: usize,
    /// Why that take.
    pub reason: TakeReason,
}

/// Why that take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TakeReason {
    /// Nothing else is recorded for the request.
    OnlyTake,
    /// The client tried again, and got the same answer again.
    Retry,
    /// It has the pages that the client has seen of its listing.
    ContinuedListing,
    /// By the writes of the session.
    Choice(Box<ChoiceExplanation>),
    /// The cassette has changed since, and what it has now would be chosen from otherwise.
    CassetteChanged,
    /// What the session had written is not remembered.
    Forgotten,
}

/// Why nothing answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedMiss {
    /// What the client was told.
    pub message: String,
    /// What is most like the request, where nothing is recorded for it.
    pub nearest: Option<Nearest>,
}

/// A request that nobody has made.
#[derive(Clone, Copy, Debug)]
pub struct ImaginedRequest<'a> {
    /// The operation's name.
    pub operation: &'a str,
    /// Its parameters, a JSON object.
    pub parameters: &'a str,
    /// The session that would ask.
    pub session: Option<&'a str>,
    /// The region that it would ask.
    pub region: &'a str,
    /// Who would ask.
    pub actor: &'a str,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No service that is recorded has the operation.
    #[error("unknown operation {0}")]
    UnknownOperation(String),
    /// The parameters are no JSON object.
    #[error("the parameters are not a JSON object: {0}")]
    NoObject(String),
    /// They cannot be sent.
    #[error("the request cannot be made: {0}")]
    Unreadable(String),
    /// The cassette cannot be read.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
}

impl Engine {
    /// Why call `number` was answered as it was; `None` where it is not remembered.
    #[must_use]
    pub fn explain_call(&self, number: u64) -> Option<Explanation> {
        let logged = self.state.calls.get(number)?;
        let choice = logged.choice();
        let history = choice.map(|(session, position)| session.lock().history.prefix(position.writes));
        Some(self.explain(&logged.to_call(number), history.as_ref()))
    }

    /// As [`Self::explain_call`], of a call of an earlier run, in whose session these `writes` were made.
    #[must_use]
    pub fn explain_earlier_call(&self, call: &Call, writes: Option<&[MadeWrite]>) -> Explanation {
        let history = writes.map(|writes| SessionHistory::from_writes(writes.to_vec()));
        self.explain(call, history.as_ref())
    }

    fn explain(&self, call: &Call, history: Option<&SessionHistory>) -> Explanation {
        let asked = call.request.as_ref();
        let prepared = asked.and_then(|asked| self.prepared(&asked.folder, &asked.fingerprint));
        let entry = prepared.as_ref().map(|prepared| &prepared.entry);
        let parts = asked.and_then(|asked| asked.asked.clone().or_else(|| entry.map(AskedParameters::of_entry)));
        let request = asked.map(|asked| {
            let AskedParameters { region, actor, parameters } = parts.unwrap_or_default();
            let (operation, fingerprint) = (call.operation.clone(), asked.fingerprint.to_string());
            let (session, page_size) = (call.session.clone(), asked.page_size);
            ExplainedRequest { operation, fingerprint, region, actor, session, parameters, page_size }
        });
        let outcome = match (&call.outcome, prepared) {
            (CallOutcome::Replayed(chosen), prepared) => ExplainedOutcome::Answered(ExplainedAnswer {
                take: chosen.take,
                takes: prepared.as_ref().map_or(0, |prepared| prepared.entry.takes.len()),
                page: chosen.page,
                pages: prepared.as_ref().map_or(0, |prepared| prepared.page_count(chosen.take)),
                reason: self.explain_take(call, chosen, prepared.as_deref(), history),
            }),
            (CallOutcome::Missed { message }, prepared) => {
                let query = request.as_ref().zip(asked).map(|(request, asked)| NearestQuery {
                    operation: &request.operation,
                    folder: &asked.folder,
                    parameters: &request.parameters,
                    session: request.session.as_deref(),
                });
                let nearest = query.filter(|_| prepared.is_none());
                let nearest = nearest.map(|query| find_nearest(&self.state.cassette, &query));
                ExplainedOutcome::Missed(ExplainedMiss { message: message.clone(), nearest })
            }
            (CallOutcome::Recorded, _) => ExplainedOutcome::Upstream { recorded: true },
            (CallOutcome::PassedOn, _) => ExplainedOutcome::Upstream { recorded: false },
            (CallOutcome::Refused { message }, _) => ExplainedOutcome::Refused(message.clone()),
        };
        Explanation { request, outcome }
    }

    fn explain_take(
        &self,
        call: &Call,
        chosen: &TakeChosen,
        prepared: Option<&PreparedEntry>,
        history: Option<&SessionHistory>,
    ) -> TakeReason {
        let (Some(prepared), Some(asked)) = (prepared, &call.request) else { return TakeReason::CassetteChanged };
        if chosen.is_retry {
            return TakeReason::Retry;
        }
        let Some(position) = chosen.position else {
            return if asked.continues { TakeReason::ContinuedListing } else { TakeReason::OnlyTake };
        };
        let Some(history) = history else { return TakeReason::Forgotten };
        let settings = &self.state.settings;
        let query = TakeQuery {
            fingerprint: asked.fingerprint,
            session: call.session.as_deref(),
            max_results: asked.page_size,
            retry_keys: Vec::new(),
            skip_to_last: settings.poll == Poll::Final,
            can_answer: &|take| can_serve(settings.pages, take, asked.page_size),
        };
        let histories = self.state.writes.take_histories(prepared, &self.state.cassette, &settings.service);
        match explain_choice(&prepared.entry, &histories, history, &query, position) {
            Some(explained) if explained.chosen == chosen.take => TakeReason::Choice(Box::new(explained)),
            _ => TakeReason::CassetteChanged,
        }
    }

    /// How a request that nobody has made would be answered, if a session began with it.
    ///
    /// # Errors
    /// Where it is no request, or the cassette cannot be read.
    pub fn explain_request(&self, imagined: &ImaginedRequest<'_>) -> Result<Explanation, ExplainError> {
        let settings = &self.state.settings;
        let is_object =
            json::parse(imagined.parameters.as_bytes()).is_ok_and(|root| matches!(root.kind, Kind::Object(_)));
        if !is_object {
            return Err(ExplainError::NoObject(imagined.parameters.to_owned()));
        }
        let entry = Entry {
            operation: OperationName::parse(imagined.operation.to_owned()),
            region: imagined.region.to_owned(),
            actor: imagined.actor.to_owned(),
            request: imagined.parameters.to_owned(),
            takes: Vec::new(),
        };
        let fingerprint =
            Fingerprint::hash(&canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request));
        let identified = identify_again(&settings.service, &settings.redaction, &fingerprint, &entry)
            .map_err(|broken| ExplainError::Unreadable(broken.reason))?
            .ok_or_else(|| ExplainError::UnknownOperation(imagined.operation.to_owned()))?;
        let prepared = self.state.cassette.lookup(&identified.folder, &identified.fingerprint)?;
        Ok(self.explain_first(&identified, imagined.session, prepared))
    }

    /// How the request that `entry` records would be answered, if a session began with it.
    ///
    /// # Errors
    /// Where the cassette cannot be read. `None` where it has no such entry.
    pub fn explain_recorded(
        &self,
        (folder, fingerprint): (&str, &Fingerprint),
        session: Option<&str>,
    ) -> Result<Option<Explanation>, CassetteError> {
        let Some(prepared) = self.state.cassette.lookup(folder, fingerprint)? else { return Ok(None) };
        let entry = &prepared.entry;
        let request = ExplainedRequest {
            operation: entry.operation.as_str().to_owned(),
            fingerprint: fingerprint.to_string(),
            region: entry.region.clone(),
            actor: entry.actor.clone(),
            session: session.map(str::to_owned),
            parameters: entry.request.clone(),
            page_size: None,
        };
        let outcome = match self.choose_first(*fingerprint, &prepared, session, None) {
            Some((take, reason)) => ExplainedOutcome::Answered(ExplainedAnswer {
                take,
                takes: entry.takes.len(),
                page: ServedPage::default(),
                pages: prepared.page_count(take),
                reason,
            }),
            None => {
                ExplainedOutcome::Missed(ExplainedMiss { message: "no take can answer it".to_owned(), nearest: None })
            }
        };
        Ok(Some(Explanation { request: Some(request), outcome }))
    }

    fn explain_first(
        &self,
        identified: &IdentifiedRequest,
        session: Option<&str>,
        prepared: Option<Arc<PreparedEntry>>,
    ) -> Explanation {
        let settings = &self.state.settings;
        let size = identified.page.max_results;
        let found = prepared.as_ref().map_or(Err(MissReason::NoTake), |prepared| {
            let chosen = self.choose_first(identified.fingerprint, prepared, session, size);
            let (take, reason) = chosen.ok_or(MissReason::NoTake)?;
            let (pages, paging) = (settings.pages, &settings.service.paging);
            let request = &PageRequest { max_results: size, ..PageRequest::default() };
            let query = PageQuery { pages, request, paging, items_member: identified.items_member() };
            let (_, page) = select_page(&query, prepared, take)?;
            let (takes, pages) = (prepared.entry.takes.len(), prepared.page_count(take));
            Ok(ExplainedAnswer { take, takes, page, pages, reason })
        });
        let outcome = match found {
            Ok(answer) => ExplainedOutcome::Answered(answer),
            Err(reason) => {
                let query = NearestQuery::from_identified(identified, session);
                let nearest = prepared.is_none().then(|| find_nearest(&self.state.cassette, &query));
                match describe_miss(&self.state, identified, session, reason) {
                    EngineError::Miss(miss) => {
                        ExplainedOutcome::Missed(ExplainedMiss { message: miss.message, nearest })
                    }
                    refused => ExplainedOutcome::Refused(refused.explained()),
                }
            }
        };
        let request = ExplainedRequest {
            operation: identified.name.as_str().to_owned(),
            fingerprint: identified.fingerprint.to_string(),
            region: identified.region.clone(),
            actor: identified.actor.to_string(),
            session: session.map(str::to_owned),
            parameters: identified.parameters.clone(),
            page_size: size,
        };
        Explanation { request: Some(request), outcome }
    }

    /// The take that answers a session's first request, and why.
    fn choose_first(
        &self,
        fingerprint: Fingerprint,
        prepared: &PreparedEntry,
        session: Option<&str>,
        max_results: Option<u32>,
    ) -> Option<(usize, TakeReason)> {
        let settings = &self.state.settings;
        let can_answer = |take: &Take| can_serve(settings.pages, take, max_results);
        let query = || TakeQuery {
            fingerprint,
            session,
            max_results,
            retry_keys: Vec::new(),
            skip_to_last: settings.poll == Poll::Final,
            can_answer: &can_answer,
        };
        if let [_] = prepared.entry.takes.as_slice() {
            return Some((0, TakeReason::OnlyTake));
        }
        let histories = self.state.writes.take_histories(prepared, &self.state.cassette, &settings.service);
        let chosen = Session::default().select_take(&prepared.entry, || Arc::clone(&histories), query())?;
        let nothing_written = SessionHistory::default();
        let explained = explain_choice(&prepared.entry, &histories, &nothing_written, &query(), chosen.position?)?;
        Some((chosen.take, TakeReason::Choice(Box::new(explained))))
    }

    fn prepared(&self, folder: &str, fingerprint: &Fingerprint) -> Option<Arc<PreparedEntry>> {
        self.state.cassette.lookup(folder, fingerprint).ok().flatten()
    }
}
