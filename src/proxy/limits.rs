//! What a client may ask of the proxy.

use std::time::Duration;

/// Bounds on what a client can make ramtape hold or wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub request_body: usize,
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
    /// Most tunnels at once.
    pub tunnels: usize,
    /// How long one tunnel may last.
    pub tunnel_time: Duration,
}
