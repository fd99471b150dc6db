//! The host and port that a request names, and whether they mean ramtape itself.

use crate::aws::ServiceEndpoints;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A host and perhaps a port, `host[:port]`, well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostPort<'a> {
    /// A name or an address, an IPv6 one without its brackets.
    host: &'a str,
    port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Reads `host[:port]` strictly: no user, no blank, no empty part.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, port)
            }
            None => {
                let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                let named = !host.is_empty()
                    && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
                (named.then_some(host)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            _ => return None,
        };
        Some(Self { host, port })
    }

    /// The name or the address.
    pub(super) const fn host(self) -> &'a str {
        self.host
    }

    /// The port, if one is named.
    pub(super) const fn port(self) -> Option<u16> {
        self.port
    }

    /// Whether both address the same place, an absent port meaning `default_port`.
    pub(super) fn is_same_as(self, other: HostPort<'_>, default_port: u16) -> bool {
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
    }

    /// Whether it is the name of an endpoint of one of `services`, with `default_port` or none.
    pub(super) fn is_endpoint_of(self, services: &ServiceEndpoints, default_port: u16) -> bool {
        self.port.is_none_or(|port| port == default_port) && services.find(self.host).is_some()
    }
}

/// The host names that mean this ramtape.
#[derive(Debug)]
pub(super) struct OwnNames {
    pub(super) listen: SocketAddr,
    pub(super) allowed: Vec<String>,
}

impl OwnNames {
    /// Whether a page in a browser can't have made its own name point here: loopback, the listen address, or an allowed name.
    pub(super) fn contains(&self, authority: HostPort<'_>) -> bool {
        is_loopback(authority.host)
            || authority.host.parse::<IpAddr>().is_ok_and(|address| address == self.listen.ip())
            || self.is_allowed(authority)
    }

    /// Whether an absolute-form target means ramtape itself, not a server to forward to.
    pub(super) fn is_own_target(&self, authority: HostPort<'_>, default_port: u16) -> bool {
        let port = authority.port.unwrap_or(default_port);
        self.contains(authority) && (port == self.listen.port() || self.is_allowed(authority))
    }

    fn is_allowed(&self, authority: HostPort<'_>) -> bool {
        self.allowed.iter().filter_map(|name| HostPort::parse(name)).any(|allowed| {
            allowed.host.eq_ignore_ascii_case(authority.host)
                && (allowed.port.is_none() || allowed.port == authority.port)
        })
    }
}

fn is_loopback(host: &str) -> bool {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_loopback();
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return address.is_loopback();
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn reads_strictly() {
        for good in ["a", "a:1", "127.0.0.1:65535", "[::1]", "[::1]:80", "ram.eu-west-1.amazonaws.com", "my_host-1"] {
            assert!(HostPort::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", ":1", "a:", "a:x", "a:+1", "a:65536", "a b", "u@a", "a/b", "[::1", "[a]", "::1", "[::1]x", "a,b", "ä"]
        {
            assert!(HostPort::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn own_names() {
        let own = OwnNames {
            listen: "192.0.2.7:8000".parse().unwrap(),
            allowed: vec!["ramtape".into(), "tape.test:9000".into()],
        };
        let is_own = |text| own.contains(HostPort::parse(text).unwrap());
        for text in [
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:8000",
            "localhost:1",
            "LocalHost.",
            "a.localhost",
            "192.0.2.7:8000",
            "RAMTAPE:1",
            "tape.test:9000",
        ] {
            assert!(is_own(text), "{text}");
        }
        for text in [
            "128.0.0.1",
            "[::2]",
            "localhost.test",
            "notlocalhost",
            "127.0.0.1.test",
            "tape.test:9001",
            "tape.test",
            "x.ramtape",
            "0.0.0.0",
        ] {
            assert!(!is_own(text), "{text}");
        }
    }

    #[test]
    fn an_absolute_target_is_ramtape_only_with_its_port() {
        let own = OwnNames { listen: "127.0.0.1:8000".parse().unwrap(), allowed: Vec::new() };
        assert!(own.is_own_target(HostPort::parse("localhost:8000").unwrap(), 80));
        assert!(!own.is_own_target(HostPort::parse("localhost:8001").unwrap(), 80));
        assert!(!own.is_own_target(HostPort::parse("localhost").unwrap(), 80));
    }
}
