//! Names of hosts: what is taken for an endpoint of RAM, or for one of AWS's hosts, is nothing else's name.

use ramtape::aws::{ServiceHost, endpoint_host, is_aws_host};

/// The domains that AWS's partitions have.
const DOMAINS: [&str; 14] = [
    "amazonaws.com",
    "api.aws",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
];

pub(crate) fn check(data: &[u8]) {
    let Ok(host) = std::str::from_utf8(data) else { return };
    if is_aws_host(host) {
        plain(host);
        assert!(is_of_aws(host), "{host}");
    }
    let Some(parsed) = ServiceHost::parse(host, "ram") else { return };
    plain(host);
    assert!(is_aws_host(host), "{host}");
    let labels: Vec<&str> = host.split('.').collect();
    assert_eq!(labels[0], if parsed.fips { "ram-fips" } else { "ram" }, "{host}");
    assert_eq!(labels[1], parsed.region, "{host}");
    assert!(DOMAINS.contains(&labels[2..].join(".").as_str()), "{host}");
    assert!(ServiceHost::parse(&endpoint_host("ram", parsed.region), "ram").is_some(), "{host}");
    // One letter more at either end, and it is another's.
    for other in
        [format!("x{host}"), format!("{host}x"), format!("{host}."), format!("{host}.evil.test"), host.to_uppercase()]
    {
        assert_eq!(ServiceHost::parse(&other, "ram"), None, "{other}");
    }
}

/// Whether `host` is a plain name below one of AWS's domains.
pub(crate) fn is_of_aws(host: &str) -> bool {
    plain(host);
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')))
}

/// Nothing that ends a name for somebody else: no blank, no port, no user, no path, no address.
fn plain(host: &str) {
    assert!(
        host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte)),
        "{host}"
    );
    assert!(host.parse::<std::net::IpAddr>().is_err(), "{host}");
    assert!(host.len() <= 253 && !host.contains(".."), "{host}");
}
