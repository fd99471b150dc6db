//! Which targets CONNECT may reach, and how often it did.

use super::target::{ConnectTarget, HTTPS};
use crate::aws::{ServiceEndpoints, UpstreamError, is_aws_host};
use crate::ca::ServerCertificates;
use crate::proxy::refusal::Refusal;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpStream;

/// How many different refused targets are remembered by name.
const MOST_REFUSED: usize = 100;

/// Makes connections to the outside.
pub trait Connector: fmt::Debug + Send + Sync {
    /// Connects to `target`. A `configured` one may have any address; the name of another must not lead to this
    /// machine or to a private network.
    fn connect<'a>(
        &'a self,
        target: &'a ConnectTarget,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, UpstreamError>> + Send + 'a>>;
}

/// Which targets CONNECT may reach.
#[derive(Clone, Debug, Default)]
pub struct ConnectPolicy {
    /// Signs certificates for the service's hosts, whose connections are intercepted.
    pub certificates: Option<Arc<ServerCertificates>>,
    /// Makes connections to the outside; without one there are no tunnels.
    pub connector: Option<Arc<dyn Connector>>,
    /// Targets allowed besides AWS's hosts.
    pub allowed: Vec<ConnectTarget>,
}

/// How a CONNECT is served.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::proxy) enum ConnectRoute {
    /// TLS ends at ramtape, which answers as the target host.
    Intercept,
    /// Bytes are passed on to the target.
    Tunnel {
        /// Whether the target was configured.
        configured: bool,
    },
}

impl ConnectPolicy {
    /// The route of a CONNECT to `target`. Only clients on this machine (`is_local`) get a tunnel: others that may reach ramtape
    /// get the recorded services, and no open proxy.
    pub(in crate::proxy) fn route(
        &self,
        target: &ConnectTarget,
        services: &ServiceEndpoints,
        is_local: bool,
    ) -> Result<ConnectRoute, Refusal> {
        let configured = self.allowed.contains(target);
        if !configured && target.port == HTTPS && services.find(&target.host).is_some() {
            return Ok(ConnectRoute::Intercept);
        }
        let refusal = |make: fn(ConnectTarget) -> Refusal| Err(make(target.clone()));
        if self.connector.is_none() {
            return refusal(|target| Refusal::NothingLeaves { target });
        }
        if !is_local {
            return refusal(|target| Refusal::RemoteTunnel { target });
        }
        let is_address = target.host.parse::<IpAddr>().is_ok();
        if configured || (!is_address && target.port == HTTPS && is_aws_host(&target.host)) {
            return Ok(ConnectRoute::Tunnel { configured });
        }
        refusal(|target| Refusal::NoTunnel { target })
    }
}

/// Counts tunnels and refused CONNECT requests.
#[derive(Debug, Default)]
pub(in crate::proxy) struct ConnectCounters {
    opened: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
}

/// How many tunnels there were, and which CONNECT requests were refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelCounts {
    /// To hosts other than the service's.
    pub opened: u64,
    /// Those that were refused, by their targets.
    pub refused: Vec<(String, u64)>,
}

impl ConnectCounters {
    pub(in crate::proxy) fn count_tunnel(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal. Beyond the first targets the others are counted as one.
    pub(in crate::proxy) fn count_refusal(&self, target: &ConnectTarget) {
        let mut refused = self.refused.lock();
        let name = target.to_string();
        let is_new = !refused.contains_key(&name);
        let name = if is_new && refused.len() >= MOST_REFUSED { "other targets".to_owned() } else { name };
        *refused.entry(name).or_default() += 1;
    }

    pub(in crate::proxy) fn counts(&self) -> TunnelCounts {
        let refused = self.refused.lock();
        let refused = refused.iter().map(|(target, count)| (target.clone(), *count)).collect();
        TunnelCounts { opened: self.opened.load(Ordering::Relaxed), refused }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[derive(Debug)]
    struct Nowhere;

    impl Connector for Nowhere {
        fn connect<'a>(
            &'a self,
            _: &'a ConnectTarget,
            _: bool,
        ) -> Pin<Box<dyn Future<Output = Result<TcpStream, UpstreamError>> + Send + 'a>> {
            Box::pin(async { Err(UpstreamError::Dns { host: "nowhere".to_owned() }) })
        }
    }

