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
    in_flight: HashMap<FlightKey, watch::Receiver<Option<Outcome>>>,
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
    pub(super) async fn join<W>(&self, keys: Vec<FlightKey>, work: W) -> Outcome
    where
        W: Future<Output = Landed> + Send + 'static,
    {
        let mut waiting = {
            let mut board = self.board();
            if let Some(answer) = keys.iter().find_map(|key| board.answered.get(key)) {
                return Ok(answer.clone());
            }
            match keys.iter().find_map(|key| board.in_flight.get(key)) {
                Some(waiting) => waiting.clone(),
                None => {
                    let (land, waiting) = watch::channel(None);
                    for key in &keys {
                        board.in_flight.insert(key.clone(), waiting.clone());
                    }
                    self.flying.send_modify(|flying| *flying += 1);
                    let flight = Flight { flights: self.clone(), keys };
                    tokio::spawn(flight.fly(work, land));
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
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn key(invocation: &str) -> FlightKey {
        let same = Same::Invocation(invocation.to_owned());
        FlightKey { session: None, fingerprint: Fingerprint::of("x"), token: None, signer: None, same }
    }

    fn answer(n: usize) -> Response {
        Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(n.to_string()) }
    }

    /// Work that waits for `go`, counts itself and answers with its number.
    async fn count(counter: Arc<AtomicUsize>, mut go: watch::Receiver<bool>, final_answer: bool) -> Landed {
        go.wait_for(|go| *go).await.unwrap();
        Landed { outcome: Ok(answer(counter.fetch_add(1, Ordering::SeqCst))), final_answer }
    }

    #[tokio::test]
    async fn a_retry_joins_what_is_in_flight_and_then_gets_what_landed() {
        let (flights, counter) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (go, gate) = watch::channel(false);
        let first = flights.join(vec![key("a")], count(Arc::clone(&counter), gate.clone(), true));
        let retry = flights.join(vec![key("a")], count(Arc::clone(&counter), gate.clone(), true));
        let other = flights.join(vec![key("b")], count(Arc::clone(&counter), gate.clone(), true));
        let starts = async { go.send_replace(true) };
        let (first, retry, other, _) = tokio::join!(first, retry, other, starts);
        assert_eq!(first.unwrap().body, retry.unwrap().body);
        other.unwrap();
        let late = flights.join(vec![key("a")], count(Arc::clone(&counter), gate, true)).await;
        late.unwrap();
        assert_eq!(counter.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_passing_fault_is_asked_again() {
        let (flights, counter) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (_go, gate) = watch::channel(true);
        for n in 0..3 {
            let outcome = flights.join(vec![key("a")], count(Arc::clone(&counter), gate.clone(), false)).await;
            assert_eq!(outcome.unwrap().body, n.to_string());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_asks_after_the_answer_is_out_asks_anew() {
        let (flights, counter) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (_go, gate) = watch::channel(true);
        for n in 0..2000 {
            let outcome = flights.join(vec![key("a")], count(Arc::clone(&counter), gate.clone(), false)).await;
            assert_eq!(outcome.unwrap().body, n.to_string());
        }
    }

    #[tokio::test]
    async fn a_client_that_leaves_does_not_stop_the_work() {
        let (flights, counter) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (go, gate) = watch::channel(false);
        {
            let mut leaving = Box::pin(flights.join(vec![key("a")], count(Arc::clone(&counter), gate.clone(), true)));
            assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(leaving.as_mut().poll(cx).is_pending())).await);
        }
        go.send_replace(true);
        let retry = flights.join(vec![key("a")], count(Arc::clone(&counter), gate, true)).await;
        assert_eq!(retry.unwrap().body, "0");
        assert_eq!(counter.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_is_in_flight_can_be_awaited() {
        let (flights, counter) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (go, gate) = watch::channel(false);
        assert_eq!(flights.settle(Duration::ZERO).await, 0);
        let mut waiting = Box::pin(flights.join(vec![key("a")], count(Arc::clone(&counter), gate, true)));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
        drop(waiting);
        assert_eq!(flights.settle(Duration::from_millis(1)).await, 1);
        go.send_replace(true);
        assert_eq!(flights.settle(Duration::from_secs(60)).await, 0);
        assert_eq!(counter.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_dies_is_said_to_have_died_and_frees_its_keys() {
        let flights = Flights::default();
        let dies = async { std::panic::resume_unwind(Box::new("gone")) };
        let outcome = flights.join(vec![key("a")], dies).await;
        assert!(matches!(*outcome.unwrap_err(), EngineError::Interrupted));
        assert!(flights.board().in_flight.is_empty());
    }
}
