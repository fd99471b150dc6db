//! Finding the page that answers a request in the cassette.

use crate::cassette::{self, Origin};
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::miss::message::{self, Advice};
use crate::engine::pagination::page_cut::{PageQuery, page};
use crate::engine::prepared_entry::{PreparedEntry, PreparedTake, UnfilledResponse, fingerprint_start};
use crate::engine::settings::{EngineSettings, Poll};
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::stats::summary::Miss;
use crate::engine::stuck_waiter;
use crate::model::{Hole, Request};
use crate::session::{RetryKey, TakeQuery, session_name};
use crate::token::Token;
use std::sync::Arc;

/// A page of a take, ready to be served.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) prepared: Arc<PreparedEntry>,
    /// What the entry was read from, where it was looked up just now.
    pub(super) origin: Option<Arc<Origin>>,
    pub(super) take: usize,
    /// The answer, or the hole in it that nothing fills.
    pub(super) answer: Result<UnfilledResponse, Hole>,
}

impl Match {
    /// Whether all pages of its take are recorded.
    pub(super) fn is_complete(&self) -> bool {
        self.prepared.entry.takes.get(self.take).is_some_and(|take| take.complete)
    }
}

/// An entry that was looked up.
pub(super) type FoundEntry = cassette::Found<PreparedEntry>;

/// Why no page answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissReason {
    /// Nothing is recorded for the fingerprint.
    NoTake,
    /// The chain that the token continues was recorded up to there only.
    Partial {
        /// A take that has the pages served so far.
        take: usize,
        /// How many those are.
        pages: usize,
    },
    /// The chain was recorded in part only, and for another page size than is asked.
    OtherSize {
        /// The page size it was recorded with.
        recorded: Option<u32>,
    },
    /// No recorded chain begins with the pages that the token says were served.
    OtherChain,
}

/// Looks `identified` up: the page it asks for, or what stands in the way.
///
/// # Errors
/// Where the cassette cannot be read, or the token is of another listing.
pub(super) fn find(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
) -> Result<Result<Match, MissReason>, EngineError> {
    Ok(find_there(state, request, identified, look_up(state, identified)?))
}

/// What the cassette has for `identified`.
///
/// # Errors
/// As of [`find`].
pub(super) fn look_up(state: &EngineState, identified: &IdentifiedRequest) -> Result<Option<FoundEntry>, EngineError> {
    if let Some(token) = &identified.page.token
        && token.fingerprint != fingerprint_start(&identified.fingerprint)
    {
        let reason = "it was given for another listing: another operation, region, actor or other parameters";
        return Err(EngineError::Token(reason.to_owned()));
    }
    Ok(state.cassette.find(&identified.folder, &identified.fingerprint)?)
}

/// As [`find`], in what was looked up.
pub(super) fn find_there(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
    there: Option<FoundEntry>,
) -> Result<Match, MissReason> {
    match there {
        Some(entry) => {
            let found = find_in(state, request, identified, &entry.value);
            found.map(|found| Match { origin: Some(entry.origin), ..found })
        }
        None if identified.page.token.is_some() => Err(MissReason::OtherChain),
        None => Err(MissReason::NoTake),
    }
}

/// As [`find`], in one entry.
pub(super) fn find_in(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
    prepared: &Arc<PreparedEntry>,
) -> Result<Match, MissReason> {
    let takes = prepared.takes(identified.items_member());
    let take = match &identified.page.token {
        Some(token) => continued(state, request, identified, takes, token)?,
        None => begun(state, request, identified, prepared)?,
    };
    let EngineSettings { pages, service, .. } = &state.settings;
    let query = PageQuery {
        pages: *pages,
        ask: &identified.page,
        paging: &service.paging,
        items_member: identified.items_member(),
    };
    let answer = page(&query, prepared, take)?;
    Ok(Match { prepared: Arc::clone(prepared), origin: None, take, answer })
}

