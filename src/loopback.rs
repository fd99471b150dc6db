//! The connections of a small server in this process: of the simulated endpoint, and of placebo's files.

use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Has `serve` serve each connection, side by side, until told to stop, or until nobody is left who could tell. Those that are open
/// then are cut off.
pub(crate) async fn serve_connections<Serving: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    mut stopped: oneshot::Receiver<()>,
    serve: impl Fn(TcpStream) -> Serving,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream))),
                // Out of file descriptors, most likely: not to be asked again at once.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}
