//! `[remote]`, checked.

use super::values::{count, refused};
use super::{AwsVariables, ConfigError, ENDPOINT_VARIABLE, RawRemote};
use crate::aws::CredentialSource;
use crate::model::{Secret, without_secrets};
use crate::remote::{Location, RemoteSettings};
use http::Uri;
use std::net::IpAddr;
use std::path::PathBuf;

/// The variable with the endpoint of S3, as AWS's own tools know it.
const S3_ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// What else counts for an object store.
pub(super) struct Surroundings<'s> {
    /// What the environment says to AWS clients.
    pub(super) aws: &'s AwsVariables,
    /// What it says to the tools of Google's and Azure's stores.
    pub(super) variables: Vec<(String, Secret)>,
    /// The configured region and profile.
    pub(super) region: &'s str,
    pub(super) profile: Option<&'s String>,
    pub(super) ca_bundle: Option<PathBuf>,
}

/// The object store that `raw` names; `None` where it names none.
pub(super) fn checked(raw: RawRemote, around: Surroundings<'_>) -> Result<Option<RemoteSettings>, ConfigError> {
    let connections = count(raw.connections, "remote.connections")?;
    let Some(url) = raw.url.filter(|url| !url.is_empty()) else { return Ok(None) };
    let location =
        Location::parse(&url).map_err(|error| refused("remote.url", without_secrets(&url), error.to_string()))?;
    let of_environment = || {
        let aws = Some(around.aws).filter(|aws| aws.ignores_endpoints != Some(true))?;
        [S3_ENDPOINT, ENDPOINT_VARIABLE].iter().find_map(|name| aws.endpoints.get(*name)).cloned()
    };
    let is_s3 = matches!(location, Location::S3 { .. });
    let endpoint = raw.endpoint.or_else(|| is_s3.then(of_environment).flatten());
    let endpoint = endpoint.map(|endpoint| checked_endpoint(endpoint, raw.allow_http == Some(true))).transpose()?;
    let credentials = match raw.profile.as_ref().or(around.profile) {
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => CredentialSource::DefaultChain { profile: around.aws.profile.clone().map(|(_, profile)| profile) },
    };
    Ok(Some(RemoteSettings {
        location,
        endpoint,
        path_style: raw.path_style,
        region: raw.region.unwrap_or_else(|| around.region.to_owned()),
        credentials,
        account: raw.account,
        variables: around.variables,
        ca_bundle: around.ca_bundle,
        connections,
    }))
}

/// Credentials and recordings go there: in the clear only on this machine, or where somebody says so.
fn checked_endpoint(endpoint: String, allow_http: bool) -> Result<String, ConfigError> {
    let wrong = |reason: &'static str| refused("remote.endpoint", without_secrets(&endpoint), reason);
    let uri: Uri = endpoint.parse().map_err(|_| wrong("it is no URL, as http://127.0.0.1:9000"))?;
    let host = uri.host().ok_or_else(|| wrong("it is no URL with a host, as http://127.0.0.1:9000"))?;
    let is_local = || {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match uri.scheme_str() {
        Some("https") => Ok(endpoint),
        Some("http") if allow_http || is_local() => Ok(endpoint),
        Some("http") => {
            Err(wrong("recordings would go there unencrypted: use https, or set allow_http = true in [remote]"))
        }
        _ => Err(wrong("it begins neither with https:// nor with http://")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::{Environment, RawConfig, RecordMode, Settings};
    use super::*;
    use crate::config::Config;

    fn remote(toml: &str, variables: &[(&str, &str)]) -> Result<Option<RemoteSettings>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ramtape.toml"), format!("[remote]\n{toml}")).unwrap();
        let environment = Environment::from_variables(variables.iter().copied(), folder.path());
        let settings = Settings::load(RawConfig::default(), &environment).unwrap();
        let config =
            Config::from_settings(settings, RecordMode::None).map_err(|error| crate::model::with_causes(&error))?;
        // A folder's path begins with the file's.
        Ok(config.remote.map(|mut remote| {
            if let Location::Folder(path) = &mut remote.location {
                *path = path.strip_prefix(folder.path()).unwrap_or(path).to_owned();
            }
            remote
        }))
    }

    #[test]
    fn a_remote_is_named_by_file_or_variable() {
        assert!(remote("", &[]).unwrap().is_none());
        let of_file = remote("url = 's3://bucket/x'\nregion = 'eu-west-1'\nprofile = 'ci'", &[]).unwrap().unwrap();
        assert_eq!((of_file.location.to_string().as_str(), of_file.region.as_str()), ("s3://bucket/x", "eu-west-1"));
        assert_eq!(of_file.credentials, CredentialSource::Profile("ci".to_owned()));
        let of_variable = remote("", &[("RAMTAPE_REMOTE_URL", "gs://bucket"), ("GOOGLE_X", "y")]).unwrap().unwrap();
        assert_eq!((of_variable.connections, of_variable.variables.len()), (32, 1));
        let folder = remote("url = 'shared/takes'", &[]).unwrap().unwrap();
        assert_eq!(folder.location, Location::Folder("shared/takes".into()));
    }

    #[test]
    fn the_endpoint_of_s3_is_where_aws_tools_look_for_it() {
        let endpoint = |toml: &str, variables: &[(&str, &str)]| remote(toml, variables).unwrap().unwrap().endpoint;
        let (all, s3) = (("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"));
        assert_eq!(endpoint("url = 's3://b'", &[all]).unwrap(), all.1);
        assert_eq!(endpoint("url = 's3://b'", &[all, s3]).unwrap(), s3.1);
        assert_eq!(endpoint("url = 's3://b'\nendpoint = 'https://minio'", &[all, s3]).unwrap(), "https://minio");
        assert_eq!(endpoint("url = 'az://b'", &[all, s3]), None);
        assert_eq!(endpoint("url = 's3://b'", &[all, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]), None);
    }

    #[test]
    fn recordings_do_not_go_out_unencrypted_by_chance() {
        let error = remote("url = 's3://b'\nendpoint = 'http://minio:9000'", &[]).unwrap_err();
        assert!(error.contains("allow_http = true") && error.contains("http://minio:9000"), "{error}");
        for fine in ["http://localhost:1", "http://[::1]:1", "https://minio", "http://minio'\nallow_http = true #'"] {
            assert!(remote(&format!("url = 's3://b'\nendpoint = '{fine}'"), &[]).is_ok(), "{fine}");
        }
        for wrong in ["minio", "ftp://minio", ""] {
            assert!(remote(&format!("url = 's3://b'\nendpoint = '{wrong}'"), &[]).is_err(), "{wrong}");
        }
        let error = remote("url = 's3://key:hidden@bucket'", &[]).unwrap_err();
        assert!(error.contains("remote.url") && !error.contains("hidden"), "{error}");
    }
}
