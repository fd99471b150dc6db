//! Connects tunnels: resolves names, and checks the addresses.

use crate::aws::{Resolver, UpstreamError};
use crate::config::Config;
use crate::proxy::{ConnectTarget, Connector};
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;

/// Connects to the targets that clients name.
#[derive(Debug)]
pub(super) struct TunnelConnector {
    /// For names that clients choose.
    named: Resolver,
    /// For what the user configured, which may be anywhere.
    configured: Resolver,
    connect_time: Duration,
}

impl TunnelConnector {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            named: Resolver::new(config.names.clone(), config.addresses.clone()),
            configured: Resolver::without_rules(config.names.clone()),
            connect_time: config.upstream.connect_time,
        }
    }
}

impl Connector for TunnelConnector {
    fn connect<'a>(
        &'a self,
        target: &'a ConnectTarget,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, UpstreamError>> + Send + 'a>> {
        let resolver = if configured { &self.configured } else { &self.named };
        Box::pin(resolver.connect(&target.host, target.port, self.connect_time))
    }
}
