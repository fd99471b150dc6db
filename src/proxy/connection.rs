//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, under a watchdog.

use super::Answer;
use super::gate::Entry;
use super::head::HeadScanner;
use super::limits::Limits;
use super::pulse::{Pulse, Verdict};
use super::translate::{self, House};
use super::wire::{Stream, Wire};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// hyper's side of the limits. The times are [`Pulse`]'s, which tells a slow head from an idle connection.
pub(super) fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    /// hyper asks for at least this much; a larger head than allowed has been refused before it fills.
    const MIN_BUFFER: usize = 64 * 1024;
    /// Streams that a client may open and reset before it is taken for an attack.
    const PENDING_RESETS: usize = 20;

    /// As many fields as hyper takes unless it is told otherwise; with the place for them on the stack, not in two
    /// allocations a request.
    const USUAL_FIELDS: usize = 100;

    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(limits.header_bytes.saturating_mul(2).max(MIN_BUFFER));
    // Fewer are refused before hyper sees them.
    if limits.header_count > USUAL_FIELDS {
        builder.http1().max_headers(limits.header_count);
    }
    builder
        .http2()
        .max_concurrent_streams(limits.http2_streams)
        .max_header_list_size(u32::try_from(limits.header_bytes.saturating_mul(2)).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(PENDING_RESETS);
    builder
}

/// What every connection needs.
pub(super) struct Reception<A> {
    pub(super) house: Arc<House<A>>,
    pub(super) builder: Arc<auto::Builder<TokioExecutor>>,
    /// Closes when the proxy stops.
    pub(super) stopping: watch::Receiver<bool>,
}

impl<A> Clone for Reception<A> {
    fn clone(&self) -> Self {
        let Self { house, builder, stopping } = self;
        Self { house: Arc::clone(house), builder: Arc::clone(builder), stopping: stopping.clone() }
    }
}

/// Serves `stream` until either side ends it, `stopping` closes and its requests are answered, or its time is up.
pub(super) async fn serve<A: Answer>(
    stream: impl Stream,
    permit: OwnedSemaphorePermit,
    reception: Reception<A>,
    entry: Entry,
) {
    let Reception { house, builder, mut stopping } = reception;
    let limits = &house.gate.limits;
    let pulse = Arc::new(Pulse::new(limits));
    let scanner = HeadScanner::new(limits.header_bytes, limits.header_count);
    let wire = Wire::new(stream, permit, scanner, Arc::clone(&pulse));
    let service = service_fn(|request| {
        let (house, entry) = (Arc::clone(&house), entry.clone());
        // In flight from here on, not from the future's first poll: hyper reads on in between.
        let in_flight = Arc::clone(&pulse).request();
        async move { Ok::<_, Infallible>(translate::serve(&house, &entry, in_flight, request).await) }
    });
    let mut served = pin!(builder.serve_connection(TokioIo::new(wire), service));
    let mut watchdog = pin!(tokio::time::sleep(pulse.until_next_look()));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error, "connection broke");
                }
                return;
            }
            () = watchdog.as_mut() => {
                let wait = match pulse.verdict() {
                    Verdict::Wait(wait) => wait,
                    Verdict::Retire => {
                        served.as_mut().graceful_shutdown();
                        pulse.until_next_look()
                    }
                    Verdict::Cut => return,
                };
                watchdog.as_mut().reset(Instant::now() + wait);
            }
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
