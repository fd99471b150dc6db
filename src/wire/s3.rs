//! Where S3's clients write the same object in several ways.

use crate::model::Request;
use std::borrow::Cow;

/// The domains of AWS's clouds, below which buckets have names of their own.
const DOMAINS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// The path of `request`, with the bucket in it where the host names that, and with the slash that ends a key.
pub(super) fn path(request: &Request) -> Cow<'_, str> {
    let host = request.authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let bucket = bucket(&host);
    let path = match bucket {
        Some(bucket) if request.path == "/" => format!("/{bucket}").into(),
        Some(bucket) => format!("/{bucket}{}", request.path).into(),
        None => Cow::Borrowed(&*request.path),
    };
    // The proxy takes slashes to spare off a path's end; in S3 `folder/` is another key than `folder`.
    let is_s3 = bucket.is_some() || request.header("x-amz-content-sha256").is_some();
    let signed = request.signed_target.split('?').next().unwrap_or_default();
    let has_key = path.trim_start_matches('/').split('/').count() > 1;
    if is_s3 && has_key && signed.ends_with('/') && !path.ends_with('/') {
        return Cow::Owned(format!("{path}/"));
    }
    path
}

/// The bucket that `host` names: `BUCKET.s3[-fips|-accelerate][.dualstack][.REGION].DOMAIN`, `BUCKET.s3-REGION.DOMAIN`.
fn bucket(host: &str) -> Option<&str> {
    let rest = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain))?;
    let (bucket, endpoint) = rest.rmatch_indices(".s3").find_map(|(at, mark)| {
        let (bucket, endpoint) = rest.split_at_checked(at)?;
        let endpoint = endpoint.strip_prefix(mark)?;
        (endpoint.is_empty() || endpoint.starts_with(['.', '-'])).then_some((bucket, endpoint))
    })?;
    let is_region = |label: &str| label.contains('-') && label.ends_with(|last: char| last.is_ascii_digit());
    let mut labels = endpoint.split('.');
    let kind = labels.next()?;
    let is_kind = matches!(kind, "" | "-fips" | "-accelerate") || is_region(kind.trim_start_matches('-'));
    let is_endpoint = is_kind && labels.all(|label| label == "dualstack" || is_region(label));
    (is_endpoint && !bucket.is_empty()).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn a_bucket_stands_before_the_endpoint() {
        for (host, name) in [
            ("b.s3.us-east-1.amazonaws.com", "b"),
            ("my.own.s3.eu-west-1.amazonaws.com", "my.own"),
            ("b.s3.amazonaws.com", "b"),
            ("b.s3-us-west-2.amazonaws.com", "b"),
            ("b.s3.dualstack.us-west-2.amazonaws.com", "b"),
            ("b.s3-accelerate.amazonaws.com", "b"),
            ("b.s3-fips.us-gov-west-1.amazonaws.com", "b"),
            ("b.s3.cn-north-1.amazonaws.com.cn", "b"),
        ] {
            assert_eq!(bucket(host), Some(name), "{host}");
        }
        for host in [
            "s3.us-east-1.amazonaws.com",
            ".s3.us-east-1.amazonaws.com",
            "a-123456789012.s3-accesspoint.us-east-1.amazonaws.com",
            "123456789012.s3-control.us-east-1.amazonaws.com",
            "b.s3.us-east-1.amazonaws.com.evil.test",
            "b.s3.localhost",
            "127.0.0.1",
            "",
        ] {
            assert_eq!(bucket(host), None, "{host}");
        }
    }
}
