//! Where clients may get to through ramtape, and what became of it.

use super::authority::Authority;
use super::refusal::Refusal;
use crate::aws::{ServiceHost, is_aws_host};
use crate::ca::Keeper;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;

/// The port of HTTPS.
pub(super) const HTTPS: u16 = 443;

/// How many different refused targets are remembered by name.
const MOST_REFUSED: usize = 100;

/// A host and a port of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name in lower case or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl FromStr for Target {
    type Err = ();

    /// Reads `host` or `host:port`; without one, the port of HTTPS.
    fn from_str(text: &str) -> Result<Self, ()> {
        let authority = Authority::parse(text).ok_or(())?;
        Ok(Self { host: authority.host().to_ascii_lowercase(), port: authority.port().unwrap_or(HTTPS) })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What makes connections to the outside.
pub trait Outward: fmt::Debug + Send + Sync {
    /// Connects to `target`. One that was `configured` may have any address; the name of another must not lead to this
    /// machine or to a private network. What goes wrong is told in words for the client.
    fn connect<'a>(
        &'a self,
        target: &'a Target,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, String>> + Send + 'a>>;
}

/// What CONNECT may lead to.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    /// What signs for the service's hosts, to which a tunnel ends at ramtape itself.
    pub keeper: Option<Arc<Keeper>>,
    /// The way out; without one nothing leaves.
    pub outward: Option<Arc<dyn Outward>>,
    /// What may be connected to besides AWS's hosts.
    pub allowed: Vec<Target>,
}

/// Where a CONNECT leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To ramtape itself, as this host of the service.
    Here,
    /// Out to where the client says.
    Out {
        /// Whether the target was configured.
        configured: bool,
    },
}

impl Passage {
    /// Where a CONNECT to `target` leads, if anywhere. Only clients on this machine (`is_local`) get out: whoever else may
    /// reach ramtape gets RAM, and no open proxy.
    pub(super) fn way(&self, target: &Target, service: &str, is_local: bool) -> Result<Way, Refusal> {
        let configured = self.allowed.contains(target);
        if !configured && target.port == HTTPS && ServiceHost::parse(&target.host, service).is_some() {
            return Ok(Way::Here);
        }
        let refusal = |make: fn(Target) -> Refusal| Err(make(target.clone()));
        if self.outward.is_none() {
            return refusal(|target| Refusal::NothingLeaves { target });
        }
        if !is_local {
            return refusal(|target| Refusal::RemoteTunnel { target });
        }
        let is_address = target.host.parse::<IpAddr>().is_ok();
        if configured || (!is_address && target.port == HTTPS && is_aws_host(&target.host)) {
            return Ok(Way::Out { configured });
        }
        refusal(|target| Refusal::NoTunnel { target })
    }
}

/// What became of CONNECT so far.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    tunnels: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
}

/// How many tunnels there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tunnels {
    /// To hosts other than the service's.
    pub opened: u64,
    /// Those that were refused, by their targets.
    pub refused: Vec<(String, u64)>,
}

impl Traffic {
    pub(super) fn opened(&self) {
        self.tunnels.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal. Beyond the first targets the others are counted as one.
    pub(super) fn refused(&self, target: &Target) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let name = target.to_string();
        let is_new = !refused.contains_key(&name);
        let name = if is_new && refused.len() >= MOST_REFUSED { "other targets".to_owned() } else { name };
        *refused.entry(name).or_default() += 1;
    }

    pub(super) fn so_far(&self) -> Tunnels {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused.iter().map(|(target, count)| (target.clone(), *count)).collect();
        Tunnels { opened: self.tunnels.load(Ordering::Relaxed), refused }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[derive(Debug)]
    struct Nowhere;

    impl Outward for Nowhere {
        fn connect<'a>(
            &'a self,
            _: &'a Target,
            _: bool,
        ) -> Pin<Box<dyn Future<Output = Result<TcpStream, String>> + Send + 'a>> {
            Box::pin(async { Err("nowhere".to_owned()) })
        }
    }

    fn way(target: &str, allowed: &[&str], out: bool) -> Result<Way, Refusal> {
        let outward: Option<Arc<dyn Outward>> = if out { Some(Arc::new(Nowhere)) } else { None };
        let allowed = allowed.iter().map(|target| target.parse().unwrap()).collect();
        Passage { keeper: None, outward, allowed }.way(&target.parse().unwrap(), "ram", true)
    }

    #[test]
    fn the_services_hosts_end_here() {
        for host in
            ["ram.us-east-1.amazonaws.com", "ram-fips.us-west-2.amazonaws.com:443", "ram.cn-north-1.amazonaws.com.cn"]
        {
            assert_eq!((way(host, &[], true), way(host, &[], false)), (Ok(Way::Here), Ok(Way::Here)), "{host}");
        }
        // Unless somebody wants them to go out.
        let host = "ram.us-east-1.amazonaws.com";
        assert_eq!(way(host, &[host], true), Ok(Way::Out { configured: true }));
    }

    #[test]
    fn other_hosts_of_aws_are_let_out_while_recording() {
        for host in ["sts.us-east-1.amazonaws.com", "sts.amazonaws.com:443", "portal.sso.eu-west-1.amazonaws.com"] {
            assert_eq!(way(host, &[], true), Ok(Way::Out { configured: false }), "{host}");
            assert!(matches!(way(host, &[], false), Err(Refusal::NothingLeaves { .. })), "{host}");
        }
        assert_eq!(way("127.0.0.1:8443", &["127.0.0.1:8443"], true), Ok(Way::Out { configured: true }));
        assert_eq!(way("Proxy.Example", &["proxy.example"], true), Ok(Way::Out { configured: true }));
    }

    #[test]
    fn other_machines_get_ram_and_no_proxy() {
        let passage = Passage { keeper: None, outward: Some(Arc::new(Nowhere)), allowed: Vec::new() };
        let way = |target: &str| passage.way(&target.parse().unwrap(), "ram", false);
        assert_eq!(way("ram.us-east-1.amazonaws.com"), Ok(Way::Here));
        assert!(matches!(way("sts.us-east-1.amazonaws.com"), Err(Refusal::RemoteTunnel { .. })));
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
            assert!(matches!(way(target, &["127.0.0.1:8443"], true), Err(Refusal::NoTunnel { .. })), "{target}");
        }
    }

    #[test]
    fn refusals_are_counted_by_target_and_in_bounded_memory() {
        let traffic = Traffic::default();
        for port in 1..=200 {
            traffic.refused(&Target { host: "h".to_owned(), port });
            traffic.refused(&Target { host: "h".to_owned(), port: 1 });
        }
        let refused = traffic.so_far().refused;
        assert_eq!(refused.len(), MOST_REFUSED + 1);
        assert!(refused.contains(&("h:1".to_owned(), 201)) && refused.contains(&("other targets".to_owned(), 100)));
    }
}
