//! What the proxy needs of this machine: its cassette and its port.

use super::check::Check;
use std::net::{SocketAddr, TcpListener};

/// Whether the proxy could listen.
pub(super) fn port(listen: SocketAddr) -> Check {
    match TcpListener::bind(listen) {
        Ok(_) if listen.port() == 0 => Check::ok("port", format!("a free port on {} can be had", listen.ip())),
        Ok(_) => Check::ok("port", format!("{listen} is free")),
        Err(error) => {
            Check::fail("port", format!("{listen}: {error}"), "choose another with --listen, or stop who has it")
        }
    }
}
