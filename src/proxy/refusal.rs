//! Why the proxy refuses a request, with the message for the client.

use super::connect::ConnectTarget;
use crate::aws::UpstreamError;
use http::StatusCode;
use thiserror::Error;

/// Why a request or a connection is refused. Displays as the message for its client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("the request has no Host header; HTTP/1.1 asks for exactly one")]
    NoHost,
    #[error("the request has more than one Host header")]
    DuplicateHost,
    #[error("the request's host is not a valid name or address with an optional port")]
    BadHost,
    #[error("the request's target names another host than its Host header")]
    HostMismatch,
    #[error(
        "ramtape is a forward proxy only for the endpoints of the services that it records (http://ram.REGION.amazonaws.com; \
         others are added with --service); for other clients, set AWS_ENDPOINT_URL_RAM=http://{listen} instead"
    )]
    NotForwardProxy { listen: std::net::SocketAddr },
    #[error(
        "the path has a session or a key, which ramtape cannot remove for RAM because the client's signature covers \
         it: through a proxy, name the session with the header x-ramtape-session or with AWS_SDK_UA_APP_ID; a key is \
         not needed"
    )]
    PrefixUnderSignature,
    #[error("requests with Transfer-Encoding are not accepted; send the body with a Content-Length")]
    TransferEncoding,
    #[error("the request has more than one Content-Length header")]
    DuplicateContentLength,
    #[error("the request's Content-Length is not a number of bytes that can be sent")]
    BadContentLength,
    #[error("the request has more than one Authorization header")]
    DuplicateAuthorization,
    #[error("the request's Expect header asks for something other than 100-continue")]
    Expectation,
    #[error("the request's body is larger than {limit} bytes (limits.request_body_bytes)")]
    BodyTooLarge { limit: usize },
    #[error("the request's head is larger than {limit} bytes (limits.header_bytes)")]
    HeadTooLarge { limit: usize },
    #[error("the request has more than {limit} header fields (limits.header_count)")]
    TooManyFields { limit: usize },
    #[error("the request's head has a line that ends in LF without CR")]
    BareLineFeed,
    #[error("the request's head has a CR inside a line")]
    BareCarriageReturn,
    #[error("the request's head has a NUL byte")]
    Nul,
    #[error("the request's target has a fragment (#), which no client sends")]
    Fragment,
    #[error("the request's head has a folded header line")]
    FoldedLine,
    #[error("the request's head took longer than {limit:?} (limits.header_time_seconds)")]
    SlowHead { limit: std::time::Duration },
    #[error("the request's body took longer than {limit:?} (limits.total_time_seconds)")]
    SlowBody { limit: std::time::Duration },
    #[error("the answer took longer than {limit:?} (limits.total_time_seconds)")]
    SlowAnswer { limit: std::time::Duration },
    #[error("the request's body ended early")]
    BrokenBody,
    #[error("requests that a browser sends for a web page (Origin or Sec-Fetch-Site header) are not accepted here")]
    BrowserOrigin,
    #[error(
        "the request's host is neither loopback, nor the address that ramtape listens on, nor an allowed name; \
         add it with --allow-host (allowed_hosts in ramtape.toml) if it is meant to reach ramtape"
    )]
    ForeignHost,
    #[error(
        "the request has this proxy's key somewhere other than at the beginning of its path, where it would reach AWS, \
         the cassette or a log; remove it there"
    )]
    MisplacedKey,
    #[error("upstream points back to ramtape itself; check --upstream")]
    Loop,
    #[error("the CONNECT request is not of the form CONNECT host:port HTTP/1.1 with well-formed fields")]
    BadConnect,
    #[error("the client sent bytes after its CONNECT without waiting for the answer")]
    EarlyBytes,
    #[error("CONNECT has to be the first request of its connection, and without TLS")]
    LateConnect,
    #[error("there is no tunnel to {target}: ramtape replays and sends nothing")]
    NothingLeaves { target: ConnectTarget },
    #[error(
        "there is no tunnel to {target}: tunnels go only to AWS hosts by name on port 443, and to hosts that \
         --allow-tunnel names (allowed_tunnels in ramtape.toml)"
    )]
    NoTunnel { target: ConnectTarget },
    #[error("there is no tunnel to {target} for clients on other machines")]
    RemoteTunnel { target: ConnectTarget },
    #[error("{target} cannot be reached: {source}")]
    Unreachable { target: ConnectTarget, source: UpstreamError },
    #[error("ramtape has no certificate to show: {reason}")]
    NoCertificate { reason: String },
    #[error("all {limit} tunnels are in use (limits.tunnels)")]
    TunnelCounts { limit: usize },
    #[error("the request names a host other than that of its CONNECT")]
    OutsideTunnel,
    #[error("this port serves TLS: use an endpoint that begins with https://")]
    PlainOnTls,
    #[error("this port serves plain HTTP: use an endpoint that begins with http://")]
    TlsOnPlain,
    #[error("all {limit} connections are in use (limits.connections)")]
    Connections { limit: usize },
}

impl Refusal {
    /// The status. All but one are 4xx, which AWS clients do not retry; a full state is worth a second try.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            _ if self.is_forbidden() => StatusCode::FORBIDDEN,
            Self::Unreachable { .. } => StatusCode::BAD_GATEWAY,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadTooLarge { .. } | Self::TooManyFields { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::SlowHead { .. } | Self::SlowBody { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Connections { .. } | Self::TunnelCounts { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the request is well-formed and not allowed.
    const fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::NotForwardProxy { .. }
                | Self::BrowserOrigin
                | Self::ForeignHost
                | Self::NothingLeaves { .. }
                | Self::NoTunnel { .. }
                | Self::RemoteTunnel { .. }
                | Self::NoCertificate { .. }
        )
    }

    /// The error's name on the wire. None is a name of RAM's own, and none is one that clients retry on.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            _ if self.is_forbidden() => "RamtapeForbiddenException",
            Self::BodyTooLarge { .. } | Self::HeadTooLarge { .. } | Self::TooManyFields { .. } => {
                "RamtapeTooLargeException"
            }
            Self::SlowHead { .. } | Self::SlowBody { .. } | Self::SlowAnswer { .. } => "RamtapeTimeLimitException",
            Self::Loop => "RamtapeLoopException",
            Self::Connections { .. } | Self::TunnelCounts { .. } => "RamtapeBusyException",
            _ => "RamtapeBadRequestException",
        }
    }
}
