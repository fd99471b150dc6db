//! Requests on their way upstream: who asks the same thing while one is in flight shares its answer, and a client's retry
//! gets the answer its first attempt got.

use crate::aws::Answer;
use crate::engine::error::EngineError;
use crate::engine::pagination::chains::StoredPage;
use crate::fingerprint::Fingerprint;
use crate::model::Response;
use crate::token::TokenKey;
use lru::LruCache;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many answers are kept for retries.
const MAX_ANSWERS: usize = 512;
/// How many bytes of bodies are kept for retries; the latest answer is kept whatever its size.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// An answer, or why there is none; shared by all who wait for it.
pub(super) type FlightResult = Result<Response, Arc<EngineError>>;

/// What makes two requests one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlightKey {
    pub(super) session: Option<String>,
    pub(super) fingerprint: Fingerprint,
    pub(super) token: Option<TokenKey>,
    /// The access key id, where the request keeps its signature: its answer has other tokens, and is nobody else's.
    pub(super) signer: Option<String>,
    pub(super) reason: SharingReason,
}

/// Why they are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum SharingReason {
    /// The same attempt of an SDK, by its `amz-sdk-invocation-id`.
    Invocation(String),
    /// The same read, with no write of the session begun in between.
    Read { max_results: Option<u32>, epoch: u64 },
}

/// An answer and whether a retry may be given it: an SDK retries what throttling refused, and must reach upstream then.
#[derive(Debug)]
pub(super) struct SharedOutcome {
    pub(super) outcome: FlightResult,
    /// Whether the answer is in the cassette.
    pub(super) is_recorded: bool,
    pub(super) is_final: bool,
    /// What whoever shares it has to do, to be recorded as well.
    pub(super) follow_up: Option<FollowUp>,
}

impl SharedOutcome {
    /// What is the clients' alone: neither recorded nor kept for retries.
    pub(super) const fn passing(outcome: FlightResult) -> Self {
        Self { outcome, is_recorded: false, is_final: false, follow_up: None }
    }
}

/// What became of an answer that several reads share.
#[derive(Clone, Debug)]
pub(super) enum FollowUp {
    /// It is stored, so far for the one alone that asked upstream.
    StoreAgain(StoredPage),
    /// It waits for the end of the run.
    Decide(PendingAnswer),
}

/// An answer of which only the rest of the run can tell whether it is recorded.
#[derive(Clone, Debug)]
pub(super) struct PendingAnswer {
    pub(super) answer: Answer,
    /// The id of the key that its region does not know.
    pub(super) key_id: String,
}

/// What somebody gets who waited for an answer.
#[derive(Clone, Debug)]
pub(super) struct JoinedResponse {
    pub(super) response: Response,
    /// Whether it is in the cassette.
    pub(super) is_recorded: bool,
    /// What to do with it, of a read that shared the answer to another one.
    pub(super) follow_up: Option<FollowUp>,
}

/// What all who wait get.
type SharedResult = Result<JoinedResponse, Arc<EngineError>>;

/// The requests in flight, and the answers of those that landed.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlightRequests {
    table: Arc<Mutex<InFlightTable>>,
    /// How many are in flight.
    running: Arc<watch::Sender<usize>>,
}

#[derive(Debug)]
struct InFlightTable {
    /// Receivers are held by those who wait, and by nobody else.
    in_flight: HashMap<InFlightKey, SharedFlight>,
    /// What each flight is known by.
    keys: HashMap<u64, Vec<InFlightKey>>,
    /// How many flights there were.
    begun: u64,
    answered: LruCache<InFlightKey, Response>,
    /// Of all answers remembered.
    answer_bytes: usize,
}

impl Default for InFlightTable {
    fn default() -> Self {
        Self {
            in_flight: HashMap::new(),
            keys: HashMap::new(),
            begun: 0,
            answered: LruCache::unbounded(),
            answer_bytes: 0,
        }
    }
}

/// A flight that somebody can join.
#[derive(Clone, Debug)]
struct SharedFlight {
    number: u64,
    result: watch::Sender<Option<SharedResult>>,
}

impl InFlightTable {
    /// Has the flight be known by `keys` too.
    fn add_keys(&mut self, flight: &SharedFlight, keys: &[InFlightKey]) {
        for key in keys {
            if !self.in_flight.contains_key(key) {
                self.in_flight.insert(key.clone(), flight.clone());
                self.keys.entry(flight.number).or_default().push(key.clone());
            }
        }
    }

    fn remember(&mut self, key: InFlightKey, answer: Response) {
        self.answer_bytes += answer.body.len();
        let earlier = self.answered.put(key, answer);
        self.answer_bytes -= earlier.map_or(0, |earlier| earlier.body.len());
        while self.answered.len() > 1 && (self.answered.len() > MAX_ANSWERS || self.answer_bytes > MAX_ANSWER_BYTES) {
            let oldest = self.answered.pop_lru();
            self.answer_bytes -= oldest.map_or(0, |(_, oldest)| oldest.body.len());
        }
    }
}

