//! The load: one thread, many connections, each with one request at a time.

use crate::shared::child::{cpu_time, cpu_time_of};
use crate::shared::sample::Kind;
use crate::shared::wire::{extent, is_good};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many connections there are.
pub(crate) const CONNECTIONS: usize = 32;

/// The distance from one request's number to the next: a prime, so that the cassette is asked all over.
const STRIDE: usize = 7919;

/// What to do.
pub(crate) struct Plan {
    pub(crate) addr: SocketAddr,
    pub(crate) kind: Kind,
    pub(crate) takes: usize,
    pub(crate) time: Duration,
    /// Whether the server answers everything alike.
    pub(crate) is_fixed: bool,
    /// The server's process, to see what it costs there.
    pub(crate) server: u32,
}

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Microseconds from request to whole answer: the median, and what 99 of 100 stay below.
    pub(crate) median: f64,
    pub(crate) tail: f64,
    /// Microseconds of processor time that the server took for one request.
    pub(crate) cost: f64,
    /// How busy one core was with the server, and with the load, from 0 to 1.
    pub(crate) server_busy: f64,
    pub(crate) load_busy: f64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, median, tail, cost, server_busy, load_busy } = self;
        write!(f, "{rate} {median} {tail} {cost} {server_busy} {load_busy}")
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [rate, median, tail, cost, server_busy, load_busy] => {
                Ok(Self { rate, median, tail, cost, server_busy, load_busy })
            }
            _ => Err(line.to_owned()),
        }
    }
}

/// Asks for everything once, checking every byte, then for as long as planned.
pub(crate) fn run(plan: &Plan) -> Outcome {
    let host = plan.addr.to_string();
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..plan.takes).map(|n| plan.kind.request(n, &host)).collect());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (addr, kind, time, is_fixed) = (plan.addr, plan.kind, plan.time, plan.is_fixed);
    runtime.block_on(async {
        let mut checking = Vec::new();
        for place in 0..CONNECTIONS {
            let requests = Arc::clone(&requests);
            checking.push(tokio::spawn(async move {
                let mut client = Client::connect(addr).await;
                client.check(&requests, |number| kind.answer(if is_fixed { 0 } else { number }), place).await;
                client
            }));
        }
        let mut clients = Vec::new();
        for checked in checking {
            clients.push(checked.await.unwrap());
        }
        let (begun, before, before_there) = (Instant::now(), cpu_time(), cpu_time_of(plan.server));
        let mut connections = Vec::new();
        for (place, client) in clients.into_iter().enumerate() {
            let requests = Arc::clone(&requests);
            connections.push(tokio::spawn(async move { client.hurry(&requests, place, time).await }));
        }
        let mut latencies = Vec::new();
        for connection in connections {
            latencies.append(&mut connection.await.unwrap());
        }
        let (passed, here) = (begun.elapsed(), cpu_time() - before);
        outcome(latencies, passed, cpu_time_of(plan.server) - before_there, here)
    })
}

fn outcome(mut latencies: Vec<Duration>, passed: Duration, there: Duration, here: Duration) -> Outcome {
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 100).unwrap().as_secs_f64() * 1e6;
    let count = latencies.len() as f64;
    let passed = passed.as_secs_f64();
    Outcome {
        rate: count / passed,
        median: at(50),
        tail: at(99),
        cost: there.as_secs_f64() * 1e6 / count,
        server_busy: there.as_secs_f64() / passed,
        load_busy: here.as_secs_f64() / passed,
    }
}

struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::with_capacity(16 * 1024) }
    }

    /// Sends its share of the requests and compares the answers with what they should be.
    async fn check(&mut self, requests: &[Vec<u8>], answer: impl Fn(usize) -> String, place: usize) {
        for (number, request) in requests.iter().enumerate().skip(place).step_by(CONNECTIONS) {
            let body = self.ask(request).await;
            assert!(self.received.get(body..) == Some(answer(number).as_bytes()), "a wrong answer to {number}");
        }
    }

    async fn hurry(mut self, requests: &[Vec<u8>], place: usize, time: Duration) -> Vec<Duration> {
        let mut latencies = Vec::with_capacity(1 << 14);
        let mut number = place * requests.len() / CONNECTIONS;
        let end = Instant::now() + time;
        loop {
            let asked = Instant::now();
            if asked >= end {
                return latencies;
            }
            self.ask(requests.get(number % requests.len()).unwrap()).await;
            latencies.push(asked.elapsed());
            number += STRIDE;
        }
    }

    /// Sends `request`, receives the answer whole, and tells where its body begins.
    async fn ask(&mut self, request: &[u8]) -> usize {
        self.stream.write_all(request).await.unwrap();
        self.received.clear();
        let (end, body) = loop {
            let count = self.stream.read_buf(&mut self.received).await.unwrap();
            assert!(count > 0, "the connection ended");
            if let Some(extent) = extent(&self.received) {
                break extent;
            }
        };
        while self.received.len() < end {
            assert!(self.stream.read_buf(&mut self.received).await.unwrap() > 0, "the connection ended");
        }
        assert!(is_good(&self.received), "{}", String::from_utf8_lossy(&self.received));
        body
    }
}
