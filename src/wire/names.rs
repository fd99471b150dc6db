//! Which headers and members of a query are parameters, and which say how a request is signed, sent and checked.

use std::borrow::Cow;

/// Headers beside `x-amz-…` that are parameters. The content type is none: what a client writes there by itself differs.
const HEADERS: [&str; 9] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// What `x-amz-` begins and is no parameter: it says who asks, when, with which software, and how the body is sent and checked.
const NOT_ASKED: [&str; 13] = [
    "algorithm",
    "api-version",
    "content-sha256",
    "credential",
    "date",
    "decoded-content-length",
    "expires",
    "security-token",
    "signature",
    "signedheaders",
    "target",
    "trailer",
    "user-agent",
];

/// Whether the header `name`, in lower case, holds a parameter.
pub(super) fn is_parameter_header(name: &str) -> bool {
    HEADERS.contains(&name) || (name.starts_with("x-amz-") && !is_signature_member(name))
}

/// The parameter that a query's member is: in a presigned URL it may be a header's. `None` of what is none, as S3's `x-id`, by
/// which the JavaScript SDK names the operation.
pub(super) fn query_member(name: &str) -> Option<Cow<'_, str>> {
    if name == "x-id" || is_signature_member(name) {
        return None;
    }
    let is_header = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
    Some(if is_header { name.to_ascii_lowercase().into() } else { name.into() })
}

/// Whether `name`, of a header or of a member of a presigned URL's query, belongs to signing or sending and not to what is asked.
pub(super) fn is_signature_member(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(rest) = name.strip_prefix("x-amz-") else { return false };
    NOT_ASKED.contains(&rest) || rest.starts_with("sdk-") || rest.starts_with("checksum-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_and_checks_is_no_parameter() {
        for name in [
            "x-amz-date",
            "x-amz-sdk-checksum-algorithm",
            "x-amz-checksum-crc32",
            "host",
            "content-type",
            "x-amzn-trace-id",
        ] {
            assert!(!is_parameter_header(name), "{name}");
        }
        for name in ["x-amz-acl", "x-amz-meta-a", "x-amz-copy-source", "range"] {
            assert!(is_parameter_header(name), "{name}");
        }
        assert!(is_signature_member("X-Amz-SignedHeaders"));
    }
}
