//! The way out of tunnels: names are resolved here, and lead where the rules allow.

use crate::aws::Resolver;
use crate::config::Config;
use crate::proxy::{Outward, Target};
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;

/// Connects to what clients name.
#[derive(Debug)]
pub(super) struct Outside {
    /// For names that clients choose.
    named: Resolver,
    /// For what the user configured, which may be anywhere.
    configured: Resolver,
    connect_time: Duration,
}

impl Outside {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            named: Resolver::new(config.names.clone(), config.addresses.clone()),
            configured: Resolver::without_rules(config.names.clone()),
            connect_time: config.upstream.connect_time,
        }
    }
}

impl Outward for Outside {
    fn connect<'a>(
        &'a self,
        target: &'a Target,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, String>> + Send + 'a>> {
        let resolver = if configured { &self.configured } else { &self.named };
        Box::pin(async move {
            let connected = resolver.connect(&target.host, target.port, self.connect_time).await;
            connected.map_err(|error| error.to_string())
        })
    }
}
