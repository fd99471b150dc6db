//! Starts and stops the proxy.

use super::connect::{ConnectCounters, TunnelCounts};
use super::handler::Handler;
use super::host_port::OwnNames;
use super::key_leak_guard::KeyLeakGuard;
use super::listener;
use super::request_guard::RequestGuard;
use super::server_state::{ListenerTls, ServerState};
use super::settings::{ProxyError, ProxySettings};
use crate::admin::AdminApi;
use crate::ca::{CaError, ServerCertificates};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// A proxy that listens. Dropping it stops it as [`RunningProxy::stop`] does, without waiting.
#[derive(Debug)]
pub struct RunningProxy {
    /// The address that it listens on, the port filled in.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    counters: Arc<ConnectCounters>,
}

impl RunningProxy {
    /// How many tunnels there were so far.
    #[must_use]
    pub fn tunnels(&self) -> TunnelCounts {
        self.counters.counts()
    }

    /// Stops accepting, lets requests in flight finish within five seconds, then drops what is left. Returns how many tunnels
    /// there were.
    pub async fn stop(self) -> TunnelCounts {
        self.stopping.send_replace(true);
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the accept loop failed");
        }
        self.counters.counts()
    }
}

/// Binds first, then serves in the background; the address handed back can be connected to at once.
///
/// # Errors
/// When the address cannot be bound, or is not loopback without leave, or there is no certificate for TLS.
pub async fn start<A: Handler>(
    settings: ProxySettings,
    handler: Arc<A>,
    admin: Arc<AdminApi>,
) -> Result<RunningProxy, ProxyError> {
    let listener = listener::bind(settings.listen, settings.allow_remote).await?;
    let addr = listener.local_addr().map_err(ProxyError::NoAddress)?;
    let guard = RequestGuard {
        own: OwnNames { listen: addr, allowed: settings.allowed_hosts },
        services: settings.services,
        guarded: settings.guarded,
        limits: settings.limits.clone(),
        instance: settings.instance,
    };
    let tls = match settings.tls {
        Some(certificates) => Some(listener_tls(certificates, addr.ip()).await?),
        None => None,
    };
    let counters = Arc::new(ConnectCounters::default());
    let state = Arc::new(ServerState {
        guard,
        key_leak_guard: KeyLeakGuard::new(&settings.key),
        key: settings.key,
        handler,
        admin,
        tls,
        tunnels: Semaphore::new(settings.limits.tunnels.min(Semaphore::MAX_PERMITS)),
        connect_policy: settings.connect_policy,
        connect_counters: Arc::clone(&counters),
    });
    let (stopping, on_stop) = watch::channel(false);
    let accepting = tokio::spawn(listener::accept(listener, state, on_stop));
    Ok(RunningProxy { addr, stopping, accepting, counters })
}

/// TLS for loopback, the only address that the authority may sign for. Signs a certificate now: an error shows at the start.
async fn listener_tls(certificates: Arc<ServerCertificates>, listen: IpAddr) -> Result<ListenerTls, CaError> {
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let address = listen.to_string();
    if listen.is_loopback() && !hosts.contains(&address) {
        hosts.push(address);
    }
    certificates.config_for_hosts(&hosts).await?;
    Ok(ListenerTls { certificates, hosts })
}
