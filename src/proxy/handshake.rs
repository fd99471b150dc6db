//! TLS between client and ramtape.

use super::Answer;
use super::connection::{self, Reception};
use super::gate::Entry;
use rustls::{AlertDescription, ServerConfig};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Serves a client of the TLS port.
pub(super) async fn own<A: Answer>(stream: TcpStream, place: OwnedSemaphorePermit, reception: Reception<A>) {
    let Some(tls) = &reception.house.tls else { return };
    let config = match tls.keeper.server(&tls.hosts).await {
        Ok(config) => config,
        Err(error) => return tracing::error!("no TLS: {error}"),
    };
    let limit = reception.house.gate.limits.header_time;
    if let Some(stream) = greet(stream, config, limit, &tls.shown()).await {
        connection::serve(stream, place, reception, Entry::Direct).await;
    }
}

/// Shakes hands as a server of `host`, within `limit`.
pub(super) async fn greet(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    limit: Duration,
    host: &str,
) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(limit, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) if is_distrust(&error) => {
            tracing::warn!(
                "a client does not trust ramtape's certificate for {host}; `ramtape ca` tells what to set: {error}"
            );
            None
        }
        // A look whether the port is open, most often.
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            tracing::debug!("a client left before TLS for {host}");
            None
        }
        Ok(Err(error)) => {
            tracing::warn!("no TLS with a client for {host}: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("no TLS with a client for {host}: its handshake took longer than {limit:?}");
            None
        }
    }
}

/// Whether the client said that it does not know who signed.
fn is_distrust(error: &io::Error) -> bool {
    let alert = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(
        alert,
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown
        ))
    )
}