    fn ram() -> ServiceEndpoints {
        ServiceEndpoints::new(vec![crate::aws::ServiceEndpoint::regional("ram")])
    }

    fn route(target: &str, allowed: &[&str], out: bool) -> Result<ConnectRoute, Refusal> {
        let connector: Option<Arc<dyn Connector>> = if out { Some(Arc::new(Nowhere)) } else { None };
        let allowed = allowed.iter().map(|target| target.parse().unwrap()).collect();
        ConnectPolicy { certificates: None, connector, allowed }.route(&target.parse().unwrap(), &ram(), true)
    }

    #[test]
    fn the_services_hosts_end_here() {
        for host in
            ["ram.us-east-1.amazonaws.com", "ram-fips.us-west-2.amazonaws.com:443", "ram.cn-north-1.amazonaws.com.cn"]
        {
            assert_eq!(
                (route(host, &[], true), route(host, &[], false)),
                (Ok(ConnectRoute::Intercept), Ok(ConnectRoute::Intercept)),
                "{host}"
            );
        }
        // Unless somebody wants them to go out.
        let host = "ram.us-east-1.amazonaws.com";
        assert_eq!(route(host, &[host], true), Ok(ConnectRoute::Tunnel { configured: true }));
    }

    #[test]
    fn other_hosts_of_aws_are_let_out_while_recording() {
        for host in ["sts.us-east-1.amazonaws.com", "sts.amazonaws.com:443", "portal.sso.eu-west-1.amazonaws.com"] {
            assert_eq!(route(host, &[], true), Ok(ConnectRoute::Tunnel { configured: false }), "{host}");
            assert!(matches!(route(host, &[], false), Err(Refusal::NothingLeaves { .. })), "{host}");
        }
        assert_eq!(route("127.0.0.1:8443", &["127.0.0.1:8443"], true), Ok(ConnectRoute::Tunnel { configured: true }));
        assert_eq!(route("Proxy.Example", &["proxy.example"], true), Ok(ConnectRoute::Tunnel { configured: true }));
    }

    #[test]
    fn other_machines_get_ram_and_no_proxy() {
        let connect_policy =
            ConnectPolicy { certificates: None, connector: Some(Arc::new(Nowhere)), allowed: Vec::new() };
        let route = |target: &str| connect_policy.route(&target.parse().unwrap(), &ram(), false);
        assert_eq!(route("ram.us-east-1.amazonaws.com"), Ok(ConnectRoute::Intercept));
        assert!(matches!(route("sts.us-east-1.amazonaws.com"), Err(Refusal::RemoteTunnel { .. })));
    }

    #[test]
    fn nobody_else_is() {
        for target in [
            "example.com",
            "169.254.169.254",
            "127.0.0.1",
            "[::1]",
            "localhost",
            "52.94.5.1",
            "sts.amazonaws.com:80",
            "sts.amazonaws.com:22",
            "ram.us-east-1.amazonaws.com:80",
            "ram.us-east-1.amazonaws.com.evil.test",
            "amazonaws.com",
            "sts.amazonaws.com.",
        ] {
            assert!(matches!(route(target, &["127.0.0.1:8443"], true), Err(Refusal::NoTunnel { .. })), "{target}");
        }
    }

    #[test]
    fn refusals_are_counted_by_target_and_in_bounded_memory() {
        let counters = ConnectCounters::default();
        for port in 1..=200 {
            counters.count_refusal(&ConnectTarget { host: "h".to_owned(), port });
            counters.count_refusal(&ConnectTarget { host: "h".to_owned(), port: 1 });
        }
        let refused = counters.counts().refused;
        assert_eq!(refused.len(), MOST_REFUSED + 1);
        assert!(refused.contains(&("h:1".to_owned(), 201)) && refused.contains(&("other targets".to_owned(), 100)));
    }
}
