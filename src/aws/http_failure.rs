//! Turns errors of the HTTP and TLS stacks into [`UpstreamError`]s.

use super::error::UpstreamError;
use super::resolve::ResolveError;
use hyper_util::client::legacy;
use std::error::Error;
use std::io;

/// What the connector calls a failure before TLS began; it has no type that could be asked.
const DNS_FAILED: &str = "dns error";
const TCP_FAILED: &str = "tcp connect error";

/// Whether the connection was not made in time.
pub(super) fn is_connect_timeout(error: &legacy::Error) -> bool {
    error.is_connect() && io_kind(error) == Some(io::ErrorKind::TimedOut)
}

/// The error for a request that got no response head.
pub(super) fn classify(error: &legacy::Error, host: &str) -> UpstreamError {
    let host = host.to_owned();
    if error.is_connect() {
        return classify_connect(error, host);
    }
    let reason = last_reason(error);
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => UpstreamError::Garbage { host, reason },
        _ => UpstreamError::Reset { host, reason },
    }
}

fn classify_connect(error: &legacy::Error, host: String) -> UpstreamError {
    let reason = last_reason(error);
    if let Some(error) = find::<ResolveError>(error) {
        return UpstreamError::unresolved(&host, error);
    }
    let failed = |step| chain(error).any(|error| error.to_string() == step);
    if failed(DNS_FAILED) {
        UpstreamError::Dns { host }
    } else if !failed(TCP_FAILED) {
        UpstreamError::Tls { host, reason }
    } else if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
        UpstreamError::Refused { host }
    } else {
        UpstreamError::NoRoute { host, reason }
    }
}

fn io_kind(error: &legacy::Error) -> Option<io::ErrorKind> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}

fn find<E: Error + 'static>(error: &legacy::Error) -> Option<&E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// The text of the innermost cause, which says most.
fn last_reason(error: &legacy::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error and its causes. An I/O error's `source` leaves out the error that it was made from.
fn chain<'a>(error: &'a legacy::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}
