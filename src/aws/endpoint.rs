//! The upstream endpoint: a region's public one, or a base URL instead.

use super::error::UpstreamError;
use super::hosts::EndpointKind;
use super::service_endpoints::ServiceEndpoint;
use crate::model::without_secrets;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

const LONGEST_REGION: usize = 32;

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The public endpoint of `service` in each request's region.
    Public {
        /// The service, and its hosts.
        service: ServiceEndpoint,
        /// Which of its endpoints.
        kind: EndpointKind,
    },
    /// One base URL for all regions.
    Fixed(BaseUrl),
}

/// `http` or `https`, a host, perhaps a port, perhaps a path in front of every request's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

impl Endpoint {
    /// The URL of `path` and `query` (both as they go onto the wire; no `?` where the query is empty) for `region`.
    ///
    /// # Errors
    /// [`UpstreamError::BadRegion`] where the region can't be part of a host name, [`UpstreamError::BadTarget`] where
    /// path and query can't be sent as they are.
    pub fn url(&self, region: &str, path: &str, query: &str) -> Result<Uri, UpstreamError> {
        check_region(region)?;
        let (scheme, authority, prefix) = match self {
            Self::Public { service, kind } => {
                let host = service.host(*kind, region);
                let authority = host.parse().map_err(|_| UpstreamError::BadRegion { region: region.to_owned() })?;
                (Scheme::HTTPS, authority, "")
            }
            Self::Fixed(base) => (base.scheme.clone(), base.authority.clone(), base.prefix.as_str()),
        };
        let target = target(prefix, path, query)?;
        Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build().map_err(|_| bad_target())
    }
}

impl Endpoint {
    /// The URL of `signed`, path and query of a request that its client signed for `host`: nothing of them changes.
    ///
    /// # Errors
    /// [`UpstreamError::PathBesideSignature`] for a base URL with a path, [`UpstreamError::BadTarget`] where path and query
    /// can't be sent as they are.
    pub(super) fn url_of_signed(&self, host: &str, signed: &str) -> Result<Uri, UpstreamError> {
        let (scheme, authority) = match self {
            Self::Public { .. } => (Scheme::HTTPS, host.parse().map_err(|_| bad_target())?),
            Self::Fixed(base) if !base.prefix.is_empty() => {
                return Err(UpstreamError::PathBesideSignature { url: base.to_string() });
            }
            Self::Fixed(base) => (base.scheme.clone(), base.authority.clone()),
        };
        let (path, query) = signed.split_once('?').unwrap_or((signed, ""));
        let target = target("", path, query)?;
        Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build().map_err(|_| bad_target())
    }
}

