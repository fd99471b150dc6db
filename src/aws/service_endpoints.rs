//! The endpoints of the services that are recorded: their hosts, and the regions that signatures for them name.

use super::hosts::{EndpointKind, ServiceHost, endpoint_hosts, usual_suffix};
use std::sync::Arc;

/// An endpoint that serves all regions of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedEndpoint {
    /// What the names of those regions begin with.
    pub regions: String,
    /// Its host; where there is none, the hosts are those of each region.
    pub host: Option<String>,
    /// The region that signatures name.
    pub region: Option<String>,
}

/// Where a service is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceEndpoint {
    /// The service's name, as in the scope of a signature.
    pub name: String,
    /// What its hosts begin with.
    pub label: String,
    /// Its endpoints that are not regional; of several that fit a region the last one counts.
    pub fixed: Vec<FixedEndpoint>,
    /// Further hosts that clients know it by.
    pub hosts: Vec<String>,
    /// Whether names below its hosts are its own too, as of buckets.
    pub virtual_hosts: bool,
    /// Whether it is signed for as for S3: the path as it stands, and the body's hash in a header.
    pub as_s3: bool,
}

/// The service and the region of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressedService<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The region that signatures for it name.
    pub region: &'a str,
}

/// The region of hosts that name none.
const USUAL_REGION: &str = "us-east-1";

impl ServiceEndpoint {
    /// A service with an endpoint in each region, `NAME.REGION.SUFFIX`.
    #[must_use]
    pub fn regional(name: &str) -> Self {
        Self { name: name.to_owned(), label: name.to_owned(), ..Self::default() }
    }

    /// The region that a signature names, of a request by a client that is set to `region`.
    #[must_use]
    pub fn signing_region<'a>(&'a self, region: &'a str) -> &'a str {
        self.fixed(region).and_then(|fixed| fixed.region.as_deref()).unwrap_or(region)
    }

    /// The host that a request for `region` goes to.
    #[must_use]
    pub fn host(&self, kind: EndpointKind, region: &str) -> String {
        match self.fixed(region).and_then(|fixed| fixed.host.clone()) {
            Some(host) => host,
            None => kind.host(&self.label, self.signing_region(region)),
        }
    }

    /// All of its hosts in `region`, what is below them aside.
    #[must_use]
    pub fn all_hosts(&self, region: &str) -> Vec<String> {
        let mut hosts = endpoint_hosts(&self.label, region);
        hosts.extend(self.fixed(region).and_then(|fixed| fixed.host.clone()));
        hosts.extend(self.virtual_hosts.then(|| format!("{}.dualstack.{region}.{}", self.label, usual_suffix(region))));
        hosts.extend(self.hosts.iter().cloned());
        hosts
    }

    /// The region of `host`, if it is one of the service's, spelled as SDKs spell them.
    fn region_of<'a>(&'a self, host: &'a str) -> Option<&'a str> {
        let named = |fixed: &&FixedEndpoint| fixed.host.as_deref() == Some(host);
        if let Some(fixed) = self.fixed.iter().find(named) {
            return Some(fixed.region.as_deref().unwrap_or(USUAL_REGION));
        }
        if self.hosts.iter().any(|own| own == host) {
            return Some(self.signing_region(USUAL_REGION));
        }
        if let Some(found) = ServiceHost::parse(host, &self.label) {
            return Some(self.signing_region(found.region));
        }
        if !self.virtual_hosts {
            return None;
        }
        // `bucket.s3.REGION…`, a bucket's name having dots or none; and `s3.dualstack.REGION…`.
        let label = format!("{}.", self.label);
        let dual = |host: &'a str| -> Option<&'a str> {
            let rest = host.strip_prefix(label.as_str())?.strip_prefix("dualstack.")?;
            let region = rest.split('.').next()?;
            (rest.strip_prefix(region)?.strip_prefix('.')? == usual_suffix(region)).then_some(region)
        };
        dual(host).or_else(|| {
            let below = host.match_indices(&format!(".{label}")).map(|(at, _)| at + 1).last()?;
            let host = host.get(below..)?;
            let own = self.hosts.iter().any(|own| own == host).then_some(USUAL_REGION);
            own.or_else(|| Some(ServiceHost::parse(host, &self.label)?.region)).or_else(|| dual(host))
        })
    }