/// The take for a request that begins anew. A read with one take asks no session; a write moves its session's history.
fn begun(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
    prepared: &PreparedEntry,
) -> Result<usize, MissReason> {
    match prepared.entry.takes.as_slice() {
        [] => return Err(MissReason::NoTake),
        [only] if only.id.is_none() => return Ok(0),
        _ => {}
    }
    let EngineSettings { poll, pages, .. } = &state.settings;
    let name = session_name(request);
    let ask = TakeQuery {
        fingerprint: identified.fingerprint,
        session: name.as_deref(),
        max_results: identified.page.max_results,
        retry_keys: repeats(request, identified),
        skip_to_last: *poll == Poll::Final,
        can_answer: &|take| pages.can_serve(take.complete, take.max_results, identified.page.max_results),
    };
    let session = state.sessions.get_or_create(name.as_deref());
    let choice = {
        let mut session = session.lock();
        session.select_take(&prepared.entry, || state.choices(prepared), ask).ok_or(MissReason::NoTake)?
    };
    if let Some(stuck) = &choice.stuck {
        state.stats.stuck(&stuck_waiter::describe(
            identified,
            name.as_deref(),
            stuck,
            &state.settings.record_anew_command,
        ));
    }
    if choice.advanced {
        count(&state.stats.went_on);
    }
    Ok(choice.take)
}

/// What would mark a later request as this one's repetition.
fn repeats(request: &Request, identified: &IdentifiedRequest) -> Vec<RetryKey> {
    let invocation = request.header("amz-sdk-invocation-id").map(|id| RetryKey::Invocation(id.to_owned()));
    let token = identified.idempotency_token.clone().map(RetryKey::IdempotencyToken);
    invocation.into_iter().chain(token).collect()
}

/// The take that `token` continues: the one this session is at if it has the pages served so far, else the first that has
/// them, those that go on before those that end there.
fn continued(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
    takes: &[PreparedTake],
    token: &Token,
) -> Result<usize, MissReason> {
    let fitting: Vec<usize> = (0..takes.len()).filter(|at| takes.get(*at).is_some_and(|t| t.answers(token))).collect();
    if let [only] = fitting.as_slice() {
        return Ok(*only);
    }
    let goes_on = |at: &&usize| takes.get(**at).is_some_and(|take| take.goes_on(token));
    let session = state.sessions.get_or_create(session_name(request).as_deref());
    let current = session.lock().last_take(identified.fingerprint);
    let best = fitting.iter().find(|at| Some(**at) == current).filter(goes_on);
    best.or_else(|| fitting.iter().find(goes_on)).or(fitting.first()).copied().ok_or(MissReason::OtherChain)
}

impl MissReason {
    /// What the client is told: RAM's own error for what RAM would refuse, a miss for the rest.
    pub(super) fn into_error(
        self,
        state: &EngineState,
        request: &Request,
        identified: &IdentifiedRequest,
    ) -> EngineError {
        let settings = &state.settings;
        let advice = Advice { cassette: settings.cassette.clone(), command: settings.record_command.clone() };
        let paging = &settings.service.paging;
        let message = match self {
            Self::OtherChain => {
                let reason =
                    "no recorded chain begins with the pages that it continues; it is of another cassette or recording";
                return EngineError::Token(reason.to_owned());
            }
            Self::NoTake if identified.page.foreign_token => {
                return EngineError::Token("ramtape did not hand it out".to_owned());
            }
            Self::NoTake if identified.page.illegal_size => {
                let modelled = |kind: &&String| identified.operation.as_ref().is_some_and(|o| o.errors.contains(kind));
                let kind = paging.size_errors.iter().find(modelled).or(paging.size_errors.last());
                return EngineError::PageSize {
                    kind: kind.cloned().unwrap_or_default(),
                    member: paging.size.clone(),
                    min: paging.min,
                    max: paging.max,
                };
            }
            Self::NoTake => message::no_take(identified, session_name(request).as_deref(), &state.cassette, &advice),
            Self::Partial { pages, .. } => message::partial(identified, pages, &advice),
            Self::OtherSize { recorded } => message::other_size(identified, recorded, &advice),
        };
        EngineError::Miss(Miss {
            operation: identified.name.as_str().to_owned(),
            fingerprint: identified.fingerprint.to_string(),
            session: session_name(request),
            message,
        })
    }
}
