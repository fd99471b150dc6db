//! Asking upstream before there is a cassette: what anybody could have sent is to make none.

use crate::aws::Answer;
use crate::engine::disposition::{Disposition, report_foreign_answer};
use crate::engine::engine::Engine;
use crate::engine::record::probe_upstream;
use crate::engine::stats::run::count;
use crate::model::{Request, Response};
use crate::session::session_name;

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
    /// [`Self::answer_probed`] of the engine that records it, and counted there.
    pub async fn probe(&self, request: &Request) -> ProbeOutcome {
        let Some(recorder) = &self.recorder else { return ProbeOutcome::Answered(self.answer(request.clone()).await) };
        let stats = &self.state.stats;
        let (answer, context, disposition) =
            match probe_upstream(&self.state, recorder, request, session_name(request)).await {
                Ok(probed) => probed,
                Err(error) => {
                    count(&stats.requests);
                    return ProbeOutcome::Answered(self.report_failure(&error));
                }
            };
        match disposition {
            Disposition::Record => return ProbeOutcome::Accepted(answer),
            Disposition::NotFromService => {
                report_foreign_answer(&self.state, &recorder.upstream, &context.identified, &answer);
            }
            Disposition::PassOn => stats.count_passed_on(&context.identified, &answer),
        }
        count(&stats.requests);
        ProbeOutcome::Answered(answer.into())
    }
}
