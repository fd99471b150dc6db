//! The listening socket: binding with errors that help, accepting within the cap, stopping gracefully.

use super::connection::{ConnectionContext, build_hyper};
use super::error_response::to_http_bytes;
use super::handler::Handler;
use super::linger_close::linger_close;
use super::protocol::serve_connection;
use super::refusal::Refusal;
use super::server_state::ServerState;
use super::settings::ProxyError;
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

/// How many clients over the limit get a response at once; more are dropped.
const MOST_REFUSED: usize = 32;

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
pub(super) async fn accept<A: Handler>(
    listener: TcpListener,
    state: Arc<ServerState<A>>,
    mut stopping: watch::Receiver<bool>,
) {
    let limits = &state.guard.limits;
    let permits = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let being_refused = Arc::new(Semaphore::new(MOST_REFUSED));
    let response = Arc::new(to_http_bytes(&Refusal::Connections { limit: limits.connections }));
    let mut connections = JoinSet::new();
    let (serving, on_stop) = watch::channel(false);
    let builder = Arc::new(build_hyper(limits));
    let context = ConnectionContext { state: Arc::clone(&state), builder, stopping: on_stop };
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match Arc::clone(&permits).try_acquire_owned() {
                    Ok(permit) => {
                        if let Err(error) = stream.set_nodelay(true) {
                            tracing::debug!(%error, "cannot set TCP_NODELAY");
                        }
                        connections.spawn(serve_connection(stream, permit, context.clone()));
                    }
                    Err(_) => refuse_connection(stream, &being_refused, &response),
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(ended) = connections.join_next() => log_panic(ended),
            _ = stopping.changed() => break,
        }
    }
    // In this order: a client that finds its connection ended must not get a new one.
    drop(listener);
    drop(serving);
    if tokio::time::timeout(GRACE, async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended)
        }
    })
    .await
    .is_err()
    {
        tracing::warn!(connections = connections.len(), "requests were still in flight; dropping them");
        connections.shutdown().await;
    }
}

/// Tells a client over the cap that the state is full, without waiting for it here.
fn refuse_connection(stream: TcpStream, being_refused: &Arc<Semaphore>, response: &Arc<Vec<u8>>) {
    tracing::warn!("a connection over the limit was refused");
    let Ok(permit) = Arc::clone(being_refused).try_acquire_owned() else { return };
    let response = Arc::clone(response);
    tokio::spawn(async move {
        linger_close(stream, &response).await;
        drop(permit);
    });
}

/// A panic ends its own connection and nothing else.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "answering a request panicked; its connection was dropped");
    }
}
