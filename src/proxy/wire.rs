//! A client's stream under watch: every byte passes the head scanner before hyper sees it.

use super::farewell;
use super::head::{HeadScanner, Stop};
use super::pulse::Pulse;
use super::refusal::Refusal;
use super::rescue;
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

/// What HTTP comes over: a socket, or TLS on one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// The stream of one connection, and its place among the connections allowed.
pub(super) struct Wire<S: Stream> {
    /// Gone only once the wire is dropped.
    stream: Option<S>,
    permit: Option<OwnedSemaphorePermit>,
    scanner: HeadScanner,
    pulse: Arc<Pulse>,
    /// Why no more is read.
    refusal: Option<Refusal>,
    /// Whether the refusal is still to be told: every earlier request has its answer.
    is_unsaid: bool,
    /// The reader that waits for earlier answers before the refusal.
    waiting: Option<Waker>,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S, permit: OwnedSemaphorePermit, scanner: HeadScanner, pulse: Arc<Pulse>) -> Self {
        Self {
            stream: Some(stream),
            permit: Some(permit),
            scanner,
            pulse,
            refusal: None,
            is_unsaid: false,
            waiting: None,
        }
    }

    /// The end of reading after a refused head. While earlier requests wait for their answers there is just nothing more to
    /// read; the reader is woken when an answer has left.
    fn refuse(&mut self, context: &Context<'_>) -> Poll<std::io::Result<()>> {
        if !self.pulse.is_answered() {
            self.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.is_unsaid = true;
        Poll::Ready(Err(Error::other("the head was refused")))
    }

    fn last_words(&self) -> Option<Vec<u8>> {
        if let Some(limit) = self.pulse.expired_head() {
            return Some(rescue::raw(&Refusal::SlowHead { limit }));
        }
        if self.is_unsaid {
            return self.refusal.as_ref().map(rescue::raw);
        }
        self.pulse.is_refused().then(Vec::new)
    }
}

impl<S: Stream> AsyncRead for Wire<S> {
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
        let Err(Stop { passed, refusal }) = this.scanner.scan(fresh) else {
            this.pulse.head_is_open(this.scanner.is_in_head());
            return Poll::Ready(Ok(()));
        };
        tracing::debug!(%refusal, "head refused");
        this.pulse.head_is_open(false);
        this.refusal = Some(refusal);
        buffer.set_filled(before + passed);
        if passed > 0 { Poll::Ready(Ok(())) } else { this.refuse(context) }
    }
}

impl<S: Stream> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let this = &mut *self;
        let Some(stream) = this.stream.as_mut() else { return Poll::Ready(Ok(0)) };
        let written = Pin::new(stream).poll_write(context, bytes);
        if written.is_pending() {
            this.pulse.write_blocked();
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
            this.pulse.write_blocked();
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
            this.pulse.write_flushed();
            // hyper flushes at every turn: waking it before the answer has left would make it spin.
            if this.pulse.is_answered()
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
            // There is something left to say; the stream ends after that.
            Some(stream) if !this.is_unsaid => Pin::new(stream).poll_shutdown(context),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: Stream> Drop for Wire<S> {
    /// hyper drops the socket on an error without a word. Here the client is told, and the connection's place stays taken
    /// until it has listened or its time is up.
    fn drop(&mut self) {
        let Some(words) = self.last_words() else { return };
        let (Some(stream), Ok(runtime)) = (self.stream.take(), Handle::try_current()) else { return };
        let permit = self.permit.take();
        runtime.spawn(async move {
            farewell::say(stream, &words).await;
            drop(permit);
        });
    }
}