impl InFlightRequests {
    fn table(&self) -> MutexGuard<'_, InFlightTable> {
        self.table.lock()
    }

    /// Waits until everything in flight has landed, `limit` at most. Says how many have not.
    pub(super) async fn settle(&self, limit: Duration) -> usize {
        let mut running = self.running.subscribe();
        let settled = tokio::time::timeout(limit, running.wait_for(|running| *running == 0)).await;
        if settled.is_ok() { 0 } else { *self.running.borrow() }
    }

    /// The answer known or on its way under one of `keys`; else that of `work`, which runs to its end even if the client
    /// goes away: what upstream has done must be recorded.
    /// Work that serves the client alone may end before, when its waiters have left.
    pub(super) async fn join<W>(
        &self,
        keys: Vec<InFlightKey>,
        work: impl FnOnce(Waiters) -> W,
    ) -> Result<JoinedResponse, Arc<EngineError>>
    where
        W: Future<Output = SharedOutcome> + Send + 'static,
    {
        let (mut waiting, shares) = {
            let mut table = self.table();
            if let Some(answer) = keys.iter().find_map(|key| table.answered.peek(key)) {
                // What is kept for retries is final, and that is what was recorded.
                return Ok(JoinedResponse { response: answer.clone(), is_recorded: true, follow_up: None });
            }
            match keys.iter().find_map(|key| Some((key, table.in_flight.get(key)?.clone()))) {
                Some((key, flight)) => {
                    // A retry is the same read; whoever asks by itself is another.
                    let shares = matches!(key.reason, SharingReason::Read { .. });
                    // Its own retries get this answer too.
                    table.add_keys(&flight, &keys);
                    (flight.result.subscribe(), shares)
                }
                None => {
                    let (result, waiting) = watch::channel(None);
                    table.begun += 1;
                    let flight = SharedFlight { number: table.begun, result };
                    table.add_keys(&flight, &keys);
                    let running =
                        RunningRequest { in_flight: self.clone(), number: flight.number, _counted: self.count_one() };
                    tokio::spawn(running.run(work(Waiters(flight.result.clone())), flight.result));
                    (waiting, false)
                }
            }
        };
        match waiting.wait_for(Option::is_some).await.map(|result| result.clone()) {
            Ok(Some(result)) => {
                let joined = result?;
                Ok(JoinedResponse { follow_up: joined.follow_up.filter(|_| shares), ..joined })
            }
            _ => Err(Arc::new(EngineError::Interrupted)),
        }
    }

    /// Runs `work` to its end, whoever waits for it: [`Self::settle`] does.
    pub(super) async fn finish(&self, work: impl Future<Output = ()> + Send + 'static) {
        let counted = self.count_one();
        let work = tokio::spawn(async move {
            work.await;
            drop(counted);
        });
        // One that died has said so.
        let _ = work.await;
    }

    fn count_one(&self) -> Counted {
        self.running.send_modify(|running| *running += 1);
        Counted(Arc::clone(&self.running))
    }
}

/// One of those in flight, until it is dropped.
struct Counted(Arc<watch::Sender<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

/// Those who wait for what is on its way.
#[derive(Debug)]
pub(super) struct Waiters(watch::Sender<Option<SharedResult>>);

impl Waiters {
    /// Whether anybody waits.
    pub(super) fn is_anybody(&self) -> bool {
        !self.0.is_closed()
    }
}

/// A request on its way. However it ends, its keys are given free.
struct RunningRequest {
    in_flight: InFlightRequests,
    number: u64,
    _counted: Counted,
}

impl RunningRequest {
    async fn run(self, work: impl Future<Output = SharedOutcome>, result: watch::Sender<Option<SharedResult>>) {
        let finished = work.await;
        // The keys first: whoever asks after the answer is out asks anew.
        self.release_keys(finished.outcome.as_ref().ok().filter(|_| finished.is_final));
        let SharedOutcome { outcome, is_recorded, follow_up, .. } = finished;
        result.send_replace(Some(outcome.map(|response| JoinedResponse { response, is_recorded, follow_up })));
    }

    /// Gives the keys free; for retries, `answer` is remembered. Only once: the next flight may have taken the same keys by
    /// then.
    fn release_keys(&self, answer: Option<&Response>) {
        let mut table = self.in_flight.table();
        for key in table.keys.remove(&self.number).unwrap_or_default() {
            table.in_flight.remove(&key);
            if let (Some(answer), SharingReason::Invocation(_)) = (answer, &key.reason) {
                table.remember(key, answer.clone());
            }
        }
    }
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        self.release_keys(None);
    }
}

#[cfg(test)]
mod tests;
