//! Requests on their way upstream: who asks the same thing while one is in flight shares its answer, and a client's retry
//! gets the answer its first attempt got.

use crate::engine::error::EngineError;
use crate::engine::pagination::chains::Kept;
use crate::engine::region_errors::PendingAnswer;
use crate::fingerprint::Fingerprint;
use crate::model::Response;
use crate::token::TokenKey;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many answers are kept for retries.
const REMEMBERED: usize = 512;
/// How many bytes of bodies are kept for retries; the latest answer is kept whatever its size.
const REMEMBERED_BYTES: usize = 32 * 1024 * 1024;

/// An answer, or why there is none; state by all who wait for it.
pub(super) type Outcome = Result<Response, Arc<EngineError>>;

/// What makes two requests one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlightKey {
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
pub(super) struct SharedOutcome {
    pub(super) outcome: Outcome,
    pub(super) final_answer: bool,
    /// What whoever shares it has to do, to be recorded as well.
    pub(super) share: Option<Share>,
}

/// What became of an answer that several reads share.
#[derive(Clone, Debug)]
pub(super) enum Share {
    /// It is stored, so far for the one alone that asked upstream.
    Kept(Kept),
    /// It waits for the end of the run.
    PendingAnswer(PendingAnswer),
}

/// What somebody gets who waited for an answer.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) response: Response,
    /// What to do with it, of a read that state the answer to another one.
    pub(super) share: Option<Share>,
}

/// What all who wait are told.
type Told = Result<(Response, Option<Share>), Arc<EngineError>>;

/// The requests in flight, and the answers of those that landed.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlightRequests {
    board: Arc<Mutex<Board>>,
    /// How many are in flight.
    flying: Arc<watch::Sender<usize>>,
}

#[derive(Debug, Default)]
struct Board {
    /// Receivers are held by those who wait, and by nobody else.
    in_flight: HashMap<InFlightKey, Flying>,
    /// What each flight is known by.
    keys: HashMap<u64, Vec<InFlightKey>>,
    /// How many flights there were.
    begun: u64,
    answered: HashMap<InFlightKey, Response>,
    order: VecDeque<InFlightKey>,
    /// Of all answers remembered.
    bytes: usize,
}

/// A flight that somebody can join.
#[derive(Clone, Debug)]
struct Flying {
    number: u64,
    land: watch::Sender<Option<Told>>,
}

impl Board {
    /// Has the flight be known by `keys` too.
    fn know(&mut self, flying: &Flying, keys: &[InFlightKey]) {
        for key in keys {
            if !self.in_flight.contains_key(key) {
                self.in_flight.insert(key.clone(), flying.clone());
                self.keys.entry(flying.number).or_default().push(key.clone());
            }
        }
    }

    fn remember(&mut self, key: InFlightKey, answer: Response) {
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

impl InFlightRequests {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock()
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
    pub(super) async fn join<W>(
        &self,
        keys: Vec<InFlightKey>,
        work: impl FnOnce(Waiters) -> W,
    ) -> Result<Joined, Arc<EngineError>>
    where
        W: Future<Output = SharedOutcome> + Send + 'static,
    {
        let (mut waiting, shares) = {
            let mut board = self.board();
            if let Some(answer) = keys.iter().find_map(|key| board.answered.get(key)) {
                return Ok(Joined { response: answer.clone(), share: None });
            }
            match keys.iter().find_map(|key| Some((key, board.in_flight.get(key)?.clone()))) {
                Some((key, flying)) => {
                    // A retry is the same read; whoever asks by itself is another.
                    let shares = matches!(key.same, Same::Read { .. });
                    // Its own retries get this answer too.
                    board.know(&flying, &keys);
                    (flying.land.subscribe(), shares)
                }
                None => {
                    let (land, waiting) = watch::channel(None);
                    board.begun += 1;
                    let flying = Flying { number: board.begun, land };
                    board.know(&flying, &keys);
                    let flight = Flight { flights: self.clone(), number: flying.number, _counted: self.one_more() };
                    tokio::spawn(flight.fly(work(Waiters(flying.land.clone())), flying.land));
                    (waiting, false)
                }
            }
        };
        match waiting.wait_for(Option::is_some).await.map(|told| told.clone()) {
            Ok(Some(told)) => told.map(|(response, share)| Joined { response, share: share.filter(|_| shares) }),
            _ => Err(Arc::new(EngineError::Interrupted)),
        }
    }
}

impl InFlightRequests {
    /// Runs `work` to its end, whoever waits for it: [`Self::settle`] does.
    pub(super) async fn finish(&self, work: impl Future<Output = ()> + Send + 'static) {
        let counted = self.one_more();
        let work = tokio::spawn(async move {
            work.await;
            drop(counted);
        });
        // One that died has said so.
        let _ = work.await;
    }

    fn one_more(&self) -> Counted {
        self.flying.send_modify(|flying| *flying += 1);
        Counted(Arc::clone(&self.flying))
    }
}

/// One of those in flight, until it is dropped.
struct Counted(Arc<watch::Sender<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|flying| *flying -= 1);
    }
}

/// Those who wait for what is on its way.
#[derive(Debug)]
pub(super) struct Waiters(watch::Sender<Option<Told>>);

impl Waiters {
    /// Whether anybody waits.
    pub(super) fn is_anybody(&self) -> bool {
        !self.0.is_closed()
    }
}

/// A request on its way. However it ends, its keys are given free.
struct Flight {
    flights: InFlightRequests,
    number: u64,
    _counted: Counted,
}

impl Flight {
    async fn fly(self, work: impl Future<Output = SharedOutcome>, land: watch::Sender<Option<Told>>) {
        let landed = work.await;
        // The keys first: whoever asks after the answer is out asks anew.
        self.free_keys(landed.outcome.as_ref().ok().filter(|_| landed.final_answer));
        land.send_replace(Some(landed.outcome.map(|response| (response, landed.share))));
    }

    /// Gives the keys free; for retries, `answer` is remembered. Only once: the next flight may have taken the same keys by
    /// then.
    fn free_keys(&self, answer: Option<&Response>) {
        let mut board = self.flights.board();
        for key in board.keys.remove(&self.number).unwrap_or_default() {
            board.in_flight.remove(&key);
            if let (Some(answer), Same::Invocation(_)) = (answer, &key.same) {
                board.remember(key, answer.clone());
            }
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.free_keys(None);
    }
}

#[cfg(test)]
mod tests;
