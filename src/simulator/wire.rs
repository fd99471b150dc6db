//! A connection that can be made to misbehave below HTTP.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a connection does instead of writing the response.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A TCP reset.
    Reset,
    /// These bytes, then the end.
    Replace(Bytes),
}

/// The next act of a connection: its HTTP layer sets it, its socket follows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(Arc<Mutex<Option<Act>>>);

impl Script {
    pub(super) fn set(&self, act: Act) {
        *self.0.lock() = Some(act);
    }
}

/// A socket that does what its script says.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    script: Script,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, script: Script) -> Self {
        Self { stream, script }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, script } = self.get_mut();
        let stream = Pin::new(stream);
        match script.0.lock().as_mut() {
            None => stream.poll_write(context, buffer),
            Some(Act::Reset) => {
                stream.set_zero_linger()?;
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Some(Act::Replace(bytes)) => {
                ready!(replace(stream, context, bytes))?;
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn replace(mut stream: Pin<&mut TcpStream>, context: &mut Context<'_>, bytes: &mut Bytes) -> Poll<io::Result<()>> {
    while !bytes.is_empty() {
        let written = ready!(stream.as_mut().poll_write(context, bytes))?;
        bytes.advance(written);
    }
    stream.poll_shutdown(context)
}
