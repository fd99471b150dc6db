//! Where S3's clients write the same object in several ways.

use super::names;
use crate::model::{Request, decode_query_text, query_pairs};
use http::Method;
use http::header::AUTHORIZATION;
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

/// What follows `s3` in the names of its endpoints. Before those of `s3-control` stands an account, which is in a header too.
const KINDS: [&str; 9] = [
    "",
    "-fips",
    "-accelerate",
    "-accesspoint",
    "-accesspoint-fips",
    "-global",
    "-object-lambda",
    "-object-lambda-fips",
    "-outposts",
];

/// The path of `request`, with the bucket in it where the host names that, and with the slash that ends a key.
pub(super) fn path(request: &Request) -> Cow<'_, str> {
    let host = request.authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_s3 = is_signed_for_s3(request);
    let bucket = bucket(&host).or_else(|| host.strip_suffix(".localhost").filter(|_| is_s3));
    let path = match bucket {
        Some(bucket) if request.path == "/" => format!("/{bucket}").into(),
        Some(bucket) => format!("/{bucket}{}", request.path).into(),
        None => Cow::Borrowed(&*request.path),
    };
    // The proxy takes slashes to spare off a path's end; in S3 `folder/` is another key than `folder`.
    let signed = request.signed_target.split('?').next().unwrap_or_default();
    if (is_s3 || bucket.is_some()) && has_key(&path) && signed.ends_with('/') && !path.ends_with('/') {
        return Cow::Owned(format!("{path}/"));
    }
    path
}

/// Whether `request` puts an object, or a part of one, into S3: its body is bytes, whatever they look like. What is put
/// beside an object, such as its tags, has a name in the query.
pub(super) fn puts_object(request: &Request) -> bool {
    let names: Vec<&str> = query_pairs(&request.query).map(|(name, _)| name).collect();
    let is_object = names.contains(&"partNumber") || !names.iter().any(|name| is_subresource(name));
    request.method == Method::PUT && is_object && is_signed_for_s3(request) && has_key(&path(request))
}

fn is_subresource(name: &str) -> bool {
    names::query_member(name).is_some_and(|name| !name.starts_with("x-amz-"))
}

/// Whether more than the bucket is named.
fn has_key(path: &str) -> bool {
    path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty())
}

/// Whether the service of the signature's scope is S3, in a header or in a presigned URL.
fn is_signed_for_s3(request: &Request) -> bool {
    let names_s3 = |credential: &str| {
        let mut parts = credential.rsplit('/').skip(1);
        parts.next().is_some_and(|service| service == "s3" || service.starts_with("s3-") || service == "s3express")
    };
    let header = request.header(AUTHORIZATION).and_then(|header| header.split_once("Credential=")?.1.split(',').next());
    let presigned = || {
        let (_, credential) = query_pairs(&request.query).find(|(name, _)| *name == "X-Amz-Credential")?;
        decode_query_text(credential)
    };
    header.map_or_else(|| presigned().is_some_and(|credential| names_s3(&credential)), names_s3)
}

/// The bucket that `host` names: `BUCKET.s3[-KIND][.dualstack][.REGION].DOMAIN`, or, before 2019, `BUCKET.s3-REGION.DOMAIN`. Access
/// points, whose names stand there too, count as buckets.
fn bucket(host: &str) -> Option<&str> {
    let rest = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain))?;
    rest.rmatch_indices(".s3").find_map(|(at, mark)| {
        let (bucket, endpoint) = rest.split_at_checked(at)?;
        let is_bucket = !bucket.is_empty() && is_endpoint(endpoint.strip_prefix(mark)?);
        is_bucket.then_some(bucket)
    })
}

/// Whether this is what follows `s3` in the name of an endpoint.
fn is_endpoint(rest: &str) -> bool {
    let is_region = |label: &str| label.contains('-') && label.ends_with(|last: char| last.is_ascii_digit());
    let mut labels = rest.split('.');
    let kind = labels.next().unwrap_or_default();
    let is_kind =
        KINDS.contains(&kind) || kind.starts_with("express-") || kind.strip_prefix('-').is_some_and(is_region);
    is_kind && labels.all(|label| label == "dualstack" || is_region(label))
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
            ("a.s3.b.s3.us-east-1.amazonaws.com", "a.s3.b"),
            ("a-123456789012.s3-accesspoint.us-east-1.amazonaws.com", "a-123456789012"),
            ("b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com", "b--usw2-az1--x-s3"),
        ] {
            assert_eq!(bucket(host), Some(name), "{host}");
        }
        for host in [
            "s3.us-east-1.amazonaws.com",
            ".s3.us-east-1.amazonaws.com",
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
