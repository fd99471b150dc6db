//! The clients: one thread, a connection each, one request at a time.

use crate::script::{Step, token};
use crate::shared::child::{cpu_time, cpu_time_of};
use crate::shared::sample;
use crate::shared::wire::{extent, is_good};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many wrong answers a client tells of.
const TOLD: usize = 2;

/// What to do.
pub(crate) struct Plan {
    pub(crate) addr: SocketAddr,
    pub(crate) scripts: Arc<Vec<Vec<Step>>>,
    pub(crate) clients: usize,
    pub(crate) time: Duration,
    /// The server's process, to see what it costs there.
    pub(crate) server: u32,
    /// Whether each answer must be that of the session's history; else it must only be a good one.
    pub(crate) knows_sessions: bool,
}

/// What came out.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) requests: usize,
    /// Scripts that were walked to their end.
    pub(crate) runs: usize,
    pub(crate) wrong: usize,
    pub(crate) mistakes: Vec<String>,
    /// Bytes of an answer's body, the mean.
    pub(crate) bytes: f64,
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

/// Connects all clients, and has them walk their scripts for as long as planned.
pub(crate) fn run(plan: Plan) -> Outcome {
    let plan = Arc::new(plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut clients = Vec::new();
        for number in 0..plan.clients {
            clients.push(Client::connect(Arc::clone(&plan), number).await);
        }
        let (begun, here, there) = (Instant::now(), cpu_time(), cpu_time_of(plan.server));
        let walking: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.walk(begun + plan.time))).collect();
        let mut walked = Vec::new();
        for client in walking {
            walked.push(client.await.unwrap());
        }
        let passed = begun.elapsed();
        outcome(walked, passed, cpu_time_of(plan.server) - there, cpu_time() - here)
    })
}

fn outcome(clients: Vec<Client>, passed: Duration, there: Duration, here: Duration) -> Outcome {
    let mut latencies: Vec<u32> = clients.iter().flat_map(|client| client.latencies.iter().copied()).collect();
    latencies.sort_unstable();
    let at = |share: usize| f64::from(latencies.get(latencies.len() * share / 100).copied().unwrap_or_default());
    let (count, seconds) = (latencies.len() as f64, passed.as_secs_f64());
    Outcome {
        requests: latencies.len(),
        runs: clients.iter().map(|client| client.runs).sum(),
        wrong: clients.iter().map(|client| client.wrong).sum(),
        bytes: clients.iter().map(|client| client.bytes).sum::<usize>() as f64 / count,
        rate: count / seconds,
        median: at(50),
        tail: at(99),
        cost: there.as_secs_f64() * 1e6 / count,
        server_busy: there.as_secs_f64() / seconds,
        load_busy: here.as_secs_f64() / seconds,
        mistakes: clients.into_iter().flat_map(|client| client.mistakes).take(10).collect(),
    }
}

struct Client {
    plan: Arc<Plan>,
    number: usize,
    stream: TcpStream,
    received: Vec<u8>,
    /// Of every answer, in microseconds.
    latencies: Vec<u32>,
    bytes: usize,
    runs: usize,
    wrong: usize,
    mistakes: Vec<String>,
}

impl Client {
    async fn connect(plan: Arc<Plan>, number: usize) -> Self {
        let stream = TcpStream::connect(plan.addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let received = Vec::with_capacity(16 * 1024);
        Self {
            plan,
            number,
            stream,
            received,
            latencies: Vec::new(),
            bytes: 0,
            runs: 0,
            wrong: 0,
            mistakes: Vec::new(),
        }
    }

    /// Walks the script until `end`, and the begun one to its end; each time the session begins anew.
    async fn walk(mut self, end: Instant) -> Self {
        let plan = Arc::clone(&self.plan);
        let script = plan.scripts.get(self.number % plan.scripts.len()).unwrap();
        while Instant::now() < end {
            if plan.knows_sessions {
                self.reset().await;
            }
            for (at, step) in script.iter().enumerate() {
                self.asks(at, step).await;
            }
            self.runs += 1;
        }
        self
    }

    async fn reset(&mut self) {
        let request = format!(
            "POST /_ramtape/sessions/{}/reset HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
            self.session(),
            self.plan.addr
        );
        self.exchange(request.as_bytes()).await;
    }

    fn session(&self) -> String {
        format!("s{:04}", self.number)
    }

    /// Sends the request of `step`, a page's with the token that the answer before had, and holds the answer to the recorded one.
    async fn asks(&mut self, at: usize, step: &Step) {
        let mut body = step.body.clone();
        if let (true, Some(recorded), true) = (step.is_next_page, token(&step.body), self.plan.knows_sessions) {
            match std::str::from_utf8(self.body()).ok().and_then(token) {
                Some(token) => body = body.replace(recorded, token),
                None => return self.tell(at, step),
            }
        }
        let path = format!("/~{}{}", self.session(), step.path);
        let request = String::from_utf8(sample::request(&path, &body, &self.plan.addr.to_string())).unwrap();
        // With the id of another it would be a retry.
        let own = format!("amz-sdk-invocation-id: {:04}-{:04}-{at:02}-", self.number, self.runs);
        let request = request.replace("amz-sdk-invocation-id: ", &own);
        let asked = Instant::now();
        self.exchange(request.as_bytes()).await;
        self.latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        let size = self.body().len();
        self.bytes += size;
        if self.plan.knows_sessions && !is_same(self.body(), &step.answer) {
            self.tell(at, step);
        }
    }

    fn tell(&mut self, at: usize, step: &Step) {
        self.wrong += 1;
        if self.mistakes.len() < TOLD {
            let got = String::from_utf8_lossy(self.body());
            let mistake = format!("{} run {} step {at}: {} got {got}", self.session(), self.runs, step.body);
            self.mistakes.push(mistake);
        }
    }

    /// The body of the latest answer.
    fn body(&self) -> &[u8] {
        extent(&self.received).and_then(|(_, begin)| self.received.get(begin..)).unwrap_or_default()
    }

    /// Sends `request` and receives the answer whole.
    async fn exchange(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.received.clear();
        loop {
            let count = self.stream.read_buf(&mut self.received).await.unwrap();
            assert!(count > 0, "the connection ended");
            if extent(&self.received).is_some_and(|(end, _)| self.received.len() >= end) {
                break;
            }
        }
        assert!(is_good(&self.received), "{}", String::from_utf8_lossy(&self.received));
    }
}

/// Whether an answer is the recorded one, byte for byte but for the page token, which must be in the same place.
fn is_same(answer: &[u8], recorded: &str) -> bool {
    let Ok(answer) = std::str::from_utf8(answer) else { return false };
    match (token(answer), token(recorded)) {
        (None, None) => answer == recorded,
        (Some(own), Some(theirs)) => {
            let (begin, end) = recorded.split_once(theirs).unwrap_or_default();
            answer.strip_prefix(begin).and_then(|rest| rest.strip_prefix(own)) == Some(end)
        }
        _ => false,
    }
}
