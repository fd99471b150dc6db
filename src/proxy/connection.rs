//! One HTTP connection: HTTP/1.1, or HTTP/2 with prior knowledge, with its deadlines.

use super::deadlines::{DeadlineAction, Deadlines};
use super::guarded_stream::{ByteStream, GuardedStream};
use super::handle_request::handle_request;
use super::handler::Handler;
use super::head_scanner::HeadScanner;
use super::limits::Limits;
use super::request_guard::ConnectionOrigin;
use super::server_state::ServerState;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// hyper with the limits that it can keep. The times are kept by [`Deadlines`], which tells a slow head from an idle connection.
pub(super) fn build_hyper(limits: &Limits) -> auto::Builder<TokioExecutor> {
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

/// What a connection is served with.
pub(super) struct ConnectionContext<A> {
    pub(super) state: Arc<ServerState<A>>,
    pub(super) builder: Arc<auto::Builder<TokioExecutor>>,
    /// Closes when the proxy stops.
    pub(super) stopping: watch::Receiver<bool>,
}

impl<A> Clone for ConnectionContext<A> {
    fn clone(&self) -> Self {
        let Self { state, builder, stopping } = self;
        Self { state: Arc::clone(state), builder: Arc::clone(builder), stopping: stopping.clone() }
    }
}

/// Serves HTTP on `stream` until either side ends it, the proxy stops and its requests are answered, or a deadline passes.
pub(super) async fn serve_http<A: Handler>(
    stream: impl ByteStream,
    permit: OwnedSemaphorePermit,
    context: ConnectionContext<A>,
    origin: ConnectionOrigin,
) {
    let ConnectionContext { state, builder, mut stopping } = context;
    let limits = &state.guard.limits;
    let deadlines = Arc::new(Deadlines::new(limits));
    let scanner = HeadScanner::new(limits.header_bytes, limits.header_count);
    let stream = GuardedStream::new(stream, permit, scanner, Arc::clone(&deadlines));
    let service = service_fn(|request| {
        let (state, origin) = (Arc::clone(&state), origin.clone());
        // In flight from here on, not from the future's first poll: hyper reads on in between.
        let open_request = Arc::clone(&deadlines).begin_request();
        async move { Ok::<_, Infallible>(handle_request(&state, &origin, open_request, request).await) }
    });
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut timer = pin!(tokio::time::sleep(deadlines.check_interval()));
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
            () = timer.as_mut() => {
                let wait = match deadlines.next_action() {
                    DeadlineAction::Wait(wait) => wait,
                    DeadlineAction::Drain => {
                        served.as_mut().graceful_shutdown();
                        deadlines.check_interval()
                    }
                    DeadlineAction::Close => return,
                };
                timer.as_mut().reset(Instant::now() + wait);
            }
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
