//! The names of AWS's endpoints.

const LONGEST_REGION: usize = 32;

/// The longest name that DNS can hold.
const LONGEST_NAME: usize = 253;

/// An AWS partition (`aws`, `aws-cn`, …): the prefix of its regions, and its domains.
struct Partition {
    /// What its regions' names begin with.
    regions: &'static str,
    /// What its endpoints' names end with: the usual ones, and those that have IPv6 addresses too.
    suffixes: [&'static str; 2],
}

/// As in the SDKs' `partitions.json`. What begins with none of these is in the first partition, `aws`.
const PARTITIONS: [Partition; 7] = [
    Partition { regions: "cn-", suffixes: ["amazonaws.com.cn", "api.amazonwebservices.com.cn"] },
    Partition { regions: "us-gov-", suffixes: ["amazonaws.com", "api.aws"] },
    Partition { regions: "us-iso-", suffixes: ["c2s.ic.gov", "api.aws.ic.gov"] },
    Partition { regions: "us-isob-", suffixes: ["sc2s.sgov.gov", "api.aws.scloud"] },
    Partition { regions: "eu-isoe-", suffixes: ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"] },
    Partition { regions: "us-isof-", suffixes: ["csp.hci.ic.gov", "api.aws.hci.ic.gov"] },
    Partition { regions: "eusc-", suffixes: ["amazonaws.eu", "api.amazonwebservices.eu"] },
];
const COMMERCIAL: Partition = Partition { regions: "", suffixes: ["amazonaws.com", "api.aws"] };

/// The name of a service's endpoint in one region, `SERVICE[-fips].REGION.SUFFIX`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceHost<'a> {
    /// The region.
    pub region: &'a str,
    /// Whether it is the endpoint with validated cryptography.
    pub fips: bool,
}

impl<'a> ServiceHost<'a> {
    /// Reads `host`, which has no port; `None` where it is not one of `service`'s endpoints, spelled as the SDKs spell them:
    /// in lower case, without a trailing dot, the region in the cloud that the suffix is of.
    #[must_use]
    pub fn parse(host: &'a str, service: &str) -> Option<Self> {
        let rest = host.strip_prefix(service)?;
        let (fips, rest) = match rest.strip_prefix("-fips") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (region, suffix) = rest.strip_prefix('.')?.split_once('.')?;
        let known = is_region(region) && partition(region).suffixes.contains(&suffix);
        known.then_some(Self { region, fips })
    }
}

/// Which of a service's endpoints in a region is asked, as SDKs are told by `use_fips_endpoint` and `use_dualstack_endpoint`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointKind {
    /// The one with validated cryptography.
    pub fips: bool,
    /// The one that has IPv6 addresses too.
    pub dual_stack: bool,
}

impl EndpointKind {
    /// The name of `service`'s endpoint of this kind in `region`.
    #[must_use]
    pub fn host(self, service: &str, region: &str) -> String {
        let [usual, dual_stack] = partition(region).suffixes;
        let suffix = if self.dual_stack { dual_stack } else { usual };
        // In GovCloud the usual endpoint is the validated one, and SDKs ask it.
        let is_usual = region.starts_with("us-gov-") && !self.dual_stack;
        let fips = if self.fips && !is_usual { "-fips" } else { "" };
        format!("{service}{fips}.{region}.{suffix}")
    }
}

/// The name of `service`'s usual endpoint in `region`.
#[must_use]
pub fn endpoint_host(service: &str, region: &str) -> String {
    EndpointKind::default().host(service, region)
}

/// All names of `service`'s endpoints in `region`: the usual one, with validated cryptography, and both with IPv6 addresses
/// too.
#[must_use]
pub fn endpoint_hosts(service: &str, region: &str) -> Vec<String> {
    let suffixes = &partition(region).suffixes;
    let named = |fips: &'static str| suffixes.iter().map(move |suffix| format!("{service}{fips}.{region}.{suffix}"));
    ["", "-fips"].into_iter().flat_map(named).collect()
}

/// Whether `host`, which has no port, is a name below one of AWS's domains, in lower case and without a trailing dot.
#[must_use]
pub fn is_aws_host(host: &str) -> bool {
    let below = |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    let mut suffixes = PARTITIONS.iter().chain([&COMMERCIAL]).flat_map(|partition| &partition.suffixes);
    host.len() <= LONGEST_NAME && host.split('.').all(is_label) && suffixes.any(|suffix| below(suffix))
}

/// The suffix of the usual names of endpoints in `region`.
pub(super) fn usual_suffix(region: &str) -> &'static str {
    partition(region).suffixes[0]
}

fn partition(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(&COMMERCIAL)
}

