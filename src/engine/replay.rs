//! Answering from the cassette: read → identify → scrub a copy → fingerprint → choose take → fill holes → answer.

use super::Shared;
use super::error::EngineError;
use super::find::{Found, find};
use super::identify::Call;
use super::other_service;
use super::recall::{Remembered, Verbatim};
use super::tally::count;
use super::volatile::{bind, live_values};
use crate::model::{Request, Response};
use crate::session::session_name;
use std::sync::Arc;

/// The recorded answer to `request`.
pub(super) fn replay(shared: &Shared, request: &Request) -> Result<Response, EngineError> {
    let live = live_values(shared, request);
    let asked = Verbatim::of(shared, request);
    // What a session with live values asks depends on them.
    let known = shared.recall.find(&asked).filter(|_| live.is_none());
    if let Some(known) = &known
        && let Some(response) = known.again(shared)?
    {
        return Ok(response);
    }
    let call = match known.as_deref().and_then(Remembered::asks) {
        Some(call) => Arc::clone(call),
        None => {
            if let Some((miss, form)) =
                other_service::find(request, &shared.settings.service.name, session_name(request))
            {
                return Err(EngineError::OtherService { miss, form });
            }
            Arc::new(asked.identified(shared, live.as_deref())?)
        }
    };
    let found = find(shared, request, &call)?.map_err(|gap| gap.into_error(shared, request, &call))?;
    if live.is_none() {
        shared.recall.keep(shared, &asked, known.as_deref(), &call, &found);
    }
    serve(shared, request, &call, found)
}

/// The answer that was found, counted; with the live values of the session, among them those that `request` brings.
pub(super) fn serve(shared: &Shared, request: &Request, call: &Call, found: Found) -> Result<Response, EngineError> {
    if found.prepared.first_use(found.take) {
        shared.tally.used(&found.prepared, found.take);
    }
    count(&shared.tally.replayed);
    shared.tally.saved(found.prepared.saves(|| shared.cassette.time(&found.prepared.fingerprint)));
    tracing::trace!(fingerprint = %found.prepared.fingerprint, take = found.take, "replayed");
    let live = (!call.volatile.is_empty()).then(|| {
        let write = found.prepared.entry.takes.get(found.take).and_then(|take| take.id.as_deref());
        bind(shared, session_name(request).as_deref(), call, write)
    });
    let draft = found.answer.map_err(EngineError::Unfilled)?;
    let response = draft.filled(|| live.or_else(|| live_values(shared, request)));
    if !call.redacted.is_empty() {
        tell_of_stand_ins(shared, call, &response);
    }
    Ok(response)
}

/// Says once that a client who sent a real value is answered with what stands for it: a test that compares the two fails.
fn tell_of_stand_ins(shared: &Shared, call: &Call, response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    if let Some((pointer, stand_in)) = call.redacted.iter().find(|(_, stand_in)| body.contains(stand_in.as_str())) {
        shared.tally.stand_in_served(&format!(
            "{} was asked with a value at {pointer} that the cassette holds redacted, and its answer has {stand_in} instead: a \
             test that compares the two fails. Let it compare with what an answer gave, or use a value that is not redacted",
            call.name.as_str()
        ));
    }
}
