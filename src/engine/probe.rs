//! Asking upstream before there is a cassette: what anybody could have sent is to make none.

use crate::aws::Answer;
use crate::engine::Engine;
use crate::engine::disposition::{Disposition, report_foreign_answer};
use crate::engine::record::vet;
use crate::engine::stats::run::count;
use crate::model::{Request, Response};

/// What upstream made of a request that its client signed.
#[derive(Debug)]
pub enum ProbeOutcome {
    /// It is an answer to record: the signature was accepted.
    Accepted(Answer),
    /// It is for the client, and not to be recorded.
    Answered(Response),
}

impl Engine {
    /// Sends `request` upstream as its client signed it, and records nothing. What is accepted is to be handed to
    /// [`Self::answer_with`] of the engine that records it, and counted there.
    pub async fn vet(&self, request: &Request) -> ProbeOutcome {
        let Some(recorder) = &self.recorder else { return ProbeOutcome::Answered(self.answer(request.clone()).await) };
        let stats = &self.state.stats;
        match vet(&self.state, recorder, request).await {
            Ok((answer, _, Disposition::Record)) => ProbeOutcome::Accepted(answer),
            Ok((answer, identified, fate)) => {
                count(&stats.requests);
                match fate {
                    Disposition::NotFromService => report_foreign_answer(&self.state, recorder, &identified, &answer),
                    Disposition::Record | Disposition::PassOn => stats.passed_on(&identified, &answer),
                }
                ProbeOutcome::Answered(answer.into())
            }
            Err(error) => {
                count(&stats.requests);
                stats.failed(&error);
                tracing::warn!("{}", error.explained());
                ProbeOutcome::Answered(error.to_response())
            }
        }
    }
}
