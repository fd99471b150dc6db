//! From a host's name to the addresses that are connected to: asked once, checked, and then used as they are, so that a name
//! that changes its mind in between leads nowhere else.

use super::address::{AddressRules, ForbiddenAddress};
use super::error::{Phase, UpstreamError};
use hyper_util::client::legacy::connect::dns::Name;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// How host names are resolved: by the system, or from a fixed table.
#[derive(Clone, Debug, Default)]
pub enum Names {
    /// The system's resolver.
    #[default]
    System,
    /// These, and no others. Port 0 is the one that was asked for.
    Fixed(BTreeMap<String, Vec<SocketAddr>>),
}

/// Why a name cannot be resolved or must not be connected to.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nobody knows it.
    #[error("the name could not be resolved")]
    Unknown(#[source] io::Error),
    /// It leads where ramtape does not go.
    #[error(transparent)]
    Forbidden(#[from] ForbiddenAddress),
}

/// Resolves names, and checks that their addresses may be connected to.
#[derive(Clone, Debug)]
pub struct Resolver {
    names: Arc<Names>,
    rules: Option<Arc<AddressRules>>,
}

impl Resolver {
    /// For names that clients choose: they may only lead where `rules` allow.
    #[must_use]
    pub fn new(names: Names, rules: AddressRules) -> Self {
        Self { names: Arc::new(names), rules: Some(Arc::new(rules)) }
    }

    /// For names that whoever started ramtape chose: they may lead anywhere.
    #[must_use]
    pub fn without_rules(names: Names) -> Self {
        Self { names: Arc::new(names), rules: None }
    }

    /// The addresses of `host`, each of which may be connected to; their ports are 0 where the system told them.
    ///
    /// # Errors
    /// [`ResolveError`]. One address that is forbidden forbids the name.
    pub async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let found: Vec<SocketAddr> = match &*self.names {
            Names::System => {
                let found = tokio::net::lookup_host((host, 0)).await;
                found.map_err(ResolveError::Unknown)?.collect()
            }
            Names::Fixed(known) => known.get(host).cloned().unwrap_or_default(),
        };
        if found.is_empty() {
            return Err(ResolveError::Unknown(io::ErrorKind::NotFound.into()));
        }
        for address in &found {
            self.rules.as_ref().map_or(Ok(()), |rules| rules.check(address.ip()))?;
        }
        Ok(found)
    }

    /// A connection to `port` of `host`, made within `limit` to one of the addresses that were checked.
    ///
    /// # Errors
    /// Where the name leads nowhere, or nobody answers there.
    pub async fn connect(&self, host: &str, port: u16, limit: Duration) -> Result<TcpStream, UpstreamError> {
        let connecting = async {
            let mut addresses = self.resolve(host).await.map_err(|error| UpstreamError::unresolved(host, &error))?;
            for address in addresses.iter_mut().filter(|address| address.port() == 0) {
                address.set_port(port);
            }
            TcpStream::connect(&*addresses).await.map_err(|error| match error.kind() {
                io::ErrorKind::ConnectionRefused => UpstreamError::Refused { host: host.to_owned() },
                _ => UpstreamError::NoRoute { host: host.to_owned(), reason: error.to_string() },
            })
        };
        let late = |_| Err(UpstreamError::TimedOut { host: host.to_owned(), phase: Phase::Connect, limit });
        tokio::time::timeout(limit, connecting).await.unwrap_or_else(late)
    }
}

impl UpstreamError {
    /// What is told of a name that leads nowhere.
    pub(super) fn unresolved(host: &str, error: &ResolveError) -> Self {
        let host = host.to_owned();
        match error {
            ResolveError::Unknown(_) => Self::Dns { host },
            ResolveError::Forbidden(address) => Self::ForbiddenAddress { host, address: *address },
        }
    }
}

/// For the connector of an HTTP client, which connects to what it gets from here.
impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { resolver.resolve(name.as_str()).await.map(Vec::into_iter) })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]
    use super::*;
    use tokio::net::TcpListener;

    const HOST: &str = "ram.us-east-1.amazonaws.com";
    const LONG: Duration = Duration::from_secs(60);

    fn leading_to(addresses: &[&str], allowed: &[&str]) -> Resolver {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let rules = AddressRules { allowed: allowed.iter().map(|network| network.parse().unwrap()).collect() };
        Resolver::new(Names::Fixed(BTreeMap::from([(HOST.to_owned(), addresses)])), rules)
    }

    #[tokio::test]
    async fn one_address_that_is_not_public_forbids_the_name() {
        for bad in ["169.254.169.254:0", "127.0.0.1:0", "10.0.0.1:0", "[::ffff:127.0.0.1]:0", "[fd00:ec2::254]:0"] {
            for addresses in [&[bad][..], &["52.94.5.1:0", bad], &[bad, "52.94.5.1:0"]] {
                let error = leading_to(addresses, &[]).resolve(HOST).await.unwrap_err();
                assert!(matches!(error, ResolveError::Forbidden(_)), "{addresses:?}: {error}");
                let error = leading_to(addresses, &[]).connect(HOST, 443, LONG).await.unwrap_err();
                assert!(matches!(error, UpstreamError::ForbiddenAddress { .. }), "{addresses:?}: {error}");
            }
        }
        assert_eq!(leading_to(&["52.94.5.1:0"], &[]).resolve(HOST).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_literal_address_is_no_way_around_the_rules() {
        let resolver = Resolver::new(Names::System, AddressRules::default());
        for literal in ["127.0.0.1", "169.254.169.254", "::1"] {
            assert!(matches!(resolver.resolve(literal).await, Err(ResolveError::Forbidden(_))), "{literal}");
        }
    }

    #[tokio::test]
    async fn what_was_checked_is_what_is_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let resolver = leading_to(&[&address.to_string()], &["127.0.0.0/8"]);
        let connected = resolver.connect(HOST, 443, LONG).await.unwrap();
        assert_eq!(connected.peer_addr().unwrap(), address);
        listener.accept().await.unwrap();
    }

    #[tokio::test]
    async fn an_unknown_name_leads_nowhere() {
        let error = leading_to(&[], &[]).connect(HOST, 443, LONG).await.unwrap_err();
        assert_eq!(error, UpstreamError::Dns { host: HOST.to_owned() });
    }
}
