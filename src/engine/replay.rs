//! Answering from the cassette: read → identify → scrub a copy → fingerprint → choose take → fill holes → answer.

use crate::engine::calls::{AnswerNote, Asked, CallNotes, TakeChosen};
use crate::engine::error::EngineError;
use crate::engine::identify::{IdentifiedRequest, IdentifyRules, identify};
use crate::engine::lookup::{Lookup, Match};
use crate::engine::matcher;
use crate::engine::miss::message::explain_miss;
use crate::engine::miss::other_service::describe_other_service;
use crate::engine::request_context::RequestContext;
use crate::engine::request_scope::RequestScope;
use crate::engine::response_cache::CachedResponse;
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::volatile::bind_values;
use crate::model::{Request, Response};
use crate::session::Bindings;
use std::borrow::Cow;
use std::sync::Arc;

/// The recorded answer to `request`, of the session called `session_name`.
pub(super) fn replay(
    state: &EngineState,
    request: &Request,
    session_name: Option<String>,
    notes: &mut CallNotes,
) -> Result<Response, EngineError> {
    let live = state.live.get(session_name.as_deref());
    let scope = RequestScope::read(request, &state.settings, (&state.actors, &state.issued));
    let key = state.response_cache.key(request, &scope);
    // What a session with live values asks depends on them.
    let cached = if live.is_none() { state.response_cache.get(&key) } else { None };
    if let Some(response) = reuse_response(state, cached.as_ref(), notes)? {
        return Ok(response);
    }
    let identified = match cached.as_deref().and_then(CachedResponse::identified) {
        Some(identified) => Arc::clone(identified),
        None => identify_replayed(state, request, &scope, session_name.as_deref(), live.as_deref())?,
    };
    notes.asked = Some(Asked::Identified(Arc::clone(&identified)));
    let context = RequestContext { request: Cow::Borrowed(request), session_name, identified };
    let found = match matcher::find(state, &context)? {
        Lookup::Hit(found) => *found,
        Lookup::Miss(reason) => return Err(explain_miss(state, &context, reason)),
    };
    if live.is_none() {
        state.response_cache.insert(
            (&state.cassette, &state.calls),
            &key,
            cached.as_deref(),
            &context.identified,
            &found,
        );
    }
    serve(state, &context, found, notes)
}

/// The answer from the cache, counted; `None` where none is known that still holds.
fn reuse_response(
    state: &EngineState,
    cached: Option<&Arc<CachedResponse>>,
    notes: &mut CallNotes,
) -> Result<Option<Response>, EngineError> {
    let Some(cached) = cached else { return Ok(None) };
    let Some(reused) = cached.reuse(&state.cassette)? else { return Ok(None) };
    count(&state.stats.replayed);
    state.stats.add_saved_time(reused.saves);
    let only_take = TakeChosen { page: reused.request.page, ..TakeChosen::default() };
    notes.asked = Some(Asked::Again(reused.request));
    notes.answer = Some(AnswerNote::Take(only_take, None));
    Ok(Some(reused.response))
}

/// What `request` asks, if that is anything of the service.
fn identify_replayed(
    state: &EngineState,
    request: &Request,
    scope: &RequestScope<'_>,
    session: Option<&str>,
    live: Option<&Bindings>,
) -> Result<Arc<IdentifiedRequest>, EngineError> {
    let service = &state.settings.service;
    if !service.companions.is_recorded(scope.service) {
        let miss = describe_other_service(request, scope.service, &state.settings, session);
        return Err(EngineError::OtherService(miss));
    }
    identify(request, &IdentifyRules::from_settings(&state.settings), scope, live).map(Arc::new)
}

/// The answer that was found, counted; with the live values of the session, among them those that the request brings.
pub(super) fn serve(
    state: &EngineState,
    context: &RequestContext<'_>,
    found: Match,
    notes: &mut CallNotes,
) -> Result<Response, EngineError> {
    let identified = &context.identified;
    notes.answer = Some(AnswerNote::Take(found.chosen.clone(), found.session));
    if found.prepared.first_use(found.chosen.take) {
        state.stats.note_take_used(&found.prepared, found.chosen.take);
    }
    count(&state.stats.replayed);
    state.stats.add_saved_time(found.prepared.saves(|| state.cassette.time(&found.prepared.fingerprint)));
    tracing::trace!(fingerprint = %found.prepared.fingerprint, take = found.chosen.take, "replayed");
    let live = (!identified.volatile.is_empty()).then(|| {
        let write = found.prepared.entry.takes.get(found.chosen.take).and_then(|take| take.id.as_deref());
        bind_values(&state.live, context.session_name(), identified, write)
    });
    let filled = found.response.fill(|| live.or_else(|| state.live.get(context.session_name())));
    let response = filled.map_err(EngineError::Unfilled)?;
    if !identified.redacted.is_empty() {
        report_redacted_answer(state, identified, &response);
    }
    Ok(response)
}

/// Says once that a client who sent a real value is answered with what stands for it: a test that compares the two fails.
fn report_redacted_answer(state: &EngineState, identified: &IdentifiedRequest, response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    let served = identified.redacted.iter().find(|(_, pseudonym)| body.contains(pseudonym.as_str()));
    if let Some((pointer, pseudonym)) = served {
        state.stats.note_redacted_answer(&format!(
            "the value at {pointer} of a {} request is redacted in the cassette, so the answer has {pseudonym} in its place: a \
             test that compares the two fails. Compare with a value from an answer, or send a value that is not redacted",
            identified.name.as_str()
        ));
    }
}
