//! A guard does not depend on the runtime of the test.

use super::list;
use ramtape::Ramtape;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use tokio::runtime;

const CASSETTE: &str = "cassettes/quickstart";

/// Lists shares, and blocks the thread meanwhile.
fn list_blocking(tape: &Ramtape) {
    let authority = tape.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let body = r#"{"resourceOwner":"SELF","maxResults":5}"#;
    write!(
        stream,
        "POST /getresourceshares HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=ramtape/20261122/us-east-1/ram/aws4_request, \
         SignedHeaders=host, Signature={}\r\n\r\n{body}",
        body.len(),
        "0".repeat(64),
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn it_answers_while_the_test_blocks_its_only_thread() {
    let tape = Ramtape::replay(CASSETTE).start().await.unwrap();
    list_blocking(&tape);
    assert_eq!(tape.stop().await.unwrap().replayed, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_answers_while_the_test_blocks_its_worker() {
    let blocking = async {
        let tape = Ramtape::replay(CASSETTE).start().await.unwrap();
        list_blocking(&tape);
        assert_eq!(tape.stop().await.unwrap().replayed, 1);
    };
    tokio::spawn(blocking).await.unwrap();
}

#[test]
fn it_outlives_the_runtime_that_started_it() {
    let of_one_test = || runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tape = of_one_test().block_on(Ramtape::replay(CASSETTE).start()).unwrap();
    for _ in 0..2 {
        assert_eq!(of_one_test().block_on(list(&tape.sdk_config())).len(), 10);
    }
    of_one_test().block_on(tape.stop()).unwrap();
}

#[test]
fn it_needs_no_runtime_of_tokio() {
    let tape = block_on(Ramtape::replay(CASSETTE).start()).unwrap();
    list_blocking(&tape);
    assert_eq!(block_on(tape.stop()).unwrap().replayed, 1);
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_nothing() {
    let start = Ramtape::replay(CASSETTE).start();
    // One poll only.
    assert!(matches!(pin!(start).poll(&mut Context::from_waker(Waker::noop())), Poll::Pending | Poll::Ready(Ok(_))));
}

/// The smallest executor that there is.
fn block_on<T>(task: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = pin!(task);
    loop {
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
