//! CONNECT: a client that takes ramtape for its HTTPS proxy names a host, and gets a tunnel to it, or ramtape in its place.

mod policy;
mod serve;
mod target;
mod tunnel;

pub(super) use policy::ConnectCounters;
pub use policy::{ConnectPolicy, Connector, TunnelCounts};
pub(super) use serve::{METHOD, is_connect, serve_connect};
pub(super) use target::HTTPS;
pub use target::{ConnectTarget, InvalidTarget};
