//! Detects the protocol of a new connection by its first bytes, and serves it.

use super::connect::{self, is_connect, serve_connect};
use super::connection::{ConnectionContext, serve_http};
use super::error_response::to_http_bytes;
use super::handler::Handler;
use super::linger_close::linger_close;
use super::refusal::Refusal;
use super::request_guard::ConnectionOrigin;
use super::tls::serve_tls;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// The first byte of a TLS record that holds a handshake; no method's name begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves a new connection, or tells its client that the port speaks another protocol.
pub(super) async fn serve_connection<A: Handler>(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    mut context: ConnectionContext<A>,
) {
    // Boxed where it is rare: most futures should stay small.
    match (detect_protocol(&stream, &mut context).await, context.state.tls.is_some()) {
        (Protocol::None, _) => {}
        (Protocol::Http, false) => serve_http(stream, permit, context, ConnectionOrigin::Direct).await,
        (Protocol::Connect, false) => Box::pin(serve_connect(stream, permit, context)).await,
        (Protocol::Tls, true) => Box::pin(serve_tls(stream, permit, context)).await,
        (Protocol::Http | Protocol::Connect, true) => {
            tracing::warn!("a client sent plain HTTP to the TLS port: its endpoint must begin with https://");
            linger_close(stream, &to_http_bytes(&Refusal::PlainOnTls)).await;
        }
        (Protocol::Tls, false) => {
            tracing::warn!(
                "a client used TLS on the plain HTTP port: its endpoint must begin with http://, or ramtape needs --tls"
            );
            // A plain response makes TLS libraries report a wrong version, which is what people search for.
            linger_close(stream, &to_http_bytes(&Refusal::TlsOnPlain)).await;
        }
    }
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// Nothing: it disconnects, sends nothing for too long, or the proxy stops.
    None,
    Http,
    Connect,
    Tls,
}

/// Looks at the first bytes without taking them off the stream.
async fn detect_protocol<A: Handler>(stream: &TcpStream, context: &mut ConnectionContext<A>) -> Protocol {
    let idle_time = context.state.guard.limits.idle_time;
    let mut first = [0; connect::METHOD.len()];
    tokio::select! {
        peeked = tokio::time::timeout(idle_time, stream.peek(&mut first)) => match peeked {
            Ok(Ok(count)) => classify(first.get(..count).unwrap_or_default()),
            _ => Protocol::None,
        },
        _ = context.stopping.changed() => Protocol::None,
    }
}

fn classify(first: &[u8]) -> Protocol {
    match first.first() {
        None => Protocol::None,
        Some(&TLS_HANDSHAKE) => Protocol::Tls,
        Some(_) if is_connect(first) => Protocol::Connect,
        Some(_) => Protocol::Http,
    }
}
