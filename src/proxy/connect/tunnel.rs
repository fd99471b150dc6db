//! A tunnel: bytes both ways, for a bounded time.

use crate::proxy::limits::Limits;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Room for bytes on their way.
const BUFFER: usize = 16 * 1024;

/// Passes bytes between `inside` and `outside` until both have ended, nothing has moved for the idle time, the tunnel's time
/// is up, or `stopping` closes.
pub(super) async fn relay(
    inside: TcpStream,
    outside: TcpStream,
    limits: &Limits,
    stopping: &mut watch::Receiver<bool>,
) {
    let moved = AtomicU64::new(0);
    let (mut from_inside, mut to_inside) = inside.into_split();
    let (mut from_outside, mut to_outside) = outside.into_split();
    let both = async {
        let out = copy(&mut from_inside, &mut to_outside, &moved);
        let back = copy(&mut from_outside, &mut to_inside, &moved);
        tokio::try_join!(out, back)
    };
    let ended = tokio::select! {
        ended = both => ended.map(drop).map_err(|error| error.to_string()),
        () = wait_until_idle(&moved, limits.idle_time) => Err(format!("no bytes passed for {:?}", limits.idle_time)),
        () = tokio::time::sleep(limits.tunnel_time) => Err(format!("it lasted {:?}", limits.tunnel_time)),
        _ = stopping.changed() => Ok(()),
    };
    if let Err(reason) = ended {
        tracing::debug!("ended a tunnel: {reason}");
    }
}

/// Copies to the end, and ends the other side then.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    moved: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
        moved.fetch_add(1, Ordering::Relaxed);
    }
}

/// Ends when nothing has moved for `limit`, looking twice in that time.
async fn wait_until_idle(moved: &AtomicU64, limit: Duration) {
    let (mut before, mut still) = (moved.load(Ordering::Relaxed), 0);
    while still < 2 {
        tokio::time::sleep(limit / 2).await;
        let now = moved.load(Ordering::Relaxed);
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
}
