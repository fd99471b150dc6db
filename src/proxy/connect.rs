//! CONNECT: a client that takes ramtape for its HTTPS proxy names a host, and gets a tunnel to it, or ramtape in its place.
//!
//! hyper never sees it. botocore's is HTTP/1.0 without a Host; the answer comes before anything else is read.

use super::Answer;
use super::authority::Authority;
use super::connection::{self, Reception};
use super::farewell;
use super::gate::Entry;
use super::handshake;
use super::head::HeadScanner;
use super::passage::{Target, Way};
use super::refusal::Refusal;
use super::rescue;
use super::tunnel;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// How a CONNECT begins.
pub(super) const METHOD: &[u8] = b"CONNECT ";

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Serves a client whose first words are those of a CONNECT.
pub(super) async fn serve<A: Answer>(mut stream: TcpStream, place: OwnedSemaphorePermit, reception: Reception<A>) {
    let limit = reception.house.gate.limits.header_time;
    let asked = tokio::time::timeout(limit, ask(&mut stream, &reception)).await;
    let is_local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    let refusal = match asked.unwrap_or(Err(Refusal::SlowHead { limit })) {
        Ok(Some(target)) => match reception.house.passage.way(&target, &reception.house.gate.service, is_local) {
            Ok(Way::Here) => return intercept(stream, place, reception, target).await,
            Ok(Way::Out { configured }) => return pass(stream, place, reception, target, configured).await,
            Err(refusal) => {
                reception.house.traffic.refused(&target);
                refusal
            }
        },
        Ok(None) => return,
        Err(refusal) => refusal,
    };
    refuse(stream, &refusal).await;
}

/// Clients show the reason, if anything, of an answer to CONNECT; so the words are in both places, and in the log.
async fn refuse(stream: TcpStream, refusal: &Refusal) {
    tracing::warn!("refused a client's CONNECT: {refusal}");
    farewell::say(stream, &rescue::to_connect(refusal)).await;
}

/// Reads the head and checks it: the target, or nothing where the client left.
async fn ask<A: Answer>(stream: &mut TcpStream, reception: &Reception<A>) -> Result<Option<Target>, Refusal> {
    let gate = &reception.house.gate;
    let mut scanner = HeadScanner::new(gate.limits.header_bytes, gate.limits.header_count);
    let mut head = Vec::new();
    loop {
        let before = head.len();
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return Ok(None),
        }
        scanner.scan(head.get(before..).unwrap_or_default()).map_err(|stop| stop.refusal)?;
        // Its end may have begun in what came before.
        let from = before.saturating_sub(END_OF_HEAD.len() - 1);
        let Some(end) = memchr::memmem::find(head.get(from..).unwrap_or_default(), END_OF_HEAD) else { continue };
        let end = from + end;
        if head.len() > end + END_OF_HEAD.len() {
            return Err(Refusal::EarlyBytes);
        }
        reception.house.watch.check_connect(&head)?;
        let (target, version_10, fields) = parse(head.get(..end).unwrap_or_default()).ok_or(Refusal::BadConnect)?;
        let authority = Authority::parse(target).filter(|authority| authority.port().is_some());
        let authority = authority.ok_or(Refusal::BadConnect)?;
        gate.check_connect(&fields, version_10, authority)?;
        return target.parse().map(Some).map_err(|()| Refusal::BadConnect);
    }
}

/// Target, whether the version is 1.0, and the fields of a head that the scanner has passed.
fn parse(head: &[u8]) -> Option<(&str, bool, HeaderMap)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (Some("CONNECT"), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let version_10 = match version {
        "HTTP/1.0" => true,
        "HTTP/1.1" => false,
        _ => return None,
    };
    let mut fields = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = HeaderValue::from_str(value.trim_matches([' ', '\t'])).ok()?;
        fields.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some((target, version_10, fields))
}

