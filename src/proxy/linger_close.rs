//! Closes a connection so that its client can read the response.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long a client may go on sending before its connection is gone.
const LINGER: Duration = Duration::from_secs(1);

/// Writes `response`, shuts the stream down, and discards what the client still sends, for a bounded time: closing a socket with
/// unread bytes resets the connection, and the client may never see the response.
pub(super) async fn linger_close(mut stream: impl AsyncRead + AsyncWrite + Unpin, response: &[u8]) {
    let closed = async {
        stream.write_all(response).await?;
        stream.shutdown().await?;
        discard_input(&mut stream).await
    };
    match tokio::time::timeout(LINGER, closed).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "client disconnected first"),
        Err(_) => tracing::trace!("client kept sending"),
    }
}

async fn discard_input(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<()> {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
