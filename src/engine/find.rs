//! Finding the page that answers a request in the cassette.

use super::Shared;
use super::error::EngineError;
use super::identify::Call;
use super::miss::{self, Advice};
use super::pages::{Asked, page};
use super::prepared::{Draft, Prepared, PreparedTake, fingerprint_start};
use super::settings::{Poll, Settings};
use super::stuck;
use super::summary::Miss;
use super::tally::count;
use crate::cassette::{self, Origin};
use crate::model::{Hole, Request};
use crate::session::{Ask, Repeat, session_name};
use crate::token::Token;
use std::sync::{Arc, PoisonError};

/// A page of a take, ready to be served.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) prepared: Arc<Prepared>,
    /// What the entry was read from, where it was looked up just now.
    pub(super) origin: Option<Arc<Origin>>,
    pub(super) take: usize,
    /// The answer, or the hole in it that nothing fills.
    pub(super) answer: Result<Draft, Hole>,
}

impl Found {
    /// Whether all pages of its take are recorded.
    pub(super) fn is_complete(&self) -> bool {
        self.prepared.entry.takes.get(self.take).is_some_and(|take| take.complete)
    }
}

/// An entry that was looked up.
pub(super) type There = cassette::Found<Prepared>;

/// Why no page answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
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

/// Looks `call` up: the page it asks for, or what stands in the way.
///
/// # Errors
/// Where the cassette cannot be read, or the token is of another listing.
pub(super) fn find(shared: &Shared, request: &Request, call: &Call) -> Result<Result<Found, Gap>, EngineError> {
    Ok(find_there(shared, request, call, look_up(shared, call)?))
}

/// What the cassette has for `call`.
///
/// # Errors
/// As of [`find`].
pub(super) fn look_up(shared: &Shared, call: &Call) -> Result<Option<There>, EngineError> {
    if let Some(token) = &call.page.token
        && token.fingerprint != fingerprint_start(&call.fingerprint)
    {
        let reason = "it was given for another listing: another operation, region, actor or other parameters";
        return Err(EngineError::Token(reason.to_owned()));
    }
    Ok(shared.cassette.find(&call.folder, &call.fingerprint)?)
}

/// As [`find`], in what was looked up.
pub(super) fn find_there(shared: &Shared, request: &Request, call: &Call, there: Option<There>) -> Result<Found, Gap> {
    match there {
        Some(entry) => {
            let found = find_in(shared, request, call, &entry.value);
            found.map(|found| Found { origin: Some(entry.origin), ..found })
        }
        None if call.page.token.is_some() => Err(Gap::OtherChain),
        None => Err(Gap::NoTake),
    }
}

/// As [`find`], in one entry.
pub(super) fn find_in(shared: &Shared, request: &Request, call: &Call, prepared: &Arc<Prepared>) -> Result<Found, Gap> {
    let takes = prepared.takes(call.items_member());
    let take = match &call.page.token {
        Some(token) => continued(shared, request, call, takes, token)?,
        None => begun(shared, request, call, prepared)?,
    };
    let Settings { pages, service, .. } = &shared.settings;
    let asked = Asked { pages: *pages, ask: &call.page, paging: &service.paging, items_member: call.items_member() };
    let answer = page(&asked, prepared, take)?;
    Ok(Found { prepared: Arc::clone(prepared), origin: None, take, answer })
}

/// The take for a request that begins anew. A read with one take asks no session; a write moves its session's history.
fn begun(shared: &Shared, request: &Request, call: &Call, prepared: &Prepared) -> Result<usize, Gap> {
    match prepared.entry.takes.as_slice() {
        [] => return Err(Gap::NoTake),
        [only] if only.id.is_none() => return Ok(0),
        _ => {}
    }
    let Settings { poll, pages, .. } = &shared.settings;
    let name = session_name(request);
    let ask = Ask {
        fingerprint: call.fingerprint,
        session: name.as_deref(),
        max_results: call.page.max_results,
        repeats: repeats(request, call),
        at_once: *poll == Poll::Final,
        can_answer: &|take| pages.can_serve(take.complete, take.max_results, call.page.max_results),
    };
    let session = shared.sessions.named(name.as_deref());
    let choice = {
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        session.choose(&prepared.entry, || shared.choices(prepared), ask).ok_or(Gap::NoTake)?
    };
    if let Some(stuck) = &choice.stuck {
        shared.tally.stuck(&stuck::describe(call, name.as_deref(), stuck, &shared.settings.record_anew_command));
    }
    if choice.went_on {
        count(&shared.tally.went_on);
    }
    Ok(choice.take)
}

/// What would mark a later request as this one's repetition.
fn repeats(request: &Request, call: &Call) -> Vec<Repeat> {
    let invocation = request.header("amz-sdk-invocation-id").map(|id| Repeat::Invocation(id.to_owned()));
    let token = call.idempotency_token.clone().map(Repeat::Token);
    invocation.into_iter().chain(token).collect()
}

/// The take that `token` continues: the one this session is at if it has the pages served so far, else the first that has
/// them, those that go on before those that end there.
fn continued(
    shared: &Shared,
    request: &Request,
    call: &Call,
    takes: &[PreparedTake],
    token: &Token,
) -> Result<usize, Gap> {
    let fitting: Vec<usize> = (0..takes.len()).filter(|at| takes.get(*at).is_some_and(|t| t.answers(token))).collect();
    if let [only] = fitting.as_slice() {
        return Ok(*only);
    }
    let goes_on = |at: &&usize| takes.get(**at).is_some_and(|take| take.goes_on(token));
    let session = shared.sessions.named(session_name(request).as_deref());
    let current = session.lock().unwrap_or_else(PoisonError::into_inner).current(call.fingerprint);
    let best = fitting.iter().find(|at| Some(**at) == current).filter(goes_on);
    best.or_else(|| fitting.iter().find(goes_on)).or(fitting.first()).copied().ok_or(Gap::OtherChain)
}

impl Gap {
    /// What the client is told: RAM's own error for what RAM would refuse, a miss for the rest.
    pub(super) fn into_error(self, shared: &Shared, request: &Request, call: &Call) -> EngineError {
        let settings = &shared.settings;
        let advice = Advice { cassette: settings.cassette.clone(), command: settings.record_command.clone() };
        let paging = &settings.service.paging;
        let message = match self {
            Self::OtherChain => {
                let reason =
                    "no recorded chain begins with the pages that it continues; it is of another cassette or recording";
                return EngineError::Token(reason.to_owned());
            }
            Self::NoTake if call.page.foreign_token => {
                return EngineError::Token("ramtape did not hand it out".to_owned());
            }
            Self::NoTake if call.page.illegal_size => {
                let modelled = |kind: &&String| call.operation.as_ref().is_some_and(|o| o.errors.contains(kind));
                let kind = paging.size_errors.iter().find(modelled).or(paging.size_errors.last());
                return EngineError::PageSize {
                    kind: kind.cloned().unwrap_or_default(),
                    member: paging.size.clone(),
                    min: paging.min,
                    max: paging.max,
                };
            }
            Self::NoTake => miss::no_take(call, session_name(request).as_deref(), &shared.cassette, &advice),
            Self::Partial { pages, .. } => miss::partial(call, pages, &advice),
            Self::OtherSize { recorded } => miss::other_size(call, recorded, &advice),
        };
        EngineError::Miss(Miss {
            operation: call.name.as_str().to_owned(),
            fingerprint: call.fingerprint.to_string(),
            session: session_name(request),
            message,
        })
    }
}
