//! What to type instead, where a command line is nearly right.

use super::Cli;
use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

impl Cli {
    /// Reads a command line; the error for one that is nearly right says what to type instead.
    ///
    /// # Errors
    /// Where it is wrong, or asks for help.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(line).map_err(with_suggestion)
    }
}

/// A path where none is expected is most likely a cassette's.
fn with_suggestion(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && !argument.starts_with('-')
    {
        let tip = format!("to choose a cassette use --cassette {argument}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

/// Why an address to listen on is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListenError {
    #[error("an address is needed too, as in {0}")]
    PortAlone(SocketAddr),
    #[error("expected an address and a port, as in 127.0.0.1:8181 or [::1]:0")]
    NoAddress,
}

/// An address to listen on.
pub(super) fn listen(text: &str) -> Result<SocketAddr, ListenError> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        let is_ours = matches!(text.rsplit_once(':'), None | Some(("" | "localhost", _)));
        match port.filter(|_| is_ours) {
            Some(port) => ListenError::PortAlone(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
            None => ListenError::NoAddress,
        }
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn refusal(line: &[&str]) -> String {
        Cli::read(["ramtape"].iter().chain(line).map(OsString::from)).unwrap_err().to_string()
    }

    #[test]
    fn a_cassette_in_the_wrong_place_is_led_to_its_flag() {
        for command in ["replay", "record", "prune", "verify", "seal", "coverage"] {
            let refusal = refusal(&[command, "cassettes/x"]);
            assert!(refusal.contains("--cassette cassettes/x"), "{refusal}");
        }
        assert!(!refusal(&["replay", "--cassete", "x"]).contains("a cassette's folder is named by a flag"));
    }

    #[test]
    fn a_port_alone_is_told_its_address() {
        for text in ["4599", ":4599", "localhost:4599"] {
            assert!(refusal(&["replay", "--listen", text]).contains("as in 127.0.0.1:4599"), "{text}");
        }
        for text in ["host.example:1", "x", "127.0.0.1"] {
            assert!(refusal(&["replay", "--listen", text]).contains("127.0.0.1:8181"), "{text}");
        }
    }
}
