//! A fresh connection: its first byte tells what its client speaks.

use super::Answer;
use super::connection::{self, Reception};
use super::farewell;
use super::handshake;
use super::refusal::Refusal;
use super::rescue;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// The first byte of a TLS record that holds a handshake; no method's name begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves a client in the language that the port speaks, and tells one that speaks another.
pub(super) async fn welcome<A: Answer>(stream: TcpStream, place: OwnedSemaphorePermit, mut reception: Reception<A>) {
    let Some(first) = first_byte(&stream, &mut reception).await else { return };
    match (reception.house.tls.is_some(), first == TLS_HANDSHAKE) {
        (false, false) => connection::serve(stream, place, reception).await,
        // Boxed: most connections are plain, and their futures should stay small.
        (true, true) => Box::pin(handshake::own(stream, place, reception)).await,
        (true, false) => {
            tracing::warn!("a client spoke plain HTTP to the TLS port: its endpoint must begin with https://");
            farewell::say(stream, &rescue::raw(&Refusal::PlainOnTls)).await;
        }
        (false, true) => {
            tracing::warn!(
                "a client spoke TLS to the plain port: its endpoint must begin with http://, or ramtape needs --tls"
            );
            // An answer in clear makes TLS libraries tell of a wrong version, which is what people look for then.
            farewell::say(stream, &rescue::raw(&Refusal::TlsOnPlain)).await;
        }
    }
}

/// The first byte, left where it is; none where the client leaves, says nothing for too long, or the proxy stops.
async fn first_byte<A: Answer>(stream: &TcpStream, reception: &mut Reception<A>) -> Option<u8> {
    let idle_time = reception.house.gate.limits.idle_time;
    let mut first = [0];
    tokio::select! {
        peeked = tokio::time::timeout(idle_time, stream.peek(&mut first)) => match peeked {
            Ok(Ok(1..)) => first.first().copied(),
            _ => None,
        },
        _ = reception.stopping.changed() => None,
    }
}
