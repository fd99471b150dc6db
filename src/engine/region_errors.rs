//! Answers by which a region says that it does not know a key. Where the key works in another region, they tell of the region: it
//! is not enabled for the account, and that is an answer like any other. Where it works nowhere, they tell of the credentials.
//! Which of both is known once another region has accepted the key; until then such an answer waits.

use crate::aws::{Answer, SigningKeys};
use crate::engine::classify::is_regional;
use crate::engine::in_flight::PendingAnswer;
use crate::engine::recorder::Recorder;
use crate::engine::request_scope::RequestScope;
use crate::engine::state::EngineState;
use crate::engine::store_page::{UpstreamPage, store_page};
use crate::engine::upstream_request::UpstreamRequest;
use std::sync::Arc;
use std::time::SystemTime;

/// How many answers wait at most; each is small.
const MAX_PENDING: usize = 1000;

/// What to do with an answer of a region that does not know the key.
pub(super) enum RegionVerdict {
    /// It tells of the region.
    Record(Answer),
    /// Nobody knows yet.
    Pending(PendingAnswer),
    /// It tells of the credentials, or of nothing that can be recorded.
    PassOn(Answer),
}

/// Judges an answer that is not recorded as it stands.
pub(super) async fn judge_region(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    answer: Answer,
) -> RegionVerdict {
    let identified = &upstream_request.identified;
    // A page further on is refused where the one before was not: that is no matter of the region.
    if !is_regional(&answer, &state.settings.service.recording) || identified.page.token.is_some() {
        return RegionVerdict::PassOn(answer);
    }
    let Some(key_id) = find_signing_key(state, recorder, upstream_request).await else {
        return RegionVerdict::PassOn(answer);
    };
    let (keys, region) = (recorder.upstream.known_keys(), &identified.region);
    keys.refused(&key_id, region);
    if keys.works_elsewhere(&key_id, region) {
        RegionVerdict::Record(answer)
    } else {
        RegionVerdict::Pending(PendingAnswer { answer, key_id })
    }
}

/// Notes that upstream has accepted the key that the request was signed with.
pub(super) async fn note_accepted_key(state: &EngineState, recorder: &Recorder, upstream_request: &UpstreamRequest) {
    if let Some(key_id) = find_signing_key(state, recorder, upstream_request).await {
        recorder.upstream.known_keys().accepted(&key_id, &upstream_request.identified.region);
    }
}

/// The id of the key that the request goes upstream with.
async fn find_signing_key(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> Option<String> {
    if upstream_request.keeps_signature() {
        return RequestScope::read_place(&upstream_request.request, &state.settings).key_id().map(str::to_owned);
    }
    match upstream_request.signing() {
        SigningKeys::Held(keys) => return Some(keys.access_key_id.clone()),
        SigningKeys::None => return None,
        SigningKeys::OfActor => {}
    }
    let credentials = recorder.upstream.credentials(&upstream_request.identified.actor);
    Some(credentials.current(SystemTime::now()).await.ok()?.access_key_id.clone())
}

/// Has an answer wait for what the run still brings.
pub(super) fn add_pending(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    pending_answer: PendingAnswer,
) {
    let mut pending = recorder.pending.lock();
    if pending.len() < MAX_PENDING {
        pending.push((upstream_request.set_aside(), pending_answer));
    } else {
        state.stats.count_passed_on(&upstream_request.identified, &pending_answer.answer);
    }
}

/// Records, at the end of the run, what turned out to tell of a region; the rest was passed on.
pub(super) async fn settle_pending(state: &Arc<EngineState>, recorder: &Recorder) {
    let pending = std::mem::take(&mut *recorder.pending.lock());
    for (upstream_request, PendingAnswer { answer, key_id }) in pending {
        let identified = &upstream_request.identified;
        if !recorder.upstream.known_keys().works_elsewhere(&key_id, &identified.region) {
            state.stats.count_passed_on(identified, &answer);
            continue;
        }
        let page = UpstreamPage { answer, chain: None };
        // Where it cannot be stored, that was told.
        let stored = store_page(state, (&recorder.chains, &recorder.upstream_tokens), &upstream_request, page).await;
        if let Err(error) = stored {
            state.stats.report_unrecorded(identified, &error);
        }
    }
}
