//! Connections of HTTP clients: TLS with the trusted roots, or plain.

use super::resolve::{Names, Resolver};
use super::roots::{CaBundleError, Roots};
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::path::Path;
use std::time::Duration;

/// Shorter than AWS keeps a connection: one that the other side is about to close is not used for a write.
const POOL_IDLE_TIME: Duration = Duration::from_secs(20);

/// The HTTP versions that a connection may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpVersions {
    /// What upstream likes best.
    All,
    /// HTTP/1.1.
    Http1,
}

/// A pool of connections.
pub type HttpsPool<B> = Pool<HttpsConnector<HttpConnector<Resolver>>, B>;

/// Why there are no connections.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The file of trusted roots is of no use.
    #[error(transparent)]
    Bundle(#[from] CaBundleError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// A pool of HTTP/1.1 connections to any host, whose certificates the public roots, the system's or those of `bundle` vouch for. Reads
/// files: not for an async thread.
///
/// # Errors
/// Where `bundle` cannot be used.
pub fn https_pool<B>(bundle: Option<&Path>, connect_time: Duration) -> Result<HttpsPool<B>, HttpsError>
where
    B: Body + Send,
    B::Data: Send,
{
    let roots = Roots::read(bundle)?;
    Ok(build_pool(&roots, connect_time, Resolver::without_rules(Names::System), HttpVersions::Http1)?)
}

/// As [`https_pool`].
pub(super) fn build_pool<B>(
    roots: &Roots,
    connect_time: Duration,
    resolver: Resolver,
    versions: HttpVersions,
) -> Result<HttpsPool<B>, rustls::Error>
where
    B: Body + Send,
    B::Data: Send,
{
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_time));
    let tls = HttpsConnectorBuilder::new().with_tls_config(roots.client_config()?).https_or_http();
    let connector = match versions {
        HttpVersions::All => tls.enable_all_versions().wrap_connector(tcp),
        HttpVersions::Http1 => tls.enable_http1().wrap_connector(tcp),
    };
    Ok(Pool::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE_TIME)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .build(connector))
}
