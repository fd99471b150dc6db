//! Ending a connection so that its client can read why.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// How long a client may go on sending before its connection is gone.
const LINGER: Duration = Duration::from_secs(1);

/// Writes `words`, ends the stream, and swallows what the client still sends, for a bounded time: to close a socket with
/// unread bytes resets the connection, and the client may never see the answer.
pub(super) async fn say(mut stream: TcpStream, words: &[u8]) {
    let said = async {
        if !words.is_empty() {
            stream.writable().await?;
            // A few hundred bytes into an empty buffer: they fit, and where they don't nobody is reading.
            stream.try_write(words)?;
        }
        poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
        swallow(&stream).await
    };
    match tokio::time::timeout(LINGER, said).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "client left first"),
        Err(_) => tracing::trace!("client kept sending"),
    }
}

async fn swallow(stream: &TcpStream) -> std::io::Result<()> {
    let mut sink = [0; 4096];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut sink) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