/// `us-east-1`, `us-gov-west-1`: at least two words and a number.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.len() <= LONGEST_REGION
        && words.contains('-')
        && words.split('-').all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn every_partition_has_its_endpoints() {
        for (region, host) in [
            ("us-east-1", "ram.us-east-1.amazonaws.com"),
            ("mx-central-1", "ram.mx-central-1.amazonaws.com"),
            ("cn-northwest-1", "ram.cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-west-1", "ram.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", "ram.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "ram.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", "ram.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", "ram.us-isof-south-1.csp.hci.ic.gov"),
            ("eusc-de-east-1", "ram.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(endpoint_host("ram", region), host);
            assert_eq!(ServiceHost::parse(host, "ram"), Some(ServiceHost { region, fips: false }), "{host}");
            assert!(is_aws_host(host), "{host}");
        }
    }

    #[test]
    fn fips_and_dual_stack_endpoints_are_endpoints() {
        let parsed = ServiceHost::parse("ram-fips.us-gov-west-1.amazonaws.com", "ram").unwrap();
        assert_eq!(parsed, ServiceHost { region: "us-gov-west-1", fips: true });
        for host in
            ["ram.us-east-1.api.aws", "ram-fips.us-east-1.api.aws", "ram.cn-north-1.api.amazonwebservices.com.cn"]
        {
            assert!(ServiceHost::parse(host, "ram").is_some(), "{host}");
        }
    }

    #[test]
    fn each_kind_of_endpoint_has_the_name_that_sdks_give_it() {
        let host = |fips, dual_stack, region| EndpointKind { fips, dual_stack }.host("ram", region);
        assert_eq!(host(true, false, "us-east-1"), "ram-fips.us-east-1.amazonaws.com");
        assert_eq!(host(false, true, "us-east-1"), "ram.us-east-1.api.aws");
        assert_eq!(host(true, true, "us-east-1"), "ram-fips.us-east-1.api.aws");
        assert_eq!(host(true, false, "us-gov-west-1"), "ram.us-gov-west-1.amazonaws.com");
        assert_eq!(host(true, true, "us-gov-west-1"), "ram-fips.us-gov-west-1.api.aws");
        assert_eq!(host(false, true, "cn-north-1"), "ram.cn-north-1.api.amazonwebservices.com.cn");
    }

    #[test]
    fn what_only_looks_like_an_endpoint_is_none() {
        for host in [
            "",
            "ram",
            "ram.us-east-1",
            "ram.us-east-1.amazonaws.com.evil.test",
            "ram.us-east-1.evil.test.amazonaws.com",
            "ram.us-east-1.amazonaws.com.",
            "ram.us-east-1.amazonaws.com.cn",
            "ram.cn-north-1.amazonaws.com",
            "RAM.us-east-1.amazonaws.com",
            "ram.US-EAST-1.amazonaws.com",
            "ram.us-east-1.AmazonAWS.com",
            "evilram.us-east-1.amazonaws.com",
            "ram-evil.us-east-1.amazonaws.com",
            "ram-fips-fips.us-east-1.amazonaws.com",
            "ram..us-east-1.amazonaws.com",
            "ram.us-east-1..amazonaws.com",
            ".ram.us-east-1.amazonaws.com",
            "x.ram.us-east-1.amazonaws.com",
            "ram.amazonaws.com",
            "ram.evil.amazonaws.com",
            "ram.us-east.amazonaws.com",
            "ram.east-1.amazonaws.com",
            "ram.us-east-1x.amazonaws.com",
            "ram.us--1.amazonaws.com",
            "ram.us-east-.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
            "ram.us-east-1.amazonaws.com:443",
            "user@ram.us-east-1.amazonaws.com",
            "ram.us-east-1.amazonaws.com/",
            "ram.us-east-1.amazonaws.com\0",
            "ram.us-east-1.amazonaws.com evil.test",
            "127.0.0.1",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "[::1]",
        ] {
            assert_eq!(ServiceHost::parse(host, "ram"), None, "{host}");
        }
        let long = format!("ram.us-{}-1.amazonaws.com", "e".repeat(30));
        assert_eq!(ServiceHost::parse(&long, "ram"), None);
    }

    #[test]
    fn a_host_of_aws_is_below_one_of_its_domains() {
        for host in ["sts.amazonaws.com", "portal.sso.eu-west-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn"] {
            assert!(is_aws_host(host), "{host}");
        }
        for host in [
            "amazonaws.com",
            ".amazonaws.com",
            "xamazonaws.com",
            "sts.amazonaws.com.",
            "STS.amazonaws.com",
            "sts..amazonaws.com",
            "sts.amazonaws.com.evil.test",
            "-.amazonaws.com",
            "a b.amazonaws.com",
            "a@b.amazonaws.com",
            "169.254.169.254",
            "",
        ] {
            assert!(!is_aws_host(host), "{host}");
        }
    }
}