/// The tunnel ends here: inside it ramtape is the host.
async fn intercept<A: Answer>(
    mut stream: TcpStream,
    place: OwnedSemaphorePermit,
    reception: Reception<A>,
    target: Target,
) {
    let shown = match &reception.house.passage.keeper {
        Some(keeper) => keeper.only(&target.host).await.map_err(|error| error.to_string()),
        None => Err("there is no certificate authority".to_owned()),
    };
    let config = match shown {
        Ok(config) => config,
        Err(reason) => {
            reception.house.traffic.refused(&target);
            return refuse(stream, &Refusal::NoCertificate { reason }).await;
        }
    };
    if stream.write_all(ESTABLISHED).await.is_err() {
        return;
    }
    let limit = reception.house.gate.limits.header_time;
    if let Some(stream) = handshake::greet(stream, config, limit, &target.host).await {
        connection::serve(stream, place, reception, Entry::Intercepted(target.host.into())).await;
    }
}

/// The tunnel goes on to its target; what it carries is not looked at.
async fn pass<A: Answer>(
    mut stream: TcpStream,
    place: OwnedSemaphorePermit,
    mut reception: Reception<A>,
    target: Target,
    configured: bool,
) {
    let limits = reception.house.gate.limits.clone();
    let Some(outward) = &reception.house.passage.outward else {
        return refuse(stream, &Refusal::NothingLeaves { target }).await;
    };
    let Ok(_tunnel) = reception.house.tunnels.try_acquire() else {
        return refuse(stream, &Refusal::Tunnels { limit: limits.tunnels }).await;
    };
    let outside = match outward.connect(&target, configured).await {
        Ok(outside) => outside,
        Err(reason) => {
            reception.house.traffic.refused(&target);
            return refuse(stream, &Refusal::Unreachable { target, reason }).await;
        }
    };
    reception.house.traffic.opened();
    tracing::info!("a tunnel to {target}");
    if stream.write_all(ESTABLISHED).await.is_ok() {
        tunnel::carry(stream, outside, &limits, &mut reception.stopping).await;
    }
    drop(place);
}

/// Whether the first bytes of a connection are those of a CONNECT, as far as they have come.
pub(super) fn begins(first: &[u8]) -> bool {
    !first.is_empty() && METHOD.starts_with(first.get(..METHOD.len()).unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_heads_are_read() {
        let boto = include_bytes!("../../tests/fixtures/wire/boto-connect.raw");
        let rust = include_bytes!("../../tests/fixtures/wire/rust-connect.raw");
        for (head, version_10, fields) in [(&boto[..], true, 0), (rust, false, 1)] {
            assert!(begins(head));
            let parsed = head
                .strip_suffix(END_OF_HEAD)
                .and_then(parse)
                .map(|(target, version, fields)| (target, version, fields.len()));
            assert_eq!(parsed, Some(("ram.us-east-1.amazonaws.com:443", version_10, fields)));
        }
    }

    #[test]
    fn what_is_no_connect_is_not_read() {
        for head in [
            "CONNECT a:1",
            "CONNECT  a:1 HTTP/1.1",
            "CONNECT a:1 HTTP/1.1 ",
            "CONNECT a:1 HTTP/2.0",
            "connect a:1 HTTP/1.1",
            "COPY a:1 HTTP/1.1",
            "CONNECT a:1 HTTP/1.1\r\nno colon",
            "CONNECT a:1 HTTP/1.1\r\nbad name: 1",
            "CONNECT a:1 HTTP/1.1\r\nHost : a:1",
        ] {
            assert!(parse(head.as_bytes()).is_none(), "{head:?}");
        }
    }

    #[test]
    fn a_method_is_known_by_its_first_bytes() {
        for yes in ["C", "CONN", "CONNECT ", "CONNECT ram"] {
            assert!(begins(yes.as_bytes()), "{yes}");
        }
        for no in ["", "G", "COPY", "CONNECTED", "connect "] {
            assert!(!begins(no.as_bytes()), "{no}");
        }
    }
}
