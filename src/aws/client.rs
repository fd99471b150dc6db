//! One HTTP client for all of upstream: sends a request, reads the answer whole within its limits.

use super::answer::{Answer, keep_end_to_end};
use super::content_encoding::{Coding, accept_gzip};
use super::error::{Phase, UpstreamError};
use super::http_failure::{classify, is_connect_timeout};
use super::https::{HttpVersions, HttpsPool, build_pool};
use super::resolve::Resolver;
use super::roots::Roots;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time and size limits of one request and its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExchangeLimits {
    pub(super) connect_time: Duration,
    pub(super) answer_time: Duration,
    pub(super) body: usize,
}

/// The HTTP client for upstream: connection pool, limits, and a count of connections.
#[derive(Debug)]
pub(super) struct Client {
    pool: HttpsPool<Full<Bytes>>,
    limits: ExchangeLimits,
    /// The local ends of the connections that carried a request: each is a connection of its own.
    used: Mutex<HashSet<SocketAddr>>,
    /// How many requests were sent, whatever came of them.
    requests: AtomicU64,
}

impl Client {
    /// Reads the system's roots: not for an async thread.
    pub(super) fn build(
        roots: &Roots,
        limits: ExchangeLimits,
        resolver: Resolver,
        protocols: HttpVersions,
    ) -> Result<Self, rustls::Error> {
        let pool = build_pool(roots, limits.connect_time, resolver, protocols)?;
        Ok(Self { pool, limits, used: Mutex::default(), requests: AtomicU64::new(0) })
    }

    /// How many connections carried at least one request.
    pub(super) fn connections(&self) -> u64 {
        self.used.lock().len() as u64
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends `request` and reads the answer.
    pub(super) async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, UpstreamError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let connection = capture_connection(&mut request);
        let asked_for_gzip = accept_gzip(request.headers());
        let is_head = request.method() == Method::HEAD;
        let limit = self.limits.answer_time;
        let exchange = async {
            let started = Instant::now();
            let response = self.answer_head(request, connection.clone(), &host).await?;
            let (status, mut headers) = (response.status(), response.headers().clone());
            let coding = Coding::detect(asked_for_gzip, &headers, &host)?;
            let body = decoded(coding, self.read(response, &host).await?, self.limits.body, &host).await?;
            headers.remove(CONTENT_ENCODING);
            // HEAD's answer tells the length of a body that does not come with it.
            let told_length = headers.get(CONTENT_LENGTH).filter(|_| is_head).cloned();
            keep_end_to_end(&mut headers);
            headers.extend(told_length.map(|length| (CONTENT_LENGTH, length)));
            Ok(Answer { status, headers, body, elapsed: started.elapsed() })
        };
        let answer = tokio::time::timeout(limit, exchange).await;
        self.count(&connection);
        answer.unwrap_or(Err(UpstreamError::TimedOut { host, phase: Phase::Answer, limit }))
    }

    /// Waits for the answer's head; for a connection, TLS included, no longer than its own limit.
    async fn answer_head(
        &self,
        request: Request<Full<Bytes>>,
        mut connection: CaptureConnection,
        host: &str,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let limit = self.limits.connect_time;
        let late = || UpstreamError::TimedOut { host: host.to_owned(), phase: Phase::Connect, limit };
        let not_connected = async {
            if tokio::time::timeout(limit, connection.wait_for_connection_metadata()).await.is_ok() {
                std::future::pending().await
            }
        };
        tokio::select! {
            biased;
            head = self.pool.request(request) => head.map_err(|error| {
                if is_connect_timeout(&error) { late() } else { classify(&error, host) }
            }),
            () = not_connected => Err(late()),
        }
    }

    async fn read(&self, response: Response<Incoming>, host: &str) -> Result<Bytes, UpstreamError> {
        let limit = self.limits.body;
        let too_large = || UpstreamError::TooLarge { host: host.to_owned(), limit };
        let announced = Body::size_hint(response.body()).lower();
        if announced > limit as u64 && !response.body().is_end_stream() {
            return Err(too_large());
        }
        match Limited::new(response.into_body(), limit).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
            Err(_) => Err(UpstreamError::HalfBody { host: host.to_owned() }),
        }
    }

    fn count(&self, connection: &CaptureConnection) {
        let mut extensions = http::Extensions::new();
        if let Some(connected) = connection.connection_metadata().as_ref() {
            connected.get_extras(&mut extensions);
        }
        if let Some(info) = extensions.get::<HttpInfo>() {
            self.used.lock().insert(info.local_addr());
        }
    }
}

/// The body without its coding.
async fn decoded(coding: Coding, body: Bytes, limit: usize, host: &str) -> Result<Bytes, UpstreamError> {
    if coding == Coding::Identity {
        return Ok(body);
    }
    let name = host.to_owned();
    let decoded = tokio::task::spawn_blocking(move || coding.decode(body, limit, &name)).await;
    decoded.unwrap_or_else(|error| Err(UpstreamError::Garbage { host: host.to_owned(), reason: error.to_string() }))
}
