//! Work that is state, remembered, and left.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
use super::*;
use crate::cassette::TakeHead;
use crate::engine::pagination::chains::Chain;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::sync::atomic::{AtomicUsize, Ordering};

fn key(invocation: &str) -> InFlightKey {
    let same = Same::Invocation(invocation.to_owned());
    InFlightKey { session: None, fingerprint: Fingerprint::of("x"), token: None, signer: None, same }
}

fn answer(n: usize) -> Response {
    Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(n.to_string()) }
}

/// Work that waits for `go`, counts itself and answers with its number.
async fn count(counter: Arc<AtomicUsize>, mut go: watch::Receiver<bool>, final_answer: bool) -> SharedOutcome {
    go.wait_for(|go| *go).await.unwrap();
    SharedOutcome { outcome: Ok(answer(counter.fetch_add(1, Ordering::SeqCst))), final_answer, share: None }
}

#[tokio::test]
async fn a_retry_joins_what_is_in_flight_and_then_gets_what_landed() {
    let (flights, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    let first = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let retry = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let other = flights.join(vec![key("b")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let starts = async { go.send_replace(true) };
    let (first, retry, other, _) = tokio::join!(first, retry, other, starts);
    assert_eq!(first.unwrap().response.body, retry.unwrap().response.body);
    other.unwrap();
    let late = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)).await;
    late.unwrap();
    assert_eq!(counter.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_passing_fault_is_asked_again() {
    let (flights, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (_go, gate) = watch::channel(true);
    for n in 0..3 {
        let outcome = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), false)).await;
        assert_eq!(outcome.unwrap().response.body, n.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_after_the_answer_is_out_asks_anew() {
    let (flights, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (_go, gate) = watch::channel(true);
    for n in 0..2000 {
        let outcome = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), false)).await;
        assert_eq!(outcome.unwrap().response.body, n.to_string());
    }
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_the_work() {
    let (flights, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    {
        let mut leaving = Box::pin(flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true)));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(leaving.as_mut().poll(cx).is_pending())).await);
    }
    go.send_replace(true);
    let retry = flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)).await;
    assert_eq!(retry.unwrap().response.body, "0");
    assert_eq!(counter.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_in_flight_can_be_awaited() {
    let (flights, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    assert_eq!(flights.settle(Duration::ZERO).await, 0);
    let mut waiting = Box::pin(flights.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
    drop(waiting);
    assert_eq!(flights.settle(Duration::from_millis(1)).await, 1);
    go.send_replace(true);
    assert_eq!(flights.settle(Duration::from_secs(60)).await, 0);
    assert_eq!(counter.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn work_that_dies_is_said_to_have_died_and_frees_its_keys() {
    let flights = InFlightRequests::default();
    let dies = async { std::panic::resume_unwind(Box::new("gone")) };
    let outcome = flights.join(vec![key("a")], |_| dies).await;
    assert!(matches!(*outcome.unwrap_err(), EngineError::Interrupted));
    assert!(flights.board().in_flight.is_empty());
}

#[tokio::test]
async fn work_knows_whether_anybody_waits() {
    let flights = InFlightRequests::default();
    let (tell, told) = tokio::sync::oneshot::channel();
    let (go, mut gate) = watch::channel(false);
    let work = |waiters: Waiters| async move {
        tell.send(waiters).unwrap();
        gate.wait_for(|go| *go).await.unwrap();
        SharedOutcome { outcome: Ok(answer(0)), final_answer: false, share: None }
    };
    let mut one = Box::pin(flights.join(vec![key("a")], work));
    let waiters = tokio::select! {
        _ = &mut one => None,
        waiters = told => waiters.ok(),
    };
    let waiters = waiters.unwrap();
    let mut other = Box::pin(flights.join(vec![key("a")], |_| async {
        SharedOutcome { outcome: Ok(answer(1)), final_answer: false, share: None }
    }));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(other.as_mut().poll(cx).is_pending())).await);
    drop(one);
    assert!(waiters.is_anybody());
    drop(other);
    assert!(!waiters.is_anybody());
    go.send_replace(true);
    assert_eq!(flights.settle(Duration::from_secs(60)).await, 0);
}

/// A page that is stored; which one does not matter here.
fn kept() -> Kept {
    let head = TakeHead { complete: true, ..TakeHead::default() };
    let chain = Arc::new(tokio::sync::Mutex::new(Chain::new(head, Vec::new(), "")));
    Kept { chain, position: 0, upstream_token: None, took: Duration::ZERO }
}

#[tokio::test]
async fn a_read_of_ones_own_shares_and_a_retry_is_the_same_read() {
    let flights = InFlightRequests::default();
    let read = || InFlightKey { same: Same::Read { max_results: None, epoch: 0 }, ..key("") };
    let (go, mut gate) = watch::channel(false);
    let first = flights.join(vec![key("a"), read()], |_| async move {
        gate.wait_for(|go| *go).await.unwrap();
        SharedOutcome { outcome: Ok(answer(0)), final_answer: true, share: Some(Share::Kept(kept())) }
    });
    let nothing = |_| async { SharedOutcome { outcome: Ok(answer(1)), final_answer: true, share: None } };
    let other = flights.join(vec![key("b"), read()], nothing);
    let retry = flights.join(vec![key("a"), read()], nothing);
    let others_retry = flights.join(vec![key("b"), read()], nothing);
    let starts = async { go.send_replace(true) };
    let (first, other, retry, others_retry, _) = tokio::join!(first, other, retry, others_retry, starts);
    let shares = [first, other, retry, others_retry].map(|joined| joined.unwrap().share.is_some());
    assert_eq!(shares, [false, true, false, false]);
    // Whoever state may have lost the answer too.
    let late = flights.join(vec![key("b"), read()], nothing).await.unwrap();
    assert_eq!((late.response.body, late.share.is_some()), (Bytes::from("0"), false));
    let anew = flights.join(vec![key("c"), read()], nothing).await.unwrap();
    assert_eq!(anew.response.body, "1");
    assert!(flights.board().in_flight.is_empty() && flights.board().keys.is_empty());
}
