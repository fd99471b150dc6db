//! Errors of requests to upstream.

use super::address::ForbiddenAddress;
use super::credentials::CredentialsError;
use super::roots::CaBundleError;
use super::sigv4::SignError;
use std::time::Duration;

/// What a time limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The connection, TLS included.
    Connect,
    /// The whole answer.
    Answer,
}

impl Phase {
    /// The key of its limit.
    const fn key(self) -> &'static str {
        match self {
            Self::Connect => "limits.upstream_connect_time_seconds",
            Self::Answer => "limits.upstream_answer_time_seconds",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "a connection",
            Self::Answer => "a whole answer",
        })
    }
}

/// Why a request could not be sent, or why its answer cannot be used. No message holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// The base URL can't be used.
    #[error("the upstream URL {url:?} cannot be used: {problem}")]
    BadEndpoint {
        /// The URL, without what stood before an `@`.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The region can't be part of a host name.
    #[error("{region:?} is not the name of a region")]
    BadRegion {
        /// What the request gives as its region.
        region: String,
    },
    /// Path or query hold what can't be sent.
    #[error("the request's path and query cannot be sent to upstream as they are")]
    BadTarget,
    /// The base URL is ramtape's own address.
    #[error("the upstream URL {url} is this proxy's own address")]
    Loop {
        /// The URL.
        url: String,
    },
    /// The shared files of the AWS tools can't be read.
    #[error("the shared AWS configuration or credentials file cannot be used: {reason}")]
    SharedFiles {
        /// Which and why.
        reason: String,
    },
    /// There is no profile of this name.
    #[error("there is no profile {name:?} in the shared AWS configuration and credentials files{}", known_profiles(.known))]
    NoProfile {
        /// Its name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// Two profiles are named, and neither on the command line.
    #[error(
        "ramtape's configuration names the profile {configured:?}, and {variable} names {named:?}: choose one with --profile"
    )]
    TwoProfiles {
        /// The one in ramtape's configuration.
        configured: String,
        /// The variable that names another one.
        variable: &'static str,
        /// That one.
        named: String,
    },
    /// The file of additional trusted roots can't be used.
    #[error(transparent)]
    CaBundle(#[from] CaBundleError),
    /// The name of the host is not known.
    #[error("the name of upstream {host} could not be resolved")]
    Dns {
        /// The host.
        host: String,
    },
    /// The name resolves to an address that ramtape does not connect to for clients.
    #[error(
        "the name {host} resolves to {}, {}, and ramtape connects to public addresses only; to allow it, add the \
         network to allowed_networks in ramtape.toml", .address.address, .address.reserved
    )]
    ForbiddenAddress {
        /// The host.
        host: String,
        /// The address, and what it is kept for.
        address: ForbiddenAddress,
    },
    /// The client signed for a host that is not an endpoint of the service.
    #[error("{host:?} is not an endpoint of {services}")]
    NotAnEndpoint {
        /// The host.
        host: String,
        /// The services that may be asked.
        services: String,
    },
    /// The service is none of those that are recorded.
    #[error("{service} is not recorded, so nothing is sent to it: add it with --service (recorded: {services})")]
    NotRecorded {
        /// The service.
        service: String,
        /// The services that are.
        services: String,
    },
    /// The base URL has a path, which a signature that was made without it does not cover.
    #[error(
        "the upstream URL {url} has a path, which cannot be added to a request that keeps its client's signature: give \
         --upstream without a path, or let the client use ramtape as its endpoint"
    )]
    PathBesideSignature {
        /// The URL.
        url: String,
    },
    /// The connection was refused.
    #[error("upstream {host} refused the connection")]
    Refused {
        /// Host and port.
        host: String,
    },
    /// There is no connection for another reason.
    #[error("cannot connect to upstream {host}: {reason}")]
    NoRoute {
        /// Host and port.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The TLS handshake failed.
    #[error("no TLS connection to upstream {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What the TLS stack says.
        reason: String,
    },
    /// The connection ended before an answer began.
    #[error("upstream {host} closed the connection without an answer: {reason}")]
    Reset {
        /// Host and port.
        host: String,
        /// What the HTTP stack says.
        reason: String,
    },
    /// A time limit has passed.
    #[error("upstream {host} did not give {phase} within {limit:?} ({})", phase.key())]
    TimedOut {
        /// Host and port.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// The connection ended in the middle of an answer.
    #[error("upstream {host} closed the connection in the middle of its answer")]
    HalfBody {
        /// Host and port.
        host: String,
    },
    /// The answer is larger than is allowed.
    #[error("the answer of upstream {host} is larger than the limit of {limit} bytes (limits.response_body_bytes)")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// What came back is not HTTP.
    #[error("what upstream {host} sent is not an HTTP answer: {reason}")]
    Garbage {
        /// Host and port.
        host: String,
        /// What the HTTP stack says.
        reason: String,
    },
    /// The answer is compressed in a way that was not asked for or cannot be read.
    #[error(
        "the answer of upstream {host} has content-encoding {encoding:?}, which ramtape cannot read: it asks for no \
         encoding, and reads gzip only if a client's signed request asked for it"
    )]
    ContentEncoded {
        /// Host and port.
        host: String,
        /// The encoding.
        encoding: String,
    },
    /// There are no credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The signer refused the request.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl UpstreamError {
    /// Whether the same request may well succeed a little later: to be answered with a status that clients retry.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Dns { .. }
            | Self::Refused { .. }
            | Self::NoRoute { .. }
            | Self::Reset { .. }
            | Self::TimedOut { .. }
            | Self::HalfBody { .. }
            | Self::Garbage { .. } => true,
            Self::BadEndpoint { .. }
            | Self::BadRegion { .. }
            | Self::BadTarget
            | Self::Loop { .. }
            | Self::ForbiddenAddress { .. }
            | Self::NotAnEndpoint { .. }
            | Self::NotRecorded { .. }
            | Self::PathBesideSignature { .. }
            | Self::SharedFiles { .. }
            | Self::NoProfile { .. }
            | Self::TwoProfiles { .. }
            | Self::CaBundle(_)
            | Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::ContentEncoded { .. }
            | Self::Credentials(_)
            | Self::Sign(_) => false,
        }
    }

    /// Whether it was the time that was up: of the transient errors, the one that is a 504 rather than a 502.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }
}

/// What to say of the profiles that there are.
fn known_profiles(known: &[String]) -> String {
    if known.is_empty() { ", which have none".to_owned() } else { format!("; there are: {}", known.join(", ")) }
}
