//! How the proxy is started, and what can keep it from that.

use super::connect::ConnectPolicy;
use super::limits::Limits;
use crate::aws::ServiceEndpoints;
use crate::ca::{CaError, ServerCertificates};
use crate::model::Secret;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;

/// How the proxy listens and what it lets in.
#[derive(Clone, Debug)]
pub struct ProxySettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be other than loopback.
    pub allow_remote: bool,
    /// Names (`host` or `host:port`) besides loopback and `listen` that a `Host` header may carry.
    pub allowed_hosts: Vec<String>,
    /// The services whose endpoints may be addressed through ramtape as a proxy.
    pub services: ServiceEndpoints,
    /// Whether upstream can be reached: the rules for `Origin` and `Host` then apply to every request.
    pub guarded: bool,
    /// The capability key, to tell its path segment from a session's name.
    pub key: Secret,
    /// The limits.
    pub limits: Limits,
    /// This ramtape's mark in the header `x-ramtape-via`, to notice itself as its own upstream.
    pub instance: String,
    /// What signs for ramtape where the listening port speaks TLS, and nothing else.
    pub tls: Option<Arc<ServerCertificates>>,
    /// Where CONNECT may lead to.
    pub connect_policy: ConnectPolicy,
}

/// Why the proxy could not start.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// The port belongs to somebody else.
    #[error(
        "{listen} is in use; stop the program that listens there, or choose another port with --listen (0 takes a free one)"
    )]
    InUse {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// Other machines could connect, and nobody asked for that.
    #[error("{listen} is not a loopback address; add --allow-remote if other machines should reach ramtape")]
    NotLoopback {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The system refused the address.
    #[error("cannot listen on {listen}")]
    Bind {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system does not tell the address it bound.
    #[error("the listening socket has no address")]
    NoAddress(#[source] std::io::Error),
    /// There is no certificate for TLS.
    #[error("TLS needs a certificate that clients trust")]
    Certificate(#[from] CaError),
}
