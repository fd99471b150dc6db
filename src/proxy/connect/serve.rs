//! Serves a CONNECT request. hyper never sees it: botocore's is HTTP/1.0 without a Host, and the response comes before anything else
//! is read.

use super::policy::ConnectRoute;
use super::target::{ConnectTarget, InvalidTarget};
use super::tunnel::relay;
use crate::proxy::connection::{ConnectionContext, serve_http};
use crate::proxy::error_response::to_connect_bytes;
use crate::proxy::handler::Handler;
use crate::proxy::head_scanner::HeadScanner;
use crate::proxy::host_port::HostPort;
use crate::proxy::linger_close::linger_close;
use crate::proxy::refusal::Refusal;
use crate::proxy::request_guard::ConnectionOrigin;
use crate::proxy::tls::accept_tls;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// How a CONNECT begins.
pub(in crate::proxy) const METHOD: &[u8] = b"CONNECT ";

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Serves a connection that begins with a CONNECT.
pub(in crate::proxy) async fn serve_connect<A: Handler>(
    mut stream: TcpStream,
    permit: OwnedSemaphorePermit,
    context: ConnectionContext<A>,
) {
    let limit = context.state.guard.limits.header_time;
    let target = tokio::time::timeout(limit, read_target(&mut stream, &context)).await;
    let is_local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    let refusal = match target.unwrap_or(Err(Refusal::SlowHead { limit })) {
        Ok(Some(target)) => {
            match context.state.connect_policy.route(&target, &context.state.guard.services, is_local) {
                Ok(ConnectRoute::Intercept) => return intercept(stream, permit, context, target).await,
                Ok(ConnectRoute::Tunnel { configured }) => {
                    return open_tunnel(stream, permit, context, target, configured).await;
                }
                Err(refusal) => {
                    context.state.connect_counters.count_refusal(&target);
                    refusal
                }
            }
        }
        Ok(None) => return,
        Err(refusal) => refusal,
    };
    refuse(stream, &refusal).await;
}

/// Clients show at most the reason of a response to CONNECT; so the text is in the reason, in the body, and in the log.
async fn refuse(stream: TcpStream, refusal: &Refusal) {
    tracing::warn!("refused a client's CONNECT: {refusal}");
    linger_close(stream, &to_connect_bytes(refusal)).await;
}

/// Reads and checks the head. `None` where the client disconnects.
async fn read_target<A: Handler>(
    stream: &mut TcpStream,
    context: &ConnectionContext<A>,
) -> Result<Option<ConnectTarget>, Refusal> {
    let guard = &context.state.guard;
    let mut scanner = HeadScanner::new(guard.limits.header_bytes, guard.limits.header_count);
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
        context.state.key_leak_guard.check_connect(&head)?;
        let head = parse_head(&head, guard.limits.header_count).ok_or(Refusal::BadConnect)?;
        let host = HostPort::parse(&head.target).filter(|host| host.port().is_some()).ok_or(Refusal::BadConnect)?;
        guard.check_connect(&head.fields, head.is_http_10, host)?;
        return head.target.parse().map(Some).map_err(|InvalidTarget| Refusal::BadConnect);
    }
}

/// What a CONNECT request says.
#[derive(Debug)]
struct ConnectHead {
    target: String,
    is_http_10: bool,
    fields: HeaderMap,
}

/// Parses a whole head of at most `max_fields` fields, which the scanner has passed.
fn parse_head(head: &[u8], max_fields: usize) -> Option<ConnectHead> {
    let mut fields = vec![httparse::EMPTY_HEADER; max_fields];
    let mut request = httparse::Request::new(&mut fields);
    if !request.parse(head).ok()?.is_complete() || request.method? != "CONNECT" {
        return None;
    }
    let fields = request.headers.iter().map(|field| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    });
    // One after the other: of equal names each counts.
    let fields = fields.collect::<Option<HeaderMap>>()?;
    Some(ConnectHead { target: request.path?.to_owned(), is_http_10: request.version? == 0, fields })
}

/// Answers as the target host.
async fn intercept<A: Handler>(
    mut stream: TcpStream,
    permit: OwnedSemaphorePermit,
    context: ConnectionContext<A>,
    target: ConnectTarget,
) {
    let config = match &context.state.connect_policy.certificates {
        Some(certificates) => certificates.config_for_host(&target.host).await.map_err(|error| error.to_string()),
        None => Err("there is no certificate authority".to_owned()),
    };
    let config = match config {
        Ok(config) => config,
        Err(reason) => {
            context.state.connect_counters.count_refusal(&target);
            return refuse(stream, &Refusal::NoCertificate { reason }).await;
        }
    };
    if stream.write_all(ESTABLISHED).await.is_err() {
        return;
    }
    let limit = context.state.guard.limits.header_time;
    if let Some(stream) = accept_tls(stream, config, limit, &target.host).await {
        serve_http(stream, permit, context, ConnectionOrigin::Intercepted(target.host.into())).await;
    }
}

/// Connects to the target and passes bytes both ways, unread.
async fn open_tunnel<A: Handler>(
    mut stream: TcpStream,
    permit: OwnedSemaphorePermit,
    mut context: ConnectionContext<A>,
    target: ConnectTarget,
    configured: bool,
) {
    let limits = context.state.guard.limits.clone();
    let Some(connector) = &context.state.connect_policy.connector else {
        return refuse(stream, &Refusal::NothingLeaves { target }).await;
    };
    let Ok(_tunnel) = context.state.tunnels.try_acquire() else {
        return refuse(stream, &Refusal::TunnelCounts { limit: limits.tunnels }).await;
    };
    let outside = match connector.connect(&target, configured).await {
        Ok(outside) => outside,
        Err(source) => {
            context.state.connect_counters.count_refusal(&target);
            return refuse(stream, &Refusal::Unreachable { target, source }).await;
        }
    };
    context.state.connect_counters.count_tunnel();
    tracing::info!("opened a tunnel to {target}");
    if stream.write_all(ESTABLISHED).await.is_ok() {
        relay(stream, outside, &limits, &mut context.stopping).await;
    }
    drop(permit);
}

/// Whether the first bytes of a connection are those of a CONNECT, as far as they have come.
pub(in crate::proxy) fn is_connect(first: &[u8]) -> bool {
    !first.is_empty() && METHOD.starts_with(first.get(..METHOD.len()).unwrap_or(first))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn real_heads_are_read() {
        let boto = include_bytes!("../../../tests/fixtures/wire/boto-connect.raw");
        let rust = include_bytes!("../../../tests/fixtures/wire/rust-connect.raw");
        for (head, is_http_10, fields) in [(&boto[..], true, 0), (rust, false, 1)] {
            assert!(is_connect(head));
            let parsed = parse_head(head, 4).unwrap();
            assert_eq!(parsed.target, "ram.us-east-1.amazonaws.com:443");
            assert_eq!((parsed.is_http_10, parsed.fields.len()), (is_http_10, fields));
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
            "CONNECT a:1 HTTP/1.1\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\ne:5",
        ] {
            assert!(parse_head(format!("{head}\r\n\r\n").as_bytes(), 4).is_none(), "{head:?}");
        }
    }

    #[test]
    fn a_method_is_known_by_its_first_bytes() {
        for yes in ["C", "CONN", "CONNECT ", "CONNECT ram"] {
            assert!(is_connect(yes.as_bytes()), "{yes}");
        }
        for no in ["", "G", "COPY", "CONNECTED", "connect "] {
            assert!(!is_connect(no.as_bytes()), "{no}");
        }
    }
}
