//! TLS with clients.

use super::connection::{ConnectionContext, serve_http};
use super::handler::Handler;
use super::request_guard::ConnectionOrigin;
use rustls::{AlertDescription, ServerConfig};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Serves a client of the TLS port.
pub(super) async fn serve_tls<A: Handler>(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    context: ConnectionContext<A>,
) {
    let Some(tls) = &context.state.tls else { return };
    let config = match tls.certificates.config_for_hosts(&tls.hosts).await {
        Ok(config) => config,
        Err(error) => return tracing::error!("cannot serve TLS: {error}"),
    };
    let limit = context.state.guard.limits.header_time;
    if let Some(stream) = accept_tls(stream, config, limit, &tls.host_list()).await {
        serve_http(stream, permit, context, ConnectionOrigin::Direct).await;
    }
}

/// Makes the TLS handshake as the server `host`, within `limit`.
pub(super) async fn accept_tls(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    limit: Duration,
    host: &str,
) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(limit, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) if is_distrust(&error) => {
            tracing::warn!(
                "a client does not trust ramtape's certificate for {host}; `ramtape ca` shows what to set: {error}"
            );
            None
        }
        // Most often a check whether the port is open.
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            tracing::debug!("a client disconnected before the TLS handshake for {host}");
            None
        }
        Ok(Err(error)) => {
            tracing::warn!("the TLS handshake with a client for {host} failed: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("the TLS handshake with a client for {host} took longer than {limit:?}");
            None
        }
    }
}

/// Whether the client rejected the certificate.
fn is_distrust(error: &io::Error) -> bool {
    let alert = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(
        alert,
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown
        ))
    )
}
