//! Requests on their way upstream: who asks the same thing while one is in flight shares its answer, and a client's retry
//! gets the answer its first attempt got.

use super::error::EngineError;
use crate::fingerprint::Fingerprint;
use crate::interaction::Response;
use crate::token::TokenKey;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How many answers are kept for retries.
const REMEMBERED: usize = 512;
/// How many bytes of bodies are kept for retries; the latest answer is kept whatever its size.
const REMEMBERED_BYTES: usize = 32 * 1024 * 1024;

/// An answer, or why there is none; shared by all who wait for it.
pub(super) type Outcome = Result<Response, Arc<EngineError>>;

/// What makes two requests one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub(super) session: Option<String>,
    pub(super) fingerprint: Fingerprint,
    pub(super) token: Option<TokenKey>,
    /// The access key id, where the request keeps its signature: its answer has other tokens, and is nobody else's.
    pub(super) signer: Option<String>,
    pub(super) same: Same,
}

/// Why they are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Same {
    /// The same attempt of an SDK, by its `amz-sdk-invocation-id`.
    Invocation(String),
    /// The same read, with no write of the session begun in between.
    Read { max_results: Option<u32>, epoch: u64 },
}

/// An answer and whether a retry may be given it: an SDK retries what throttling refused, and must reach upstream then.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) outcome: Outcome,
    pub(super) final_answer: bool,
}

/// The requests in flight, and the answers of those that landed.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    board: Arc<Mutex<Board>>,
    /// How many are in flight.
    flying: Arc<watch::Sender<usize>>,
}

#[derive(Debug, Default)]
struct Board {
    /// Receivers are held by those who wait, and by nobody else.
    in_flight: HashMap<FlightKey, watch::Sender<Option<Outcome>>>,
    answered: HashMap<FlightKey, Response>,
    order: VecDeque<FlightKey>,
    /// Of all answers remembered.
    bytes: usize,
}

impl Board {
    fn remember(&mut self, key: FlightKey, answer: Response) {
        self.bytes += answer.body.len();
        if let Some(earlier) = self.answered.insert(key.clone(), answer) {
            self.bytes -= earlier.body.len();
        } else {
            self.order.push_back(key);
        }
        while self.order.len() > 1 && (self.order.len() > REMEMBERED || self.bytes > REMEMBERED_BYTES) {
            let oldest = self.order.pop_front().and_then(|oldest| self.answered.remove(&oldest));
            self.bytes -= oldest.map_or(0, |oldest| oldest.body.len());
        }
    }
}

impl Flights {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything in flight has landed, `limit` at most. Says how many have not.
    pub(super) async fn settle(&self, limit: Duration) -> usize {
        let mut flying = self.flying.subscribe();
        let landed = tokio::time::timeout(limit, flying.wait_for(|flying| *flying == 0)).await;
        if landed.is_ok() { 0 } else { *self.flying.borrow() }
    }

    /// The answer known or on its way under one of `keys`; else that of `work`, which runs to its end even if the client
    /// goes away: what upstream has done must be recorded.
    /// Work that serves the client alone may end before, when its waiters have left.
    pub(super) async fn join<W>(&self, keys: Vec<FlightKey>, work: impl FnOnce(Waiters) -> W) -> Outcome
    where
        W: Future<Output = Landed> + Send + 'static,
    {
        let mut waiting = {
            let mut board = self.board();
            if let Some(answer) = keys.iter().find_map(|key| board.answered.get(key)) {
                return Ok(answer.clone());
            }
            match keys.iter().find_map(|key| board.in_flight.get(key)) {
                Some(land) => land.subscribe(),
                None => {
                    let (land, waiting) = watch::channel(None);
                    for key in &keys {
                        board.in_flight.insert(key.clone(), land.clone());
                    }
                    self.flying.send_modify(|flying| *flying += 1);
                    let flight = Flight { flights: self.clone(), keys };
                    tokio::spawn(flight.fly(work(Waiters(Some(land.clone()))), land));
                    waiting
                }
            }
        };
        match waiting.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) {
            Ok(Some(outcome)) => outcome,
            _ => Err(Arc::new(EngineError::Interrupted)),
        }
    }
}

/// Those who wait for what is on its way. Nobody can leave where it is not for anybody in particular.
#[derive(Debug, Default)]
pub(super) struct Waiters(Option<watch::Sender<Option<Outcome>>>);

impl Waiters {
    /// Whether anybody waits.
    pub(super) fn is_anybody(&self) -> bool {
        self.0.as_ref().is_none_or(|land| !land.is_closed())
    }
}

/// A request on its way. However it ends, its keys are given free.
struct Flight {
    flights: Flights,
    keys: Vec<FlightKey>,
}

impl Flight {
    async fn fly(mut self, work: impl Future<Output = Landed>, land: watch::Sender<Option<Outcome>>) {
        let landed = work.await;
        if let (Ok(answer), true) = (&landed.outcome, landed.final_answer) {
            self.remember(answer);
        }
        // The keys first: whoever asks after the answer is out asks anew.
        self.free_keys();
        land.send_replace(Some(landed.outcome));
    }

    /// Once: the next flight may have taken the same keys by then.
    fn free_keys(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        let mut board = self.flights.board();
        for key in &keys {
            board.in_flight.remove(key);
        }
    }

    fn remember(&self, answer: &Response) {
        let mut board = self.flights.board();
        for key in self.keys.iter().filter(|key| matches!(key.same, Same::Invocation(_))) {
            board.remember(key.clone(), answer.clone());
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.free_keys();
        self.flights.flying.send_modify(|flying| *flying -= 1);
    }
}

#[cfg(test)]
mod tests;
