//! Which hosts ramtape's certificate authority is made for, and where it is.

use crate::ca::{Authority, CaError, Store};
use crate::config::Config;
use crate::upstream::{Endpoint, UpstreamError};
use std::time::Duration;

/// How endpoints with validated cryptography are called.
const FIPS: &str = "-fips";

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It cannot be made, read or written.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// There is no place for it.
    #[error("there is no home folder to keep the certificate authority in: name one with --ca-folder")]
    NoFolder,
    /// A region that can't be part of a host name.
    #[error("no certificate authority can be made")]
    Region(#[from] UpstreamError),
}

/// The folder of the authority.
pub(crate) fn store(config: &Config) -> Result<Store, AuthorityError> {
    config.ca.folder.as_ref().map(Store::at).ok_or(AuthorityError::NoFolder)
}

/// A new authority for the service's hosts in all regions that are known or configured.
pub(crate) fn authority(config: &Config, lifetime: Duration) -> Result<Authority, AuthorityError> {
    let mut regions: Vec<&String> =
        config.service.regions.iter().chain(&config.ca.regions).chain([&config.region]).collect();
    regions.sort();
    regions.dedup();
    let services = [config.service.name.clone(), format!("{}{FIPS}", config.service.name)];
    let mut hosts = Vec::new();
    for service in services {
        let endpoint = Endpoint::Public { service };
        for region in &regions {
            let url = endpoint.url(region, "/", "")?;
            hosts.extend(url.host().map(str::to_owned));
        }
    }
    Ok(Authority::make(&hosts, lifetime)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::{Environment, RawConfig, RecordMode, Settings};

    #[test]
    fn speaks_for_every_region_that_is_known_or_configured() {
        let nowhere = Environment::of::<&str, &str>([], "/nowhere");
        let written: RawConfig = toml::from_str("region = 'xx-new-1'\nca_regions = ['xx-other-1']").unwrap();
        let config = Config::from_settings(Settings::load(written, &nowhere).unwrap(), RecordMode::None).unwrap();
        let authority = authority(&config, Duration::from_secs(60)).unwrap();
        for host in [
            "ram.us-east-1.amazonaws.com",
            "ram-fips.us-west-2.amazonaws.com",
            "ram.cn-north-1.amazonaws.com.cn",
            "ram.us-iso-east-1.c2s.ic.gov",
            "ram.xx-new-1.amazonaws.com",
            "ram.xx-other-1.amazonaws.com",
        ] {
            assert!(authority.may_speak_for(host), "{host}");
        }
        for host in ["sts.us-east-1.amazonaws.com", "ram.xx-third-1.amazonaws.com", "amazonaws.com"] {
            assert!(!authority.may_speak_for(host), "{host}");
        }
    }
}
