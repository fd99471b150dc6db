//! Asking upstream before there is a cassette: what anybody could have sent is to make none.

use super::Engine;
use super::fate::{Fate, tell_strange};
use super::record::vet;
use super::tally::count;
use crate::aws::Answer;
use crate::model::{Request, Response};

/// What upstream made of a request that its client signed.
#[derive(Debug)]
pub enum Vetted {
    /// It is an answer to record: the signature was accepted.
    Accepted(Answer),
    /// It is for the client, and not to be recorded.
    Told(Response),
}

impl Engine {
    /// Sends `request` upstream as its client signed it, and records nothing. What is accepted is to be handed to
    /// [`Self::answer_with`] of the engine that records it, and counted there.
    pub async fn vet(&self, request: &Request) -> Vetted {
        let Some(recorder) = &self.recorder else { return Vetted::Told(self.answer(request.clone()).await) };
        let tally = &self.shared.tally;
        match vet(&self.shared, recorder, request).await {
            Ok((answer, _, Fate::Keep)) => Vetted::Accepted(answer),
            Ok((answer, call, fate)) => {
                count(&tally.requests);
                match fate {
                    Fate::Strange => tell_strange(&self.shared, recorder, &call, &answer),
                    Fate::Keep | Fate::PassOn => tally.passed_on(&call, &answer),
                }
                Vetted::Told(answer.into())
            }
            Err(error) => {
                count(&tally.requests);
                tally.failed(&error);
                tracing::warn!("{}", error.explained());
                Vetted::Told(error.to_response())
            }
        }
    }
}
