//! Answering from the cassette: read → identify → scrub a copy → fingerprint → choose take → fill holes → answer.

use super::Shared;
use super::error::EngineError;
use super::find::{Found, find};
use super::identify::identify;
use super::tally::count;
use crate::interaction::{Request, Response};

/// The recorded answer to `request`.
pub(super) fn replay(shared: &Shared, request: &Request) -> Result<Response, EngineError> {
    let call = identify(request, &shared.settings.service, &shared.settings.region)?;
    let found = find(shared, request, &call)?.map_err(|gap| gap.into_error(shared, request, &call))?;
    serve(shared, found)
}

/// The answer that was found, counted.
pub(super) fn serve(shared: &Shared, found: Found) -> Result<Response, EngineError> {
    if found.prepared.first_use() {
        shared.tally.used(found.prepared.fingerprint);
    }
    count(&shared.tally.replayed);
    tracing::trace!(fingerprint = %found.prepared.fingerprint, take = found.take, "replayed");
    found.answer.map_err(EngineError::Unfilled)
}
