//! What the program relies on: every value checked, nothing optional that has a default.

use crate::interaction::Secret;
use crate::service::Service;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// When to record and when to replay, with the meanings VCR gave the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum RecordMode {
    /// Replay only. Upstream is never asked.
    None,
    /// Record if the cassette is empty or absent when ramtape starts, else replay only.
    Once,
    /// Replay what was there when ramtape started, record what was not.
    NewEpisodes,
    /// Ask upstream for everything and record it anew.
    All,
}

/// Which page cuts a replay serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PagesMode {
    /// The cut that was recorded, whatever page size is asked for.
    Recorded,
}

/// Bounds on what a client or upstream can make ramtape hold or wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub request_body: usize,
    /// Largest answer of upstream, in bytes.
    pub response_body: usize,
    /// Largest request head, in bytes.
    pub header_bytes: usize,
    /// Most header fields in a request.
    pub header_count: usize,
    /// How long a client may take to send a request's head.
    pub header_time: Duration,
    /// How long a connection may stay without a request.
    pub idle_time: Duration,
    /// How long one request may take, from its head to the end of its answer.
    pub total_time: Duration,
    /// Most connections at once.
    pub connections: usize,
    /// Most concurrent streams of one HTTP/2 connection.
    pub http2_streams: u32,
}

/// Where and how to ask the real service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// `--upstream`: a base URL (`http` or `https`) instead of the region's public endpoint.
    pub url: Option<String>,
    /// The profile whose credentials sign; else the default chain.
    pub profile: Option<String>,
    /// More trusted roots: `AWS_CA_BUNDLE`, a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// How long to wait for a connection.
    pub connect_time: Duration,
    /// How long to wait for a whole answer.
    pub answer_time: Duration,
}

/// Everything a proxy needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The cassette's folder.
    pub cassette: PathBuf,
    /// The record mode.
    pub mode: RecordMode,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be other than loopback.
    pub allow_remote: bool,
    /// Names besides loopback that a `Host` header may carry.
    pub allowed_hosts: Vec<String>,
    /// Region of requests that name none.
    pub region: String,
    /// The capability key; made anew at every start unless `RAMTAPE_KEY` fixes it.
    pub key: Secret,
    /// Whether callers need no proof.
    pub allow_any_client: bool,
    /// Whether throttling, faults and authentication errors are recorded too.
    pub record_errors: bool,
    /// Whether writes are refused while recording.
    pub read_only: bool,
    /// Which page cuts are served.
    pub pages: PagesMode,
    /// Upstream.
    pub upstream: UpstreamConfig,
    /// The limits.
    pub limits: Limits,
    /// The operation table, the user's additions included.
    pub service: Arc<Service>,
}
