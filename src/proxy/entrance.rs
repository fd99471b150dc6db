//! A fresh connection: its first bytes tell what its client speaks.

use super::Answer;
use super::connect;
use super::connection::{self, Reception};
use super::farewell;
use super::gate::Entry;
use super::handshake;
use super::refusal::Refusal;
use super::rescue;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// The first byte of a TLS record that holds a handshake; no method's name begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves a client in the language that the port speaks, and tells one that speaks another.
pub(super) async fn welcome<A: Answer>(stream: TcpStream, place: OwnedSemaphorePermit, mut reception: Reception<A>) {
    // Boxed where most connections do not come: their futures should stay small.
    match (speech(&stream, &mut reception).await, reception.house.tls.is_some()) {
        (Speech::Nothing, _) => {}
        (Speech::Http, false) => connection::serve(stream, place, reception, Entry::Direct).await,
        (Speech::Connect, false) => Box::pin(connect::serve(stream, place, reception)).await,
        (Speech::Tls, true) => Box::pin(handshake::own(stream, place, reception)).await,
        (Speech::Http | Speech::Connect, true) => {
            tracing::warn!("a client spoke plain HTTP to the TLS port: its endpoint must begin with https://");
            farewell::say(stream, &rescue::raw(&Refusal::PlainOnTls)).await;
        }
        (Speech::Tls, false) => {
            tracing::warn!(
                "a client spoke TLS to the plain port: its endpoint must begin with http://, or ramtape needs --tls"
            );
            // An answer in clear makes TLS libraries tell of a wrong version, which is what people look for then.
            farewell::say(stream, &rescue::raw(&Refusal::TlsOnPlain)).await;
        }
    }
}

/// What a client begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    /// It leaves, says nothing for too long, or the proxy stops.
    Nothing,
    Http,
    Connect,
    Tls,
}

/// What the first bytes tell; they are left where they are.
async fn speech<A: Answer>(stream: &TcpStream, reception: &mut Reception<A>) -> Speech {
    let idle_time = reception.house.gate.limits.idle_time;
    let mut first = [0; connect::METHOD.len()];
    tokio::select! {
        peeked = tokio::time::timeout(idle_time, stream.peek(&mut first)) => match peeked {
            Ok(Ok(count)) => of(first.get(..count).unwrap_or_default()),
            _ => Speech::Nothing,
        },
        _ = reception.stopping.changed() => Speech::Nothing,
    }
}

fn of(first: &[u8]) -> Speech {
    match first.first() {
        None => Speech::Nothing,
        Some(&TLS_HANDSHAKE) => Speech::Tls,
        Some(_) if connect::begins(first) => Speech::Connect,
        Some(_) => Speech::Http,
    }
}
