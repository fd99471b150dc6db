//! ramtape as an HTTP proxy, in this process: CONNECT, absolute form, TLS, and what goes upstream.

mod addresses;
mod chains;
mod connect;
mod requests;
mod sessions;
mod tls;
mod tunnels;
