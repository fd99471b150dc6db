//! CONNECT: a client that takes ramtape for its HTTPS proxy names a host, and gets a tunnel to it, or ramtape in its place.

mod policy;
mod serve;
mod tunnel;

pub(super) use policy::{ConnectCounters, HTTPS};
pub use policy::{ConnectPolicy, Connector, InvalidTarget, Target, TunnelCounts};
pub(super) use serve::{METHOD, is_connect, serve_connect};
