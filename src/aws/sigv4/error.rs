//! Errors of signature verification.

/// Why a signature was refused. No message holds a secret or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is and names its fields")]
pub enum VerifyError {
    #[error("there is more than one authorization header")]
    AuthorizationRepeated,
    #[error("the authorization header has characters other than visible ASCII")]
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
    #[error("the credential scope names the service {found:?}, not {expected}")]
    Service { found: String, expected: String },
    #[error("there is neither an x-amz-date nor a date header")]
    DateMissing,
    #[error("the {header} header is not one well-formed date")]
    DateMalformed { header: &'static str },
    #[error("the request's date {date} is not on the day of the credential scope, {scope}")]
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
    #[error("x-amz-content-sha256 says that the payload is unsigned or streamed")]
    PayloadUnsigned,
    #[error("x-amz-content-sha256 is not the body's SHA-256")]
    PayloadHash,
    #[error("the signature does not match the request and the secret key")]
    SignatureMismatch,
}
