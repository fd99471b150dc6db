//! Checks a received request's AWS Signature Version 4, as AWS does it.
//!
//! Follows "Create a signed AWS API request" in the IAM user guide: the path is normalised and encoded twice, but for S3, and
//! the payload is always hashed. Pure: the time comes in as an argument.

use super::authorization::{ALGORITHM, Authorization, TERMINATOR};
use super::canonical::{SignedRequest, canonical_request};
use super::error::VerifyError;
use super::timestamp::Timestamp;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use data_encoding::HEXLOWER;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;

/// How far a request's date may be from now, either way.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Checks `request`, which is to be signed for `service`, against the `secret` key of `authorization.access_key_id`, at the time
/// `now`.
///
/// # Errors
/// The first thing that AWS would refuse; the signature itself is compared last.
pub fn verify(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    service: &str,
    secret: &str,
    now: SystemTime,
) -> Result<(), VerifyError> {
    check_service(authorization, service)?;
    let date = check_date(request.headers, authorization, now)?;
    check_signed_headers(request, authorization)?;
    let payload = check_payload(request)?;
    let canonical = canonical_request(request, authorization, &payload)?;
    check_signature(authorization, secret, date, &canonical)
}

/// SHA-256 in lower-case hexadecimal.
fn hex_sha256(data: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(data))
}

fn check_service(authorization: &Authorization, service: &str) -> Result<(), VerifyError> {
    if authorization.service == service {
        Ok(())
    } else {
        Err(VerifyError::Service { found: authorization.service.clone(), expected: service.to_owned() })
    }
}

fn check_date(headers: &HeaderMap, authorization: &Authorization, now: SystemTime) -> Result<Timestamp, VerifyError> {
    let date = Timestamp::from_headers(headers)?;
    if date.day() != authorization.date {
        return Err(VerifyError::DateOutsideScope { date: date.to_string(), scope: authorization.date.clone() });
    }
    let now = Timestamp::from(now);
    let (earliest, latest) = (now.minus(TOLERANCE), now.plus(TOLERANCE));
    if date < earliest {
        return Err(VerifyError::Expired { date: date.to_string(), limit: earliest.to_string(), now: now.to_string() });
    }
    if date > latest {
        return Err(VerifyError::NotYetCurrent {
            date: date.to_string(),
            limit: latest.to_string(),
            now: now.to_string(),
        });
    }
    Ok(date)
}

/// `host` and whatever AWS reads from the headers must be under the signature.
fn check_signed_headers(request: &SignedRequest<'_>, authorization: &Authorization) -> Result<(), VerifyError> {
    if !authorization.signs("host") {
        return Err(VerifyError::HostUnsigned);
    }
    let unsigned = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| name.starts_with("x-amz-") && !authorization.signs(name));
    match unsigned {
        Some(name) => Err(VerifyError::HeaderUnsigned { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Returns the body's hash, which must be the announced one where one is announced.
fn check_payload(request: &SignedRequest<'_>) -> Result<String, VerifyError> {
    let actual = hex_sha256(request.body);
    for announced in request.headers.get_all("x-amz-content-sha256") {
        let announced = announced.as_bytes();
        if announced == b"UNSIGNED-PAYLOAD" || announced.starts_with(b"STREAMING-") {
            return Err(VerifyError::PayloadUnsigned);
        }
        if announced != actual.as_bytes() {
            return Err(VerifyError::PayloadHash);
        }
    }
    Ok(actual)
}

fn check_signature(
    authorization: &Authorization,
    secret: &str,
    date: Timestamp,
    canonical: &[u8],
) -> Result<(), VerifyError> {
    let Authorization { date: day, region, service, .. } = authorization;
    let to_sign = format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/{TERMINATOR}\n{}", hex_sha256(canonical));
    // The date is of the scope's day: that was checked.
    let key = generate_signing_key(secret, date.into(), region, service);
    let expected = calculate_signature(key, to_sign.as_bytes());
    if bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        Ok(())
    } else {
        Err(VerifyError::SignatureMismatch)
    }
}

#[cfg(test)]
mod tests;
