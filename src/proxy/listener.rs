//! The listening socket: binding with errors that help, accepting within the cap, stopping gracefully.

use super::connection::{self, Reception};
use super::entrance;
use super::farewell;
use super::refusal::Refusal;
use super::rescue;
use super::translate::House;
use super::{Answer, ProxyError};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

/// How long requests in flight have to finish once the proxy is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long to leave a socket alone that can't accept (out of file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many clients over the cap are told so at once; more are dropped.
const MOST_TURNED_AWAY: usize = 32;

/// Binds `listen`, which must be loopback unless `allow_remote`.
pub(super) async fn bind(listen: SocketAddr, allow_remote: bool) -> Result<TcpListener, ProxyError> {
    if !allow_remote && !listen.ip().is_loopback() {
        return Err(ProxyError::NotLoopback { listen });
    }
    TcpListener::bind(listen).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ProxyError::InUse { listen },
        _ => ProxyError::Bind { listen, source },
    })
}

/// Accepts until `stopping` changes, then waits for what is in flight, then drops the rest.
pub(super) async fn accept<A: Answer>(
    listener: TcpListener,
    house: Arc<House<A>>,
    mut stopping: watch::Receiver<bool>,
) {
    let limits = &house.gate.limits;
    let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let turned_away = Arc::new(Semaphore::new(MOST_TURNED_AWAY));
    let full = Arc::new(rescue::raw(&Refusal::Connections { limit: limits.connections }));
    let mut connections = JoinSet::new();
    let (serving, on_stop) = watch::channel(false);
    let builder = Arc::new(connection::builder(limits));
    let reception = Reception { house: Arc::clone(&house), builder, stopping: on_stop };
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        if let Err(error) = stream.set_nodelay(true) {
                            tracing::debug!(%error, "no TCP_NODELAY");
                        }
                        connections.spawn(entrance::welcome(stream, place, reception.clone()));
                    }
                    Err(_) => turn_away(stream, &turned_away, &full),
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(ended) = connections.join_next() => note(ended),
            _ = stopping.changed() => break,
        }
    }
    // In this order: a client that finds its connection ended must not get a new one.
    drop(listener);
    drop(serving);
    if tokio::time::timeout(GRACE, async {
        while let Some(ended) = connections.join_next().await {
            note(ended)
        }
    })
    .await
    .is_err()
    {
        tracing::warn!(connections = connections.len(), "requests were still in flight; dropping them");
        connections.shutdown().await;
    }
}

/// Tells a client over the cap that the house is full, without waiting for it here.
fn turn_away(stream: TcpStream, turned_away: &Arc<Semaphore>, full: &Arc<Vec<u8>>) {
    tracing::warn!("a connection over the limit was refused");
    let Ok(place) = Arc::clone(turned_away).try_acquire_owned() else { return };
    let full = Arc::clone(full);
    tokio::spawn(async move {
        farewell::say(stream, &full).await;
        drop(place);
    });
}

/// A panic ends its own connection and nothing else.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "answering a request panicked; its connection was dropped");
    }
}
