//! Ending a connection so that its client can read why.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long a client may go on sending before its connection is gone.
const LINGER: Duration = Duration::from_secs(1);

/// Writes `words`, ends the stream, and swallows what the client still sends, for a bounded time: to close a socket with
/// unread bytes resets the connection, and the client may never see the answer.
pub(super) async fn say(mut stream: impl AsyncRead + AsyncWrite + Unpin, words: &[u8]) {
    let said = async {
        stream.write_all(words).await?;
        stream.shutdown().await?;
        swallow(&mut stream).await
    };
    match tokio::time::timeout(LINGER, said).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "client left first"),
        Err(_) => tracing::trace!("client kept sending"),
    }
}

async fn swallow(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<()> {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
