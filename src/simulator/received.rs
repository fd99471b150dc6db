//! Remembers received requests, for a test's assertions.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use http::HeaderMap;

/// Older requests are forgotten, so that a long load does not fill the memory; the counts go on.
const MOST: usize = 10_000;

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The operation, where method and path are one's.
    pub operation: Option<&'static str>,
}

/// The latest requests, and how many there were.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    pub(super) connections: u64,
    requests: u64,
    by_operation: BTreeMap<&'static str, u64>,
    latest: VecDeque<Received>,
}

impl RequestLog {
    pub(super) fn note(&mut self, request: Received) {
        self.requests += 1;
        if let Some(operation) = request.operation {
            *self.by_operation.entry(operation).or_default() += 1;
        }
        if self.latest.len() == MOST {
            self.latest.pop_front();
        }
        self.latest.push_back(request);
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn requests_of(&self, operation: &str) -> u64 {
        self.by_operation.get(operation).copied().unwrap_or(0)
    }

    pub(super) fn latest(&self) -> Vec<Received> {
        self.latest.iter().cloned().collect()
    }
}
