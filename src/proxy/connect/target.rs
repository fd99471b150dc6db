//! What a CONNECT names.

use crate::proxy::host_port::HostPort;
use std::fmt;
use std::str::FromStr;

/// The port of HTTPS.
pub(in crate::proxy) const HTTPS: u16 = 443;

/// A host and a port of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTarget {
    /// A name in lower case or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A text that is not `host` or `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form host or host:port")]
pub struct InvalidTarget;

impl FromStr for ConnectTarget {
    type Err = InvalidTarget;

    /// Reads `host` or `host:port`; without one, the port of HTTPS.
    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let authority = HostPort::parse(text).ok_or(InvalidTarget)?;
        Ok(Self { host: authority.host().to_ascii_lowercase(), port: authority.port().unwrap_or(HTTPS) })
    }
}

impl fmt::Display for ConnectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
