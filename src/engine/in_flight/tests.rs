//! Work that is shared, remembered, and left.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
use super::*;
use crate::cassette::TakeHead;
use crate::engine::pagination::chains::Chain;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::sync::atomic::{AtomicUsize, Ordering};

fn key(invocation: &str) -> InFlightKey {
    let reason = SharingReason::Invocation(invocation.to_owned());
    InFlightKey { session: None, fingerprint: Fingerprint::hash("x"), token: None, signer: None, reason }
}

fn answer(n: usize) -> Response {
    Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(n.to_string()) }
}

/// Work that waits for `go`, counts itself and answers with its number.
async fn count(counter: Arc<AtomicUsize>, mut go: watch::Receiver<bool>, is_final: bool) -> SharedOutcome {
    go.wait_for(|go| *go).await.unwrap();
    SharedOutcome {
        outcome: Ok(answer(counter.fetch_add(1, Ordering::SeqCst))),
        is_recorded: false,
        is_final,
        follow_up: None,
    }
}

#[tokio::test]
async fn a_retry_joins_what_is_in_flight_and_then_gets_what_landed() {
    let (in_flight, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    let first = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let retry = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let other = in_flight.join(vec![key("b")], |_| count(Arc::clone(&counter), gate.clone(), true));
    let starts = async { go.send_replace(true) };
    let (first, retry, other, _) = tokio::join!(first, retry, other, starts);
    assert_eq!(first.unwrap().response.body, retry.unwrap().response.body);
    other.unwrap();
    let late = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)).await;
    late.unwrap();
    assert_eq!(counter.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_passing_fault_is_asked_again() {
    let (in_flight, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (_go, gate) = watch::channel(true);
    for n in 0..3 {
        let outcome = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), false)).await;
        assert_eq!(outcome.unwrap().response.body, n.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_after_the_answer_is_out_asks_anew() {
    let (in_flight, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (_go, gate) = watch::channel(true);
    for n in 0..2000 {
        let outcome = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), false)).await;
        assert_eq!(outcome.unwrap().response.body, n.to_string());
    }
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_the_work() {
    let (in_flight, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    {
        let mut leaving = Box::pin(in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate.clone(), true)));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(leaving.as_mut().poll(cx).is_pending())).await);
    }
    go.send_replace(true);
    let retry = in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)).await;
    assert_eq!(retry.unwrap().response.body, "0");
    assert_eq!(counter.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_in_flight_can_be_awaited() {
    let (in_flight, counter) = (InFlightRequests::default(), Arc::new(AtomicUsize::new(0)));
    let (go, gate) = watch::channel(false);
    assert_eq!(in_flight.settle(Duration::ZERO).await, 0);
    let mut waiting = Box::pin(in_flight.join(vec![key("a")], |_| count(Arc::clone(&counter), gate, true)));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
    drop(waiting);
    assert_eq!(in_flight.settle(Duration::from_millis(1)).await, 1);
    go.send_replace(true);
    assert_eq!(in_flight.settle(Duration::from_secs(60)).await, 0);
    assert_eq!(counter.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn work_that_dies_is_said_to_have_died_and_frees_its_keys() {
    let in_flight = InFlightRequests::default();
    let dies = async { std::panic::resume_unwind(Box::new("gone")) };
    let outcome = in_flight.join(vec![key("a")], |_| dies).await;
    assert!(matches!(*outcome.unwrap_err(), EngineError::Interrupted));
    assert!(in_flight.table().in_flight.is_empty());
}

#[tokio::test]
async fn work_knows_whether_anybody_waits() {
    let in_flight = InFlightRequests::default();
    let (tell, told) = tokio::sync::oneshot::channel();
    let (go, mut gate) = watch::channel(false);
    let work = |waiters: Waiters| async move {
        tell.send(waiters).unwrap();
        gate.wait_for(|go| *go).await.unwrap();
        SharedOutcome { outcome: Ok(answer(0)), is_recorded: false, is_final: false, follow_up: None }
    };
    let mut one = Box::pin(in_flight.join(vec![key("a")], work));
    let waiters = tokio::select! {
        _ = &mut one => None,
        waiters = told => waiters.ok(),
    };
    let waiters = waiters.unwrap();
    let mut other = Box::pin(in_flight.join(vec![key("a")], |_| async {
        SharedOutcome { outcome: Ok(answer(1)), is_recorded: false, is_final: false, follow_up: None }
    }));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(other.as_mut().poll(cx).is_pending())).await);
    drop(one);
    assert!(waiters.is_anybody());
    drop(other);
    assert!(!waiters.is_anybody());
    go.send_replace(true);
    assert_eq!(in_flight.settle(Duration::from_secs(60)).await, 0);
}

/// A page that is stored; which one does not matter here.
fn kept() -> StoredPage {
    let head = TakeHead { complete: true, ..TakeHead::default() };
    let chain = Arc::new(tokio::sync::Mutex::new(Chain::new(head, Vec::new(), "")));
    StoredPage { chain, position: 0, upstream_token: None, took: Duration::ZERO }
}

#[tokio::test]
async fn a_read_of_ones_own_shares_and_a_retry_is_the_same_read() {
    let in_flight = InFlightRequests::default();
    let read = || InFlightKey { reason: SharingReason::Read { max_results: None, epoch: 0 }, ..key("") };
    let (go, mut gate) = watch::channel(false);
    let first = in_flight.join(vec![key("a"), read()], |_| async move {
        gate.wait_for(|go| *go).await.unwrap();
        SharedOutcome {
            outcome: Ok(answer(0)),
            is_recorded: false,
            is_final: true,
            follow_up: Some(FollowUp::StoreAgain(kept())),
        }
    });
    let nothing =
        |_| async { SharedOutcome { outcome: Ok(answer(1)), is_recorded: false, is_final: true, follow_up: None } };
    let other = in_flight.join(vec![key("b"), read()], nothing);
    let retry = in_flight.join(vec![key("a"), read()], nothing);
    let others_retry = in_flight.join(vec![key("b"), read()], nothing);
    let starts = async { go.send_replace(true) };
    let (first, other, retry, others_retry, _) = tokio::join!(first, other, retry, others_retry, starts);
    let shares = [first, other, retry, others_retry].map(|joined| joined.unwrap().follow_up.is_some());
    assert_eq!(shares, [false, true, false, false]);
    // Whoever shared may have lost the answer too.
    let late = in_flight.join(vec![key("b"), read()], nothing).await.unwrap();
    assert_eq!((late.response.body, late.follow_up.is_some()), (Bytes::from("0"), false));
    let anew = in_flight.join(vec![key("c"), read()], nothing).await.unwrap();
    assert_eq!(anew.response.body, "1");
    assert!(in_flight.table().in_flight.is_empty() && in_flight.table().keys.is_empty());
}
