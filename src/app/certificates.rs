//! Which hosts ramtape's certificate authority is made for, and where it is.

use crate::ca::{AuthorityStore, CaError, CertificateAuthority};
use crate::config::Config;
use std::time::Duration;

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It cannot be made, read or written.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// There is no place for it.
    #[error("no home folder to keep the certificate authority in: choose a folder with --ca-folder")]
    NoFolder,
}

/// The folder of the authority.
pub(crate) fn store(config: &Config) -> Result<AuthorityStore, AuthorityError> {
    config.ca.folder.as_ref().map(AuthorityStore::at).ok_or(AuthorityError::NoFolder)
}

/// A new authority for the hosts of the recorded services in all regions that are known or configured.
pub(crate) fn authority(config: &Config, lifetime: Duration) -> Result<CertificateAuthority, AuthorityError> {
    let mut regions: Vec<&String> =
        config.service.regions.iter().chain(&config.ca.regions).chain([&config.region]).collect();
    regions.sort();
    regions.dedup();
    let of_region =
        |region: &String| config.endpoints.iter().flat_map(|service| service.all_hosts(region)).collect::<Vec<_>>();
    let mut hosts: Vec<String> = regions.into_iter().flat_map(of_region).collect();
    hosts.sort();
    hosts.dedup();
    Ok(CertificateAuthority::make(&hosts, lifetime)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::{Environment, RawConfig, RecordMode, Settings};

    #[test]
    fn speaks_for_every_region_that_is_known_or_configured() {
        let nowhere = Environment::from_variables::<&str, &str>([], "/nowhere");
        let written: RawConfig = toml::from_str("region = 'xx-new-1'\nca_regions = ['xx-other-1']").unwrap();
        let config = Config::from_settings(Settings::load(written, &nowhere).unwrap(), RecordMode::None).unwrap();
        let authority = authority(&config, Duration::from_secs(60)).unwrap();
        for host in [
            "ram.us-east-1.amazonaws.com",
            "ram-fips.us-west-2.amazonaws.com",
            "ram.eu-west-1.api.aws",
            "ram-fips.us-east-1.api.aws",
            "ram.cn-north-1.amazonaws.com.cn",
            "ram.us-iso-east-1.c2s.ic.gov",
            "ram.xx-new-1.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
            "sts.amazonaws.com",
            "ram.xx-other-1.amazonaws.com",
        ] {
            assert!(authority.may_speak_for(host), "{host}");
        }
        for host in ["ec2.us-east-1.amazonaws.com", "ram.xx-third-1.amazonaws.com", "amazonaws.com"] {
            assert!(!authority.may_speak_for(host), "{host}");
        }
    }
}