/// For messages: what follows `/~` is the capability key of another ramtape.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.prefix.split("/~").next().unwrap_or_default();
        write!(f, "{}://{}{prefix}", self.scheme, self.authority)
    }
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    /// [`UpstreamError::BadEndpoint`] that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        let bad = |problem| UpstreamError::BadEndpoint { url: without_secrets(text).to_owned(), problem };
        if text.contains('#') {
            return Err(bad("it must not have a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| bad("it is not a URL"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        let scheme = scheme.ok_or_else(|| bad("it must begin with http:// or https://"))?;
        let authority = parts.authority.filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or_else(|| bad("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("it must not have a user name or password"));
        }
        let path_and_query = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if path_and_query.query().is_some() {
            return Err(bad("it must not have a query"));
        }
        let prefix = path_and_query.path().trim_end_matches('/').to_owned();
        let authority = without_default_port(&scheme, authority).ok_or_else(|| bad("its port is not a number"))?;
        Ok(Self { scheme, authority, prefix })
    }

    /// Whether a connection to this URL would end at `own`, the address that this process listens on.
    ///
    /// A name that doesn't resolve now is no loop now.
    #[must_use]
    pub fn leads_to(&self, own: SocketAddr) -> bool {
        let default = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(default);
        let host = self.authority.host().trim_start_matches('[').trim_end_matches(']');
        port == own.port()
            && (host, port).to_socket_addrs().is_ok_and(|mut found| found.any(|found| same_place(found.ip(), own.ip())))
    }
}

fn check_region(region: &str) -> Result<(), UpstreamError> {
    let legal = (1..=LONGEST_REGION).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !region.starts_with('-')
        && !region.ends_with('-');
    if legal {
        Ok(())
    } else {
        Err(UpstreamError::BadRegion { region: region.chars().take(2 * LONGEST_REGION).collect() })
    }
}

fn target(prefix: &str, path: &str, query: &str) -> Result<PathAndQuery, UpstreamError> {
    let text = if query.is_empty() { format!("{prefix}{path}") } else { format!("{prefix}{path}?{query}") };
    // The parser would drop a fragment silently, and take `*` or nothing for a path.
    if !path.starts_with('/') || text.contains('#') {
        return Err(bad_target());
    }
    text.parse().map_err(|_| bad_target())
}

fn bad_target() -> UpstreamError {
    UpstreamError::BadTarget
}

/// `Host` names no default port, so the signature must not either.
fn without_default_port(scheme: &Scheme, authority: Authority) -> Option<Authority> {
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    let port = authority.as_str().strip_prefix(authority.host())?;
    match port.strip_prefix(':') {
        None => Some(authority),
        Some(port) => match port.parse::<u16>() {
            Ok(port) if port == default => authority.host().parse().ok(),
            Ok(0) | Err(_) => None,
            Ok(_) => Some(authority),
        },
    }
}

/// Whether a connection to `found` reaches a listener at `own`. A listener on all addresses is reached by each of them.
fn same_place(found: IpAddr, own: IpAddr) -> bool {
    let (found, own) = (found.to_canonical(), own.to_canonical());
    // Connecting to the unspecified address means connecting to loopback.
    let found = match found {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        found => found,
    };
    found == own || (own.is_unspecified() && is_ours(found))
}

/// Whether the address is one of this machine's: only then can a socket be bound to it.
fn is_ours(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

    use super::{BaseUrl, Endpoint};
    use crate::aws::UpstreamError;
    use crate::aws::{EndpointKind, ServiceEndpoint};

    fn public(region: &str) -> Result<String, UpstreamError> {
        let endpoint = Endpoint::Public { service: ServiceEndpoint::regional("ram"), kind: EndpointKind::default() };
        endpoint.url(region, "/getresourceshares", "").map(|url| url.to_string())
    }

    fn fixed(base: &str, path: &str, query: &str) -> Result<String, UpstreamError> {
        let endpoint = Endpoint::Fixed(BaseUrl::parse(base)?);
        endpoint.url("us-east-1", path, query).map(|url| url.to_string())
    }

    #[test]
    fn a_public_endpoint_is_the_regions_own() {
        for region in ["us-east-1", "cn-northwest-1"] {
            let host = crate::aws::endpoint_host("ram", region);
            assert_eq!(public(region).unwrap(), format!("https://{host}/getresourceshares"));
        }
    }

    #[test]
    fn a_region_cannot_choose_another_host() {
        let long = "a".repeat(33);
        for region in
            ["", "us-east-1.evil.example", "evil.example/", "evil@", "US-EAST-1", "a:1", "-a", "a-", "ü", &long]
        {
            assert!(matches!(public(region), Err(UpstreamError::BadRegion { .. })), "{region:?}");
        }
    }

    #[test]
    fn a_base_url_keeps_its_path_and_loses_its_default_port() {
        for (base, whole) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566/p?a=%2f"),
            ("http://127.0.0.1:4566/", "http://127.0.0.1:4566/p?a=%2f"),
            ("https://ram.example/one/two/", "https://ram.example/one/two/p?a=%2f"),
            ("https://ram.example/one//", "https://ram.example/one/p?a=%2f"),
            ("https://ram.example:443", "https://ram.example/p?a=%2f"),
            ("http://ram.example:80", "http://ram.example/p?a=%2f"),
            ("https://ram.example:80", "https://ram.example:80/p?a=%2f"),
            ("http://[::1]:80/x", "http://[::1]/x/p?a=%2f"),
        ] {
            assert_eq!(fixed(base, "/p", "a=%2f").unwrap(), whole);
        }
    }

    #[test]
    fn path_and_query_stay_as_they_are() {
        for (path, query) in
            [("/a%2fb%2Fc", "x=%3a%3A&y=a+b%20c"), ("//twice/../up/./", "a&b=&=c&a=b=c"), ("/%7euser~", "%41=%zz")]
        {
            assert_eq!(fixed("http://h", path, query).unwrap(), format!("http://h{path}?{query}"));
        }
        for (path, query) in [("/a#b", ""), ("/a", "b#c"), ("a", ""), ("", ""), ("*", ""), ("/a b", ""), ("/a", "b c")]
        {
            assert!(matches!(fixed("http://h", path, query), Err(UpstreamError::BadTarget)), "{path:?} {query:?}");
        }
    }

    #[test]
    fn a_bad_base_url_says_what_is_wrong() {
        for (base, problem) in [
            ("ram.example", "http:// or https://"),
            ("ftp://ram.example", "http:// or https://"),
            ("/just/a/path", "http:// or https://"),
            ("", "not a URL"),
            ("http://", "not a URL"),
            ("http:// ram.example", "not a URL"),
            ("https://me:secret@ram.example", "user name"),
            ("https://ram.example/?a=b", "query"),
            ("https://ram.example/#top", "fragment"),
            ("https://ram.example:0", "port"),
            ("https://ram.example:70000", "port"),
        ] {
            let error = BaseUrl::parse(base).unwrap_err().to_string();
            assert!(error.contains(problem), "{base:?}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn no_message_repeats_the_key_of_another_ramtape() {
        let base = BaseUrl::parse("http://127.0.0.1:1/~key-abc/x").unwrap();
        assert_eq!(base.to_string(), "http://127.0.0.1:1");
        assert_eq!(Endpoint::Fixed(base).url("us-east-1", "/p", "").unwrap().path(), "/~key-abc/x/p");
        assert!(!BaseUrl::parse("http://127.0.0.1:1/~key-abc?q").unwrap_err().to_string().contains("key-abc"));
    }

    #[test]
    fn sees_its_own_address() {
        let own = "127.0.0.1:4000".parse().unwrap();
        let every = "0.0.0.0:4000".parse().unwrap();
        let elsewhere = "127.0.0.2:4000".parse().unwrap();
        let leads = |base, own| BaseUrl::parse(base).unwrap().leads_to(own);
        for base in [
            "http://127.0.0.1:4000",
            "http://localhost:4000/x",
            "http://0.0.0.0:4000",
            "http://[::ffff:127.0.0.1]:4000",
        ] {
            assert!(leads(base, own), "{base}");
            assert!(leads(base, every), "{base}");
        }
        assert!(leads("http://127.0.0.2:4000", every));
        assert!(!leads("http://127.0.0.1:4001", own));
        assert!(!leads("http://127.0.0.1", own));
        assert!(!leads("http://127.0.0.1:4000", elsewhere));
        assert!(!leads("http://192.0.2.1:4000", every));
        assert!(!leads("http://nowhere.invalid:4000", own));
    }
}