    fn fixed(&self, region: &str) -> Option<&FixedEndpoint> {
        self.fixed.iter().rev().find(|fixed| region.starts_with(&fixed.regions))
    }
}

/// The endpoints of all services that are recorded.
#[derive(Clone, Debug, Default)]
pub struct ServiceEndpoints(Arc<[ServiceEndpoint]>);

impl ServiceEndpoints {
    /// Those of `services`.
    #[must_use]
    pub fn new(services: Vec<ServiceEndpoint>) -> Self {
        Self(services.into())
    }

    /// The services, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceEndpoint> {
        self.0.iter()
    }

    /// The service called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ServiceEndpoint> {
        self.0.iter().find(|service| service.name == name)
    }

    /// The service that `host`, which has no port, is an endpoint of, and the region.
    #[must_use]
    pub fn find<'a>(&'a self, host: &'a str) -> Option<AddressedService<'a>> {
        self.0
            .iter()
            .find_map(|service| Some(AddressedService { service: &service.name, region: service.region_of(host)? }))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn endpoints() -> ServiceEndpoints {
        let fixed = |regions: &str, host: &str, region: &str| FixedEndpoint {
            regions: regions.into(),
            host: Some(host.into()),
            region: Some(region.into()),
        };
        ServiceEndpoints::new(vec![
            ServiceEndpoint::regional("ram"),
            ServiceEndpoint { hosts: vec!["sts.amazonaws.com".into()], ..ServiceEndpoint::regional("sts") },
            ServiceEndpoint {
                fixed: vec![
                    fixed("", "iam.amazonaws.com", "us-east-1"),
                    fixed("cn-", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                ],
                ..ServiceEndpoint::regional("iam")
            },
            ServiceEndpoint {
                hosts: vec!["s3.amazonaws.com".into()],
                virtual_hosts: true,
                ..ServiceEndpoint::regional("s3")
            },
        ])
    }

    #[test]
    fn each_host_is_of_one_service_and_region() {
        let endpoints = endpoints();
        for (host, service, region) in [
            ("ram.eu-west-1.amazonaws.com", "ram", "eu-west-1"),
            ("sts.amazonaws.com", "sts", "us-east-1"),
            ("sts-fips.us-west-2.amazonaws.com", "sts", "us-west-2"),
            ("iam.amazonaws.com", "iam", "us-east-1"),
            ("iam.cn-north-1.amazonaws.com.cn", "iam", "cn-north-1"),
            ("s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("bucket.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("a.b.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("bucket.s3.amazonaws.com", "s3", "us-east-1"),
            ("s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("bucket.s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
        ] {
            assert_eq!(endpoints.find(host), Some(AddressedService { service, region }), "{host}");
        }
        for host in [
            "ec2.eu-west-1.amazonaws.com",
            "x.sts.amazonaws.com",
            "iam.amazonaws.com.evil.test",
            "bucket.s3.eu-west-1.evil.test",
            "evil.iam.amazonaws.com",
            "s3.dualstack.eu-west-1.evil.test",
            "",
        ] {
            assert_eq!(endpoints.find(host), None, "{host}");
        }
    }

    #[test]
    fn a_service_that_is_not_regional_is_asked_in_its_own_region() {
        let endpoints = endpoints();
        let iam = endpoints.get("iam").unwrap();
        let usual = EndpointKind::default();
        assert_eq!(
            (iam.host(usual, "eu-west-1"), iam.signing_region("eu-west-1")),
            ("iam.amazonaws.com".into(), "us-east-1")
        );
        assert_eq!(iam.host(usual, "cn-northwest-1"), "iam.cn-north-1.amazonaws.com.cn");
        let sts = endpoints.get("sts").unwrap();
        assert_eq!(sts.host(usual, "eu-west-1"), "sts.eu-west-1.amazonaws.com");
        assert_eq!(sts.signing_region("eu-west-1"), "eu-west-1");
    }
}
