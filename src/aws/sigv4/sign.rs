//! Signature Version 4 for a request to upstream.

use crate::aws::credentials::Keys;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign as sign_request,
};
use aws_sigv4::sign::v4::SigningParams;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use std::time::SystemTime;

const PROVIDER: &str = "ramtape";

/// Why the signer refused a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request to upstream could not be signed: {reason}")]
pub struct SignError {
    reason: String,
}

/// The scope of a signature: region, service and time.
#[derive(Clone, Copy, Debug)]
pub struct SigningScope<'a> {
    /// The service's name in a credential scope.
    pub service: &'a str,
    /// The region.
    pub region: &'a str,
    /// The time of signing.
    pub time: SystemTime,
    /// Whether the path is signed as it stands and the body's hash is sent, as S3 asks for.
    pub as_s3: bool,
}

/// The headers that sign a request: `authorization`, `x-amz-date`, and `x-amz-security-token` with temporary keys.
///
/// Under the signature are the host of `url` (as a client derives `Host` from it), and of `headers` the content type and
/// all `x-amz-*`: what lies between here and upstream may change the others. Path and query of `url` are signed as
/// they stand.
///
/// # Errors
/// [`SignError`]: the signer can't take a header or the URL.
pub fn sign(
    method: &Method,
    url: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    keys: &Keys,
    scope: SigningScope<'_>,
) -> Result<HeaderMap, SignError> {
    let signed = headers.iter().filter(|(name, _)| **name == CONTENT_TYPE || name.as_str().starts_with("x-amz-"));
    let signed: Result<Vec<(&str, &str)>, _> =
        signed.map(|(name, value)| value.to_str().map(|value| (name.as_str(), value))).collect();
    let signed = signed.map_err(|_| refused("a header is not text"))?;
    let url = url.to_string();
    let request = SignableRequest::new(method.as_str(), &url, signed.into_iter(), SignableBody::Bytes(body));
    let request = request.map_err(|error| refused(&error.to_string()))?;

    let identity = Credentials::new(
        &keys.access_key_id,
        keys.secret.expose(),
        keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        keys.expiry,
        PROVIDER,
    );
    let identity = identity.into();
    let mut settings = SigningSettings::default();
    if scope.as_s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    } else {
        settings.percent_encoding_mode = PercentEncodingMode::Double;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
    }
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|error| refused(&error.to_string()))?;

    let signed = sign_request(request, &params.into()).map_err(|error| refused(&error.to_string()))?;
    let (instructions, _) = signed.into_parts();
    let mut added = HeaderMap::new();
    for header in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value()).map_err(|_| refused("the keys are not text"))?;
        // Sensitive: neither HTTP stack shows it in a log.
        value.set_sensitive(true);
        added.insert(header.name(), value);
    }
    Ok(added)
}

fn refused(reason: &str) -> SignError {
    SignError { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

    use super::*;
    use crate::aws::sigv4::{Authorization, SignedRequest, verify};
    use crate::model::Secret;
    use std::time::Duration;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn keys(token: Option<&str>) -> Keys {
        let (secret, session_token) = (Secret::new(SECRET), token.map(Secret::new));
        Keys { access_key_id: "AKIDEXAMPLE".into(), secret, session_token, expiry: None }
    }

    /// Signs as for the wire, then lets the other implementation, which verifies what clients send, judge.
    fn accepted(method: &Method, url: &str, headers: &HeaderMap, body: &[u8], keys: &Keys) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let url: Uri = url.parse().unwrap();
        let scope = SigningScope { service: "ram", region: "eu-central-1", time, as_s3: false };
        let mut whole = headers.clone();
        whole.extend(sign(method, &url, headers, body, keys, scope).unwrap());
        let authorization = Authorization::parse(&whole).unwrap().unwrap();
        assert_eq!(authorization.region, "eu-central-1");
        assert_eq!(whole.contains_key("x-amz-security-token"), keys.session_token.is_some());
        let target = url.path_and_query().unwrap().as_str();
        let authority = Some(url.authority().unwrap().as_str());
        let request = SignedRequest { method, target, headers: &whole, body, path_as_sent: false, authority };
        assert_eq!(verify(&request, &authorization, "ram", SECRET, time), Ok(()), "{target}");
    }

    #[test]
    fn what_is_signed_verifies() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("x-amz-user-agent", HeaderValue::from_static("aws-sdk-js/3.1   ua/2.1"));
        headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=1; max=3"));
        for token in [None, Some("IQoJb3JpZ2luX2VjEXAMPLE//////////==")] {
            for url in ["https://ram.eu-central-1.amazonaws.com/getresourceshares", "http://127.0.0.1:4566/"] {
                accepted(&Method::POST, url, &headers, br#"{"resourceOwner":"SELF"}"#, &keys(token));
            }
        }
    }

    #[test]
    fn any_path_and_query_verify_as_they_stand() {
        for target in [
            "/deleteresourceshare?resourceShareArn=arn%3Aaws%3Aram%3Aus-east-1%3A123456789012%3Aresource-share%2F1-2",
            "/deleteresourceshare?resourceShareArn=arn:aws:ram:us-east-1:123456789012:resource-share/1-2",
            "/deleteresourceshare?resourceShareArn=arn%3aaws%3aram&clientToken=a%2Bb",
            "/p?z=1&a=2&a=1&A=0&a-b=3&aa=4",
            "/p?b&a=&=c&d=e=f&&g",
            "/p?text=a+b%20c~-._*'()!",
            "/p?%F0%9F%8E%89=%C3%BC",
            "/a%2Fb%2fc/%7Ed~e/%20",
            "//a//b/./c/../d/",
            "/a:b@c;d,e=f$g!h*i'j(k)",
        ] {
            accepted(&Method::DELETE, &format!("https://ram.example{target}"), &HeaderMap::new(), b"", &keys(None));
        }
    }

    #[test]
    fn shows_no_signature() {
        let url: Uri = "https://ram.example/".parse().unwrap();
        let scope = SigningScope { service: "ram", region: "us-east-1", time: SystemTime::UNIX_EPOCH, as_s3: false };
        let added = sign(&Method::POST, &url, &HeaderMap::new(), b"", &keys(Some("t0ken")), scope).unwrap();
        let shown = format!("{added:?}");
        assert!(!shown.contains("t0ken") && !shown.contains("Signature="), "{shown}");
    }
}
