//! Which take answers a request, and which of its pages.

use crate::cassette::CachedEntry;
use crate::engine::calls::TakeChosen;
use crate::engine::error::{EngineError, InvalidToken};
use crate::engine::lookup::{Lookup, Match, MissReason};
use crate::engine::pagination::page_cut::{PageQuery, can_serve, select_page};
use crate::engine::prepared_entry::{PreparedEntry, PreparedTake, fingerprint_start};
use crate::engine::request_context::RequestContext;
use crate::engine::settings::{EngineSettings, Poll};
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::stuck_waiter::describe_stuck_waiter;
use crate::session::{RetryKey, Session, TakeChoice, TakeQuery};
use crate::token::Token;
use parking_lot::Mutex;
use std::sync::Arc;

/// Looks a request up: the page that it asks for, or why there is none.
///
/// # Errors
/// Where the cassette cannot be read, or the token is of another listing.
pub(super) fn find(state: &EngineState, context: &RequestContext<'_>) -> Result<Lookup, EngineError> {
    Ok(match_entry(state, context, find_entry(state, context)?))
}

/// What the cassette has for a request.
///
/// # Errors
/// As of [`find`].
pub(super) fn find_entry(
    state: &EngineState,
    context: &RequestContext<'_>,
) -> Result<Option<CachedEntry<PreparedEntry>>, EngineError> {
    let identified = &context.identified;
    if let Some(token) = &identified.page.token
        && token.fingerprint != fingerprint_start(&identified.fingerprint)
    {
        return Err(EngineError::Token(InvalidToken::OtherListing));
    }
    Ok(state.cassette.find(&identified.folder, &identified.fingerprint)?)
}

/// As [`find`], in what the cassette was found to have.
pub(super) fn match_entry(
    state: &EngineState,
    context: &RequestContext<'_>,
    entry: Option<CachedEntry<PreparedEntry>>,
) -> Lookup {
    let Some(entry) = entry else {
        let continues = context.identified.page.token.is_some();
        return Lookup::Miss(if continues { MissReason::OtherChain } else { MissReason::NoTake });
    };
    match match_prepared(state, context, &entry.value) {
        Lookup::Hit(mut found) => {
            found.origin = Some(entry.origin);
            Lookup::Hit(found)
        }
        missed @ Lookup::Miss(_) => missed,
    }
}

/// As [`find`], in one entry.
pub(super) fn match_prepared(
    state: &EngineState,
    context: &RequestContext<'_>,
    prepared: &Arc<PreparedEntry>,
) -> Lookup {
    select(state, context, prepared).into()
}

fn select(
    state: &EngineState,
    context: &RequestContext<'_>,
    prepared: &Arc<PreparedEntry>,
) -> Result<Match, MissReason> {
    let identified = &context.identified;
    let items_member = identified.items_member();
    let (chosen, session) = match &identified.page.token {
        Some(token) => {
            let take = select_continued_take(state, context, prepared.takes(items_member), token)?;
            (TakeChosen { take, ..TakeChosen::default() }, None)
        }
        None => select_take(state, context, prepared)?,
    };
    let EngineSettings { pages, service, .. } = &state.settings;
    let query = PageQuery { pages: *pages, request: &identified.page, paging: &service.paging, items_member };
    let (response, page) = select_page(&query, prepared, chosen.take)?;
    Ok(Match { prepared: Arc::clone(prepared), origin: None, chosen: TakeChosen { page, ..chosen }, session, response })
}

/// A take, and the session whose writes it was chosen by, where there was a choice.
type ChosenBySession = (TakeChosen, Option<Arc<Mutex<Session>>>);

/// The take for a request that begins anew, and the session that chose it. A read with one take asks no session; a write moves
/// its session's history.
fn select_take(
    state: &EngineState,
    context: &RequestContext<'_>,
    prepared: &PreparedEntry,
) -> Result<ChosenBySession, MissReason> {
    match prepared.entry.takes.as_slice() {
        [] => return Err(MissReason::NoTake),
        [only] if only.id.is_none() => return Ok((TakeChosen::default(), None)),
        _ => {}
    }
    let (settings, identified) = (&state.settings, &context.identified);
    let max_results = identified.page.max_results;
    let query = TakeQuery {
        fingerprint: identified.fingerprint,
        session: context.session_name(),
        max_results,
        retry_keys: retry_keys(context),
        skip_to_last: settings.poll == Poll::Final,
        can_answer: &|take| can_serve(settings.pages, take, max_results),
    };
    let histories = || state.writes.take_histories(prepared, &state.cassette, &settings.service);
    let session = state.sessions.get_or_create(context.session_name());
    let choice = session.lock().select_take(&prepared.entry, histories, query).ok_or(MissReason::NoTake)?;
    if let Some(stuck) = &choice.stuck {
        state.stats.note_stuck_waiter(&describe_stuck_waiter(context, stuck, &settings.record_anew_command));
    }
    if choice.advanced {
        count(&state.stats.waiters_advanced);
    }
    let TakeChoice { take, is_retry, stuck, advanced, position } = choice;
    let stuck = stuck.map(Box::new);
    let chosen = TakeChosen { take, position, is_retry, advanced, stuck, ..TakeChosen::default() };
    Ok((chosen, position.map(|_| session)))
}

/// What would mark a later request as this one's repetition.
fn retry_keys(context: &RequestContext<'_>) -> Vec<RetryKey> {
    let invocation = context.invocation_id().map(|id| RetryKey::Invocation(id.to_owned()));
    let token = context.identified.idempotency_token.clone().map(RetryKey::IdempotencyToken);
    invocation.into_iter().chain(token).collect()
}

/// The take that `token` continues: the one this session is at if it has the pages served so far, else the first that has
/// them, those that go on before those that end there.
fn select_continued_take(
    state: &EngineState,
    context: &RequestContext<'_>,
    takes: &[PreparedTake],
    token: &Token,
) -> Result<usize, MissReason> {
    let fitting: Vec<usize> = (0..takes.len()).filter(|at| takes.get(*at).is_some_and(|t| t.answers(token))).collect();
    if let [only] = fitting.as_slice() {
        return Ok(*only);
    }
    let goes_on = |at: &&usize| takes.get(**at).is_some_and(|take| take.goes_on(token));
    let session = state.sessions.get_or_create(context.session_name());
    let current = session.lock().last_take(context.identified.fingerprint);
    let best = fitting.iter().find(|at| Some(**at) == current).filter(goes_on);
    best.or_else(|| fitting.iter().find(goes_on)).or(fitting.first()).copied().ok_or(MissReason::OtherChain)
}
