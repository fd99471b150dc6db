//! The `object_store` crate's stores, made from settings.

use super::credentials::AwsChain;
use super::error::causes;
use super::http_client::Connector;
use super::{Location, RemoteSettings};
use crate::aws::Credentials;
use object_store::aws::{AmazonS3Builder, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a provider of credentials may take.
const CREDENTIALS_TIME: Duration = Duration::from_secs(30);

/// The store that `settings` name; the reason where there is none.
pub(super) fn open(settings: &RemoteSettings) -> Result<Arc<dyn ObjectStore>, String> {
    match &settings.location {
        Location::S3 { bucket, .. } => s3(settings, bucket),
        Location::Gcs { bucket, .. } => gcs(settings, bucket),
        Location::Azure { account, container, .. } => azure(settings, account.as_deref(), container),
        Location::Folder(path) => folder(path),
    }
}

fn s3(settings: &RemoteSettings, bucket: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let source = settings.credentials.clone();
    let keys = Credentials::open(source, &settings.region, CREDENTIALS_TIME, settings.ca_bundle.as_deref());
    let keys = keys.map_err(|error| error.to_string())?;
    let path_style = settings.path_style.unwrap_or(settings.endpoint.is_some());
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&settings.region)
        .with_virtual_hosted_style_request(!path_style)
        .with_credentials(Arc::new(AwsChain(keys)))
        .with_checksum_algorithm(Checksum::SHA256)
        .with_client_options(options())
        .with_allow_http(true)
        .with_retry(retries())
        .with_http_connector(connector(settings));
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(if path_style { endpoint.clone() } else { in_host(endpoint, bucket) });
    }
    builder.build().map(|store| Arc::new(store) as _).map_err(|error| describe_setup(&error, "its endpoint or bucket"))
}

/// The base URL `endpoint` with the bucket in its host.
fn in_host(endpoint: &str, bucket: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, host)) => format!("{scheme}://{bucket}.{host}"),
        None => endpoint.to_owned(),
    }
}

fn gcs(settings: &RemoteSettings, bucket: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (key, value) in variables(settings, "GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    let mut builder = builder
        .with_bucket_name(bucket)
        .with_client_options(options())
        .with_retry(retries())
        .with_http_connector(connector(settings));
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_base_url(endpoint);
    }
    builder
        .build()
        .map(|store| Arc::new(store) as _)
        .map_err(|error| describe_setup(&error, "a credential in GOOGLE_…"))
}

fn azure(settings: &RemoteSettings, account: Option<&str>, container: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in variables(settings, "AZURE_") {
        builder = builder.with_config(key, value);
    }
    if let Some((_, url)) = settings.variables.iter().find(|(name, _)| name == "IDENTITY_ENDPOINT") {
        builder = builder.with_msi_endpoint(url.expose());
    }
    let mut builder = builder
        .with_container_name(container)
        .with_client_options(options())
        .with_allow_http(true)
        .with_retry(retries())
        .with_http_connector(connector(settings));
    let account = account.or(settings.account.as_deref());
    if let Some(account) = account {
        builder = builder.with_account(account);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let named = account.is_some() || settings.variables.iter().any(|(name, _)| name == "AZURE_STORAGE_ACCOUNT_NAME");
    builder.build().map(|store| Arc::new(store) as _).map_err(|error| match named {
        true => describe_setup(&error, "a credential in AZURE_…"),
        false => "no storage account is named: set `account` in [remote] or AZURE_STORAGE_ACCOUNT_NAME".to_owned(),
    })
}

/// Why a store cannot be made of settings; `what` is what it is about. The crate's own words can repeat a key that it could not read:
/// only what the system says of a file is told.
fn describe_setup(error: &object_store::Error, what: &str) -> String {
    let of_system = causes(error).find_map(|cause| cause.downcast_ref::<std::io::Error>());
    of_system.map_or_else(|| format!("{what} is not what it should be"), |error| format!("{what}: {error}"))
}

/// The variables that begin with `prefix` and that the store knows.
fn variables<'s, K: std::str::FromStr>(
    settings: &'s RemoteSettings,
    prefix: &'s str,
) -> impl Iterator<Item = (K, &'s str)> {
    let ours = settings.variables.iter().filter(move |(name, _)| name.starts_with(prefix));
    ours.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value.expose())))
}

/// A folder is made where it is not there; what it is in is not: that would be a typing error.
fn folder(path: &Path) -> Result<Arc<dyn ObjectStore>, String> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.to_string()),
        _ => {}
    }
    let store = LocalFileSystem::new_with_prefix(path).map_err(|error| error.to_string())?;
    Ok(Arc::new(store))
}

fn connector(settings: &RemoteSettings) -> Connector {
    Connector { ca_bundle: settings.ca_bundle.clone() }
}

/// Which base URLs are spoken to without TLS was decided with the settings.
fn options() -> ClientOptions {
    ClientOptions::new().with_allow_http(true)
}

/// A store that throttles or restarts is waited for, one that is not there is told soon.
fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(4),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(30) }
}
