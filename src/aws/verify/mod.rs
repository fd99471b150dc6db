//! Checks a received request's AWS Signature Version 4, as AWS does it.
//!
//! Follows "Create a signed AWS API request" in the IAM user guide for every service but S3: the path is
//! normalised and encoded twice, and the payload is always hashed. Pure: the time comes in as an argument.

mod authorization;
mod canonical;
mod timestamp;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::authorization::Authorization;
use self::canonical::canonical_request;
use self::timestamp::Timestamp;

/// The one algorithm that is accepted.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far a request's date may be from now, either way.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

const SERVICE: &str = "ram";
const TERMINATOR: &str = "aws4_request";

/// A request as it came in, before anything was stripped from it.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query exactly as received, session prefixes included.
    pub target: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
    /// What `host` stands for where there is no such header: the `:authority` of HTTP/2.
    pub authority: Option<&'a str>,
}

/// Why a signature was refused. No message holds a secret or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is and names its fields")]
pub enum VerifyError {
    #[error("there is more than one authorization header")]
    AuthorizationRepeated,
    #[error("the authorization header holds other than visible ASCII characters")]
    AuthorizationNotText,
    #[error("the authorization scheme is {scheme}, not AWS4-HMAC-SHA256")]
    Scheme { scheme: &'static str },
    #[error("the authorization header has no {part}")]
    PartMissing { part: &'static str },
    #[error("the authorization header has more than one {part}")]
    PartRepeated { part: &'static str },
    #[error("the authorization header has a part other than Credential, SignedHeaders and Signature")]
    PartUnknown,
    #[error("the credential is not of the form ID/YYYYMMDD/REGION/SERVICE/aws4_request")]
    Credential,
    #[error("the credential scope ends in {found:?}, not in aws4_request")]
    Terminator { found: String },
    #[error("the signed headers are not a sorted list of lower-case names without repetition")]
    SignedHeaders,
    #[error("the signature is not 64 lower-case hexadecimal digits")]
    SignatureMalformed,
    #[error("the credential scope names the service {found:?}, not ram")]
    Service { found: String },
    #[error("there is neither an x-amz-date nor a date header")]
    DateMissing,
    #[error("the {header} header is not one well-formed date")]
    DateMalformed { header: &'static str },
    #[error("the request's date {date} is not of the credential scope's day {scope}")]
    DateOutsideScope { date: String, scope: String },
    #[error("the request's date {date} is before {limit}, five minutes before {now}")]
    Expired { date: String, limit: String, now: String },
    #[error("the request's date {date} is after {limit}, five minutes after {now}")]
    NotYetCurrent { date: String, limit: String, now: String },
    #[error("the host header is not signed")]
    HostUnsigned,
    #[error("the header {name} is not signed")]
    HeaderUnsigned { name: String },
    #[error("the signed header {name} is not in the request")]
    SignedHeaderMissing { name: String },
    #[error("x-amz-content-sha256 announces an unsigned or streamed payload")]
    PayloadUnsigned,
    #[error("x-amz-content-sha256 is not the body's SHA-256")]
    PayloadHash,
    #[error("the signature does not match the request and the secret key")]
    SignatureMismatch,
}

/// Checks `request` against the `secret` key of `authorization.access_key_id`, at the time `now`.
///
/// # Errors
/// The first thing that AWS would refuse; the signature itself is compared last.
pub fn verify(
    request: &SignedRequest<'_>,
    authorization: &Authorization,
    secret: &str,
    now: SystemTime,
) -> Result<(), VerifyError> {
    check_service(authorization)?;
    let date = check_date(request.headers, authorization, now)?;
    check_signed_headers(request, authorization)?;
    let payload = check_payload(request)?;
    let canonical = canonical_request(request, authorization, &payload)?;
    check_signature(authorization, secret, date, &canonical)
}

/// The key that signs requests of one day, region and service, derived from the `secret` access key.
#[must_use]
pub fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> [u8; 32] {
    let start = [b"AWS4".as_slice(), secret.as_bytes()].concat();
    let of_day = hmac_sha256(&start, date.as_bytes());
    let of_region = hmac_sha256(&of_day, region.as_bytes());
    let of_service = hmac_sha256(&of_region, service.as_bytes());
    hmac_sha256(&of_service, TERMINATOR.as_bytes())
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn hex_sha256(data: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(data))
}

fn check_service(authorization: &Authorization) -> Result<(), VerifyError> {
    if authorization.service == SERVICE {
        Ok(())
    } else {
        Err(VerifyError::Service { found: authorization.service.clone() })
    }
}

fn check_date(headers: &HeaderMap, authorization: &Authorization, now: SystemTime) -> Result<Timestamp, VerifyError> {
    let date = Timestamp::of_request(headers)?;
    if date.day() != authorization.date {
        return Err(VerifyError::DateOutsideScope { date: date.to_string(), scope: authorization.date.clone() });
    }
    let now = Timestamp::from(now);
    let (earliest, latest) = (now.before(TOLERANCE), now.after(TOLERANCE));
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
    let key = signing_key(secret, day, region, service);
    let expected = data_encoding::HEXLOWER.encode(&hmac_sha256(&key, to_sign.as_bytes()));
    if bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        Ok(())
    } else {
        Err(VerifyError::SignatureMismatch)
    }
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    // `new_from_slice` fails for no length, but its type does not say so; the block-sized `new` does.
    let mut block = [0; 64];
    let hashed;
    let short: &[u8] = if key.len() > block.len() {
        hashed = Sha256::digest(key);
        &hashed
    } else {
        key
    };
    for (to, from) in block.iter_mut().zip(short) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}
