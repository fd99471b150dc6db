//! What a file of somebody else's holds of requests and answers: its entries, and what they lack.

use super::{Door, Exchange, Request};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

/// One entry of a file of exchanges.
#[derive(Clone, Debug)]
pub struct TranscriptEntry {
    /// Its place in the file, counted from 1.
    pub number: usize,
    /// Method and URL without its query, for people; as far as they can be read.
    pub name: String,
    /// What it holds.
    pub exchange: Result<Exchange, Lack>,
}

/// Why an entry cannot be used as an exchange.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// It is not an entry.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A connection was switched to another protocol.
    #[error("it is a WebSocket")]
    WebSocket,
    /// Nothing was answered.
    #[error("it has no answer{}", if .0.is_empty() { String::new() } else { format!(" ({})", .0) })]
    NoAnswer(String),
    /// Whoever wrote the file left the request's body out.
    #[error("its request's body is not in the file")]
    NoRequestBody,
    /// Whoever wrote the file left the answer's body out.
    #[error("its answer's body is not in the file")]
    NoAnswerBody,
    /// Whoever wrote the file cut the answer's body.
    #[error("its answer's body is truncated: {there} of {size} bytes")]
    Truncated {
        /// How many bytes are there.
        there: u64,
        /// How many there were.
        size: u64,
    },
}

/// A URL taken apart.
#[derive(Clone, Debug)]
pub struct Address {
    authority: String,
    path: String,
    query: String,
    /// Whether it is a WebSocket's.
    pub is_socket: bool,
}

impl Address {
    /// The parts of `url`; a fragment, and a user with a password, are none of them.
    ///
    /// # Errors
    /// Where it is not a URL with a host.
    pub fn parse(url: &str) -> Result<Self, Lack> {
        let unreadable = |why: &str| Lack::Unreadable(format!("{why} in its URL"));
        let url = url.split('#').next().unwrap_or_default();
        let uri: Uri = url.parse().map_err(|_| unreadable("an invalid character"))?;
        let authority = uri.authority().ok_or_else(|| unreadable("no host"))?.as_str();
        Ok(Self {
            // The names of hosts have no case.
            authority: host(authority).to_ascii_lowercase(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            is_socket: matches!(uri.scheme_str(), Some("ws" | "wss")),
        })
    }

    /// The request that was sent there.
    #[must_use]
    pub fn request(self, method: Method, headers: HeaderMap, body: Bytes) -> Request {
        Request {
            method,
            signed_target: self.path.clone(),
            path: self.path,
            query: self.query,
            headers,
            body,
            authority: self.authority,
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }
}

/// The name of an entry in messages; it holds nothing secret.
#[must_use]
pub fn entry_name(method: &str, url: &str) -> String {
    let place = url.split(['?', '#']).next().unwrap_or_default();
    let shown = place.split_once("://").map(|(scheme, rest)| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        format!("{scheme}://{}{path}", host(authority))
    });
    format!("{method} {}", shown.as_deref().unwrap_or(place))
}

/// The host and port in the authority of a URL, without its user and password.
fn host(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::entry_name;

    #[test]
    fn an_entry_is_named_without_what_its_url_keeps_to_its_client() {
        for (url, name) in [
            (
                "https://jane:hunter2@ram.us-east-1.amazonaws.com/listprincipals?token=x#y",
                "POST https://ram.us-east-1.amazonaws.com/listprincipals",
            ),
            ("https://host/a@b", "POST https://host/a@b"),
            ("no url@all", "POST no url@all"),
        ] {
            assert_eq!(entry_name("POST", url), name);
        }
    }
}
