//! `ramtape health`: whether a ramtape answers. What an image without a shell and without curl is asked with.

use crate::cli::HealthArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::with_causes;
use crate::ui::{CommandError, Console, Exit, output};
use http::Uri;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A ramtape that takes longer to accept, or then to say anything, is not well.
const PATIENCE: Duration = Duration::from_secs(2);
/// Its answer has some hundred bytes.
const MOST_BYTES: u64 = 64 * 1024;

pub(super) fn run(args: &HealthArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let authority = match &args.url {
        Some(url) => authority(url)?,
        None => listening(&Config::from_settings(Settings::load(args.layer(), environment)?, RecordMode::None)?)?,
    };
    match ask(&authority) {
        Ok(state) => output::print_line(&state).map(|()| Exit::Well),
        Err(error) => {
            console.problem(&format!("no healthy ramtape at http://{authority}: {}", with_causes(&error)));
            Ok(Exit::Failed)
        }
    }
}

/// `host:port` of a base URL; what follows is for clients.
fn authority(url: &str) -> Result<String, CommandError> {
    let uri: Option<Uri> = url.parse().ok();
    uri.as_ref()
        .filter(|uri| uri.scheme_str() == Some("http"))
        .and_then(|uri| Some(format!("{}:{}", uri.host()?, uri.port_u16().unwrap_or(80))))
        .ok_or_else(|| {
            CommandError::Usage(format!("{url} is no base URL to ask over plain HTTP, such as http://127.0.0.1:8181"))
        })
}

/// Where a ramtape with this configuration is reached from its own machine.
fn listening(config: &Config) -> Result<String, CommandError> {
    let ip = match config.listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    match config.listen.port() {
        0 => Err(CommandError::Usage(
            "which ramtape? Give its base URL, or set RAMTAPE_LISTEN to where it listens".to_owned(),
        )),
        port => Ok(SocketAddr::new(ip, port).to_string()),
    }
}

/// The state that the ramtape at `authority` tells, as JSON.
fn ask(authority: &str) -> io::Result<String> {
    let mut stream = connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /_ramtape/health HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(MOST_BYTES).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if !head.starts_with("HTTP/1.1 200 ") || !body.starts_with("{\"status\":\"ok\"") {
        let first = head.lines().next().unwrap_or_default();
        return Err(io::Error::other(format!("it answered {first:?}")));
    }
    Ok(body.trim_end().to_owned())
}

/// The first of the host's addresses that accepts.
fn connect(authority: &str) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::other("the name has no address"));
    for address in authority.to_socket_addrs()? {
        outcome = TcpStream::connect_timeout(&address, PATIENCE);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn a_base_url_leads_to_its_host_and_port() {
        assert_eq!(authority("http://127.0.0.1:8181/~key-abc").unwrap(), "127.0.0.1:8181");
        assert_eq!(authority("http://[::1]:8181").unwrap(), "[::1]:8181");
        assert_eq!(authority("http://replay").unwrap(), "replay:80");
        for wrong in ["127.0.0.1:8181", "https://127.0.0.1:8181", "http://", "/x", ""] {
            assert!(authority(wrong).is_err(), "{wrong}");
        }
    }
}
