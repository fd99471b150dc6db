//! Answering from the cassette: read → identify → scrub a copy → fingerprint → choose take → fill holes → answer.

use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::matcher::{Match, find};
use crate::engine::miss::other_service;
use crate::engine::response_cache::{CacheKey, CachedResponse};
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::volatile::{bind, live_values};
use crate::model::{Request, Response};
use crate::session::session_name;
use std::sync::Arc;

/// The recorded answer to `request`.
pub(super) fn replay(state: &EngineState, request: &Request) -> Result<Response, EngineError> {
    let live = live_values(state, request);
    let asked = CacheKey::of(state, request);
    // What a session with live values asks depends on them.
    let known = state.response_cache.find(&asked).filter(|_| live.is_none());
    if let Some(known) = &known
        && let Some(response) = known.again(state)?
    {
        return Ok(response);
    }
    let identified = match known.as_deref().and_then(CachedResponse::asks) {
        Some(identified) => Arc::clone(identified),
        None => {
            if let Some((miss, form)) =
                other_service::find(request, &state.settings.service.name, session_name(request))
            {
                return Err(EngineError::OtherService { miss, form });
            }
            Arc::new(asked.identify(state, live.as_deref())?)
        }
    };
    let found = find(state, request, &identified)?.map_err(|gap| gap.into_error(state, request, &identified))?;
    if live.is_none() {
        state.response_cache.keep(state, &asked, known.as_deref(), &identified, &found);
    }
    serve(state, request, &identified, found)
}

/// The answer that was found, counted; with the live values of the session, among them those that `request` brings.
pub(super) fn serve(
    state: &EngineState,
    request: &Request,
    identified: &IdentifiedRequest,
    found: Match,
) -> Result<Response, EngineError> {
    if found.prepared.first_use(found.take) {
        state.stats.used(&found.prepared, found.take);
    }
    count(&state.stats.replayed);
    state.stats.saved(found.prepared.saves(|| state.cassette.time(&found.prepared.fingerprint)));
    tracing::trace!(fingerprint = %found.prepared.fingerprint, take = found.take, "replayed");
    let live = (!identified.volatile.is_empty()).then(|| {
        let write = found.prepared.entry.takes.get(found.take).and_then(|take| take.id.as_deref());
        bind(state, session_name(request).as_deref(), identified, write)
    });
    let draft = found.answer.map_err(EngineError::Unfilled)?;
    let response = draft.filled(|| live.or_else(|| live_values(state, request)));
    if !identified.redacted.is_empty() {
        tell_of_stand_ins(state, identified, &response);
    }
    Ok(response)
}

/// Says once that a client who sent a real value is answered with what stands for it: a test that compares the two fails.
fn tell_of_stand_ins(state: &EngineState, identified: &IdentifiedRequest, response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    if let Some((pointer, stand_in)) = identified.redacted.iter().find(|(_, stand_in)| body.contains(stand_in.as_str()))
    {
        state.stats.stand_in_served(&format!(
            "{} was asked with a value at {pointer} that the cassette holds redacted, and its answer has {stand_in} instead: a \
             test that compares the two fails. Let it compare with what an answer gave, or use a value that is not redacted",
            identified.name.as_str()
        ));
    }
}
