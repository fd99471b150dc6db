//! Answers by which a region says that it does not know a key. Where the key works in another region, they tell of the region: it
//! is not enabled for the account, and that is an answer like any other. Where it works nowhere, they tell of the credentials.
//! Which of both is known once another region has accepted the key; until then such an answer waits.

use super::Shared;
use super::actors::key_id;
use super::classify::is_regional;
use super::keep::{Arrived, keep, not_recorded};
use super::recorder::{Question, Recorder};
use crate::aws::Answer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// How many answers wait at most; each is small.
const WAITING: usize = 1000;

/// An answer of which only the rest of the run can tell whether it is recorded.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
    answer: Answer,
    key_id: String,
}

impl Undecided {
    pub(super) const fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// The answers that wait, with what they answer.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Vec<(Question, Undecided)>>);

/// What to do with an answer of a region that does not know the key.
pub(super) enum Regional {
    /// It tells of the region.
    Keep(Answer),
    /// Nobody knows yet.
    Wait(Undecided),
    /// It tells of the credentials, or of nothing that can be recorded.
    PassOn(Answer),
}

/// Judges an answer that is not recorded as it stands.
pub(super) async fn judge(shared: &Shared, recorder: &Recorder, question: &Question, answer: Answer) -> Regional {
    // A page further on is refused where the one before was not: that is no matter of the region.
    if !is_regional(&answer, &shared.settings.service.recording) || question.call.page.token.is_some() {
        return Regional::PassOn(answer);
    }
    let Some(key_id) = signer(recorder, question).await else { return Regional::PassOn(answer) };
    let (keys, region) = (recorder.upstream.known_keys(), &question.call.region);
    keys.refused(&key_id, region);
    if keys.works_elsewhere(&key_id, region) {
        Regional::Keep(answer)
    } else {
        Regional::Wait(Undecided { answer, key_id })
    }
}

/// Notes that upstream has accepted the key that the question was signed with.
pub(super) async fn accepted(recorder: &Recorder, question: &Question) {
    if let Some(key_id) = signer(recorder, question).await {
        recorder.upstream.known_keys().accepted(&key_id, &question.call.region);
    }
}

/// The id of the key that the question goes upstream with.
async fn signer(recorder: &Recorder, question: &Question) -> Option<String> {
    if question.keeps_signature() {
        return key_id(&question.request).map(str::to_owned);
    }
    let credentials = recorder.upstream.credentials(&question.call.actor);
    Some(credentials.current(SystemTime::now()).await.ok()?.access_key_id.clone())
}

/// Has an answer wait for what the run still brings.
pub(super) fn wait(shared: &Shared, recorder: &Recorder, question: &Question, undecided: Undecided) {
    let mut waiting = recorder.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.len() < WAITING {
        waiting.push((question.set_aside(), undecided));
    } else {
        shared.tally.passed_on(&question.call, &undecided.answer);
    }
}

/// Records, at the end of the run, what turned out to tell of a region; the rest was passed on.
pub(super) async fn settle(shared: &Arc<Shared>, recorder: &Recorder) {
    let waiting = std::mem::take(&mut *recorder.waiting.0.lock().unwrap_or_else(PoisonError::into_inner));
    for (question, Undecided { answer, key_id }) in waiting {
        if !recorder.upstream.known_keys().works_elsewhere(&key_id, &question.call.region) {
            shared.tally.passed_on(&question.call, &answer);
            continue;
        }
        let arrived = Arrived { answer, chain: None };
        // Where it cannot be stored, that was told.
        if let Err(error) = keep(shared, (&recorder.chains, &recorder.places), &question, arrived).await {
            not_recorded(shared, &question.call, &error);
        }
    }
}
