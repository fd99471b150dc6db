//! Answers by which a region says that it does not know a key. Where the key works in another region, they tell of the region: it
//! is not enabled for the account, and that is an answer like any other. Where it works nowhere, they tell of the credentials.
//! Which of both is known once another region has accepted the key; until then such an answer waits.

use crate::aws::Answer;
use crate::engine::actors::key_id;
use crate::engine::classify::is_regional;
use crate::engine::recorder::{Recorder, UpstreamRequest};
use crate::engine::state::EngineState;
use crate::engine::store_page::{UpstreamPage, keep, not_recorded};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::SystemTime;

/// How many answers wait at most; each is small.
const WAITING: usize = 1000;

/// An answer of which only the rest of the run can tell whether it is recorded.
#[derive(Clone, Debug)]
pub(super) struct PendingAnswer {
    answer: Answer,
    key_id: String,
}

impl PendingAnswer {
    pub(super) const fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// The answers that wait, with what they answer.
#[derive(Debug, Default)]
pub(super) struct PendingAnswers(Mutex<Vec<(UpstreamRequest, PendingAnswer)>>);

/// What to do with an answer of a region that does not know the key.
pub(super) enum RegionVerdict {
    /// It tells of the region.
    Keep(Answer),
    /// Nobody knows yet.
    Wait(PendingAnswer),
    /// It tells of the credentials, or of nothing that can be recorded.
    PassOn(Answer),
}

/// Judges an answer that is not recorded as it stands.
pub(super) async fn judge(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    answer: Answer,
) -> RegionVerdict {
    // A page further on is refused where the one before was not: that is no matter of the region.
    if !is_regional(&answer, &state.settings.service.recording) || upstream_request.identified.page.token.is_some() {
        return RegionVerdict::PassOn(answer);
    }
    let Some(key_id) = signer(recorder, upstream_request).await else { return RegionVerdict::PassOn(answer) };
    let (keys, region) = (recorder.upstream.known_keys(), &upstream_request.identified.region);
    keys.refused(&key_id, region);
    if keys.works_elsewhere(&key_id, region) {
        RegionVerdict::Keep(answer)
    } else {
        RegionVerdict::Wait(PendingAnswer { answer, key_id })
    }
}

/// Notes that upstream has accepted the key that the upstream_request was signed with.
pub(super) async fn accepted(recorder: &Recorder, upstream_request: &UpstreamRequest) {
    if let Some(key_id) = signer(recorder, upstream_request).await {
        recorder.upstream.known_keys().accepted(&key_id, &upstream_request.identified.region);
    }
}

/// The id of the key that the upstream_request goes upstream with.
async fn signer(recorder: &Recorder, upstream_request: &UpstreamRequest) -> Option<String> {
    if upstream_request.keeps_signature() {
        return key_id(&upstream_request.request).map(str::to_owned);
    }
    let credentials = recorder.upstream.credentials(&upstream_request.identified.actor);
    Some(credentials.current(SystemTime::now()).await.ok()?.access_key_id.clone())
}

/// Has an answer wait for what the run still brings.
pub(super) fn wait(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    undecided: PendingAnswer,
) {
    let mut waiting = recorder.waiting.0.lock();
    if waiting.len() < WAITING {
        waiting.push((upstream_request.set_aside(), undecided));
    } else {
        state.stats.passed_on(&upstream_request.identified, &undecided.answer);
    }
}

/// Records, at the end of the run, what turned out to tell of a region; the rest was passed on.
pub(super) async fn settle(state: &Arc<EngineState>, recorder: &Recorder) {
    let waiting = std::mem::take(&mut *recorder.waiting.0.lock());
    for (upstream_request, PendingAnswer { answer, key_id }) in waiting {
        if !recorder.upstream.known_keys().works_elsewhere(&key_id, &upstream_request.identified.region) {
            state.stats.passed_on(&upstream_request.identified, &answer);
            continue;
        }
        let arrived = UpstreamPage { answer, chain: None };
        // Where it cannot be stored, that was told.
        if let Err(error) = keep(state, (&recorder.chains, &recorder.places), &upstream_request, arrived).await {
            not_recorded(state, &upstream_request.identified, &error);
        }
    }
}
