//! A client's stream in which every byte passes the head scanner before hyper sees it.

use super::deadlines::Deadlines;
use super::error_response::to_http_bytes;
use super::head_scanner::{HeadScanner, RefusedHead};
use super::linger_close::linger_close;
use super::refusal::Refusal;
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

/// What HTTP comes over: a socket, or TLS on one.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> ByteStream for S {}

/// The stream of one connection, with its permit among the connections allowed.
pub(super) struct GuardedStream<S: ByteStream> {
    /// `None` only while it is dropped.
    stream: Option<S>,
    permit: Option<OwnedSemaphorePermit>,
    scanner: HeadScanner,
    deadlines: Arc<Deadlines>,
    /// Why no more is read.
    refusal: Option<Refusal>,
    /// Whether the refusal is still to be sent: every earlier request has its response.
    has_pending_refusal: bool,
    /// The reader that waits for earlier answers before the refusal.
    waiting: Option<Waker>,
}

impl<S: ByteStream> GuardedStream<S> {
    pub(super) fn new(
        stream: S,
        permit: OwnedSemaphorePermit,
        scanner: HeadScanner,
        deadlines: Arc<Deadlines>,
    ) -> Self {
        Self {
            stream: Some(stream),
            permit: Some(permit),
            scanner,
            deadlines,
            refusal: None,
            has_pending_refusal: false,
            waiting: None,
        }
    }

    /// The end of reading after a refused head. While earlier requests wait for their answers there is just nothing more to
    /// read; the reader is woken when an answer has left.
    fn refuse(&mut self, context: &Context<'_>) -> Poll<std::io::Result<()>> {
        if !self.deadlines.is_answered() {
            self.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.has_pending_refusal = true;
        Poll::Ready(Err(Error::other("the head was refused")))
    }

    fn final_response(&self) -> Option<Vec<u8>> {
        if let Some(limit) = self.deadlines.expired_head_limit() {
            return Some(to_http_bytes(&Refusal::SlowHead { limit }));
        }
        if self.has_pending_refusal {
            return self.refusal.as_ref().map(to_http_bytes);
        }
        self.deadlines.is_refused().then(Vec::new)
    }
}

impl<S: ByteStream> AsyncRead for GuardedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if this.refusal.is_some() {
            return this.refuse(context);
        }
        let Some(stream) = this.stream.as_mut() else { return Poll::Ready(Ok(())) };
        let before = buffer.filled().len();
        ready!(Pin::new(stream).poll_read(context, buffer))?;

        let fresh = buffer.filled().get(before..).unwrap_or_default();
        let Err(RefusedHead { passed, refusal }) = this.scanner.scan(fresh) else {
            this.deadlines.note_head(this.scanner.is_in_head());
            return Poll::Ready(Ok(()));
        };
        tracing::debug!(%refusal, "head refused");
        this.deadlines.note_head(false);
        this.refusal = Some(refusal);
        buffer.set_filled(before + passed);
        if passed > 0 { Poll::Ready(Ok(())) } else { this.refuse(context) }
    }
}

impl<S: ByteStream> AsyncWrite for GuardedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let this = &mut *self;
        let Some(stream) = this.stream.as_mut() else { return Poll::Ready(Ok(0)) };
        let written = Pin::new(stream).poll_write(context, bytes);
        if written.is_pending() {
            this.deadlines.write_blocked();
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let this = &mut *self;
        let Some(stream) = this.stream.as_mut() else { return Poll::Ready(Ok(0)) };
        let written = Pin::new(stream).poll_write_vectored(context, slices);
        if written.is_pending() {
            this.deadlines.write_blocked();
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        let Some(stream) = this.stream.as_mut() else { return Poll::Ready(Ok(())) };
        let flushed = Pin::new(stream).poll_flush(context);
        if flushed.is_ready() {
            this.deadlines.write_flushed();
            // hyper flushes at every turn: waking it before the answer has left would make it spin.
            if this.deadlines.is_answered()
                && let Some(reader) = this.waiting.take()
            {
                reader.wake();
            }
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        match this.stream.as_mut() {
            // The refusal is still to be sent; the stream ends after that.
            Some(stream) if !this.has_pending_refusal => Pin::new(stream).poll_shutdown(context),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: ByteStream> Drop for GuardedStream<S> {
    /// hyper drops the socket on an error without a response. Here the client gets one, and the connection keeps its permit until
    /// the client has read it or its time is up.
    fn drop(&mut self) {
        let Some(response) = self.final_response() else { return };
        let (Some(stream), Ok(runtime)) = (self.stream.take(), Handle::try_current()) else { return };
        let permit = self.permit.take();
        runtime.spawn(async move {
            linger_close(stream, &response).await;
            drop(permit);
        });
    }
}
