//! The state of a running proxy.

use super::connect::{ConnectCounters, ConnectPolicy};
use super::key_leak_guard::KeyLeakGuard;
use super::request_guard::RequestGuard;
use crate::admin::AdminApi;
use crate::ca::ServerCertificates;
use crate::model::Secret;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What all connections of a proxy share.
pub(super) struct ServerState<A> {
    pub(super) guard: RequestGuard,
    pub(super) key: Secret,
    pub(super) key_leak_guard: KeyLeakGuard,
    pub(super) handler: Arc<A>,
    pub(super) admin: Arc<AdminApi>,
    /// Where the listening port speaks TLS.
    pub(super) tls: Option<ListenerTls>,
    /// Where CONNECT may lead to.
    pub(super) connect_policy: ConnectPolicy,
    /// Room for tunnels.
    pub(super) tunnels: Semaphore,
    pub(super) connect_counters: Arc<ConnectCounters>,
}

/// TLS on the listening port.
pub(super) struct ListenerTls {
    pub(super) certificates: Arc<ServerCertificates>,
    /// The names and addresses that its certificate is for.
    pub(super) hosts: Vec<String>,
}

impl ListenerTls {
    /// The names, for messages.
    pub(super) fn host_list(&self) -> String {
        self.hosts.join(", ")
    }
}
