//! Parses the `Authorization` header of Signature Version 4.

use super::error::VerifyError;
use crate::model::Request;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use memchr::memchr2;
use std::fmt;

/// The one algorithm that is accepted.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What every credential ends with.
pub(super) const TERMINATOR: &str = "aws4_request";

/// How a credential stands in a header of the usual form: the algorithm first, then the credential.
const USUAL_START: &str = "AWS4-HMAC-SHA256 Credential=";

/// Schemes that a message may name. Any other first word might be a bare token, and is not repeated.
const OTHER_SCHEMES: [&str; 6] = ["Basic", "Bearer", "Digest", "Negotiate", "AWS4-ECDSA-P256-SHA256", "AWS"];

/// A parsed Signature Version 4 `Authorization` header. It is well-formed, but nothing in it is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The id of the key that the caller claims to have signed with.
    pub access_key_id: String,
    /// The scope's day, `YYYYMMDD`.
    pub date: String,
    /// The scope's region.
    pub region: String,
    /// The scope's service.
    pub service: String,
    /// Lower-case names of the headers under the signature, sorted.
    pub signed_headers: Vec<String>,
    /// 64 lower-case hexadecimal digits.
    pub signature: String,
}

impl Authorization {
    /// Reads the header; `None` where there is none.
    ///
    /// # Errors
    /// A header of another scheme, more than one, or one that is not well-formed.
    pub fn parse(headers: &HeaderMap) -> Result<Option<Self>, VerifyError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(VerifyError::AuthorizationRepeated);
        }
        let text = value.to_str().map_err(|_| VerifyError::AuthorizationNotText)?.trim();
        let (scheme, parts) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if scheme != ALGORITHM {
            return Err(VerifyError::Scheme { scheme: printable_scheme(scheme) });
        }
        Self::from_parts(parts).map(Some)
    }

    /// Whether `headers` have a signature, right or wrong.
    #[must_use]
    pub fn is_in(headers: &HeaderMap) -> bool {
        matches!(Self::parse(headers), Ok(Some(_)))
    }

    /// Whether the header `name`, in lower case, is under the signature.
    #[must_use]
    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed == name)
    }

    fn from_parts(parts: &str) -> Result<Self, VerifyError> {
        let mut credential = None;
        let mut signed_headers = None;
        let mut signature = None;
        for part in parts.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (slot, part) = match name {
                "Credential" => (&mut credential, "Credential"),
                "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
                "Signature" => (&mut signature, "Signature"),
                _ => return Err(VerifyError::PartUnknown),
            };
            if slot.replace(value).is_some() {
                return Err(VerifyError::PartRepeated { part });
            }
        }
        let missing = |part| VerifyError::PartMissing { part };
        let (credential, region) = parse_credential(credential.ok_or_else(|| missing("Credential"))?)?;
        let signed_headers = signed_headers.ok_or_else(|| missing("SignedHeaders"))?;
        let signature = signature.ok_or_else(|| missing("Signature"))?;
        Ok(Self {
            access_key_id: credential.access_key_id.to_owned(),
            date: credential.date.to_owned(),
            region: region.to_owned(),
            service: credential.service.to_owned(),
            signed_headers: parse_signed_headers(signed_headers)?,
            signature: parse_signature(signature)?,
        })
    }
}

/// The signature is left out: it must not reach a log.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("access_key_id", &self.access_key_id)
            .field("date", &self.date)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

/// The credential that a request's signature names, `ID/YYYYMMDD/REGION/SERVICE/aws4_request`: whom the caller claims to be, and
/// what it asks. Nothing in it is checked, and the signature may be missing, wrong or of another scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedCredential<'a> {
    /// The id of the key.
    pub access_key_id: &'a str,
    /// The scope's day, `YYYYMMDD`.
    pub date: &'a str,
    /// The scope's region. A signature for several regions (`AWS4-ECDSA-P256-SHA256`) names none.
    pub region: Option<&'a str>,
    /// The scope's service.
    pub service: &'a str,
    /// What the credential ends with.
    terminator: &'a str,
}

impl<'a> ClaimedCredential<'a> {
    /// Reads the credential of `request`; `None` where its `Authorization` header names none.
    #[must_use]
    pub fn read(request: &'a Request) -> Option<Self> {
        let header = request.header(AUTHORIZATION)?;
        let start = header.strip_prefix(USUAL_START).or_else(|| Some(header.split_once("Credential=")?.1))?;
        let end = memchr2(b',', b' ', start.as_bytes()).unwrap_or(start.len());
        Self::split(start.get(..end)?)
    }

    fn split(credential: &'a str) -> Option<Self> {
        // From the right: nothing forbids a slash in an id, the other parts have none.
        let mut parts = credential.rsplitn(5, '/');
        let (terminator, service) = (parts.next()?, parts.next()?);
        let (region, date, access_key_id) = match (parts.next()?, parts.next()?, parts.next()) {
            (region, date, Some(id)) => (Some(region), date, id),
            (date, id, None) if is_day(date) => (None, date, id),
            _ => return None,
        };
        (!access_key_id.is_empty()).then_some(Self { access_key_id, date, region, service, terminator })
    }
}

/// The names of the headers under the signature of a request with these headers, in lower case; none where it has no signature.
/// Any scheme will do: those of AWS all name them so.
pub(in crate::aws) fn signed_header_names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let list = header.split_once("SignedHeaders=").map_or("", |(_, list)| list);
    list.split([',', ' ']).next().unwrap_or_default().split(';')
}

/// A well-formed credential of one region, and that region.
fn parse_credential(text: &str) -> Result<(ClaimedCredential<'_>, &str), VerifyError> {
    let credential = ClaimedCredential::split(text).ok_or(VerifyError::Credential)?;
    let ClaimedCredential { access_key_id, date, region: Some(region), service, terminator } = credential else {
        return Err(VerifyError::Credential);
    };
    if [date, region, service, terminator].contains(&"") {
        return Err(VerifyError::Credential);
    }
    if terminator != TERMINATOR {
        return Err(VerifyError::Terminator { found: terminator.to_owned() });
    }
    let well_formed = is_day(date)
        && [region, service].iter().all(|name| is_name(name))
        && access_key_id.bytes().all(|byte| byte.is_ascii_graphic());
    if well_formed { Ok((credential, region)) } else { Err(VerifyError::Credential) }
}

fn is_day(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn parse_signed_headers(list: &str) -> Result<Vec<String>, VerifyError> {
    let names: Vec<String> = list.split(';').map(str::to_owned).collect();
    let lower_case = names.iter().all(|name| http::HeaderName::from_lowercase(name.as_bytes()).is_ok());
    if lower_case && names.is_sorted_by(|one, next| one < next) { Ok(names) } else { Err(VerifyError::SignedHeaders) }
}

fn parse_signature(text: &str) -> Result<String, VerifyError> {
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 64 && text.bytes().all(hexadecimal) {
        Ok(text.to_owned())
    } else {
        Err(VerifyError::SignatureMalformed)
    }
}

fn printable_scheme(scheme: &str) -> &'static str {
    OTHER_SCHEMES.into_iter().find(|known| known.eq_ignore_ascii_case(scheme)).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use bytes::Bytes;
    use http::{HeaderValue, Method};

    const SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    fn parse(value: &str) -> Result<Option<Authorization>, VerifyError> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        Authorization::parse(&headers)
    }

    #[test]
    fn authorization_is_absent_or_whole() {
        assert_eq!(Authorization::parse(&HeaderMap::new()), Ok(None));
        let credential = "Credential=AKIDEXAMPLE/20261122/us-east-1/ram/aws4_request";
        let names = "SignedHeaders=host;x-amz-date";
        let signature = &format!("Signature={SIGNATURE}");
        let with = |parts: &[&str]| parse(&format!("AWS4-HMAC-SHA256 {}", parts.join(", ")));
        let whole = with(&[credential, names, signature]).unwrap().unwrap();
        assert_eq!(whole.access_key_id, "AKIDEXAMPLE");
        assert_eq!(
            (whole.date.as_str(), whole.region.as_str(), whole.service.as_str()),
            ("20261122", "us-east-1", "ram")
        );
        assert_eq!(whole.signed_headers, ["host", "x-amz-date"]);
        assert_eq!(whole.signature, SIGNATURE);
        assert!(!format!("{whole:?}").contains(SIGNATURE));
        assert_eq!(parse(&format!("AWS4-HMAC-SHA256 {signature},{credential},{names}")), Ok(Some(whole)));

        assert_eq!(with(&[names, signature]), Err(VerifyError::PartMissing { part: "Credential" }));
        assert_eq!(with(&[credential, signature]), Err(VerifyError::PartMissing { part: "SignedHeaders" }));
        assert_eq!(with(&[credential, names]), Err(VerifyError::PartMissing { part: "Signature" }));
        assert_eq!(with(&[credential, credential]), Err(VerifyError::PartRepeated { part: "Credential" }));
        assert_eq!(with(&[credential, "Extra=1"]), Err(VerifyError::PartUnknown));
        assert_eq!(parse("AWS4-HMAC-SHA256"), Err(VerifyError::PartMissing { part: "Credential" }));
        assert_eq!(parse("é"), Err(VerifyError::AuthorizationNotText));
        for id in
            ["", "AKID/20261122/us-east-1/ram", "/20261122/us-east-1/ram/aws4_request", "A/2026/r/ram/aws4_request"]
        {
            assert_eq!(with(&[&format!("Credential={id}"), names, signature]), Err(VerifyError::Credential), "{id}");
        }
        let other = credential.replace("aws4_request", "aws5");
        let terminator = VerifyError::Terminator { found: "aws5".to_owned() };
        assert_eq!(with(&[&other, names, signature]), Err(terminator));
        for names in ["", "host;", "x-amz-date;host", "host;host", "Host"] {
            let names = format!("SignedHeaders={names}");
            assert_eq!(with(&[credential, &names, signature]), Err(VerifyError::SignedHeaders), "{names}");
        }
        for signature in ["Signature=", "Signature=5d67", &signature.to_uppercase().replace("SIGNATURE", "Signature")] {
            assert_eq!(with(&[credential, names, signature]), Err(VerifyError::SignatureMalformed));
        }
    }

    #[test]
    fn other_schemes_are_named_and_bare_tokens_are_not() {
        for (value, scheme) in [
            ("Basic dXNlcjpwYXNz", "Basic"),
            ("bearer abc", "Bearer"),
            ("AWS AKID:sig", "AWS"),
            ("AWS4-ECDSA-P256-SHA256 Credential=x", "AWS4-ECDSA-P256-SHA256"),
            ("my-bare-token", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(parse(value), Err(VerifyError::Scheme { scheme }));
        }
        let mut headers = HeaderMap::new();
        headers.append("authorization", HeaderValue::from_static("Basic eDp5"));
        headers.append("authorization", HeaderValue::from_static("Basic eDp5"));
        assert_eq!(Authorization::parse(&headers), Err(VerifyError::AuthorizationRepeated));
    }

    #[test]
    fn a_credential_is_read_where_there_is_no_more_than_that() {
        let request = |authorization: &str| Request {
            method: Method::POST,
            path: "/".to_owned(),
            query: String::new(),
            headers: [(AUTHORIZATION, authorization.parse().unwrap())].into_iter().collect(),
            body: Bytes::new(),
            signed_target: "/".to_owned(),
            authority: "127.0.0.1".to_owned(),
            door: Default::default(),
            key: None,
            session_prefix: None,
        };
        for (credential, read) in [
            ("AKID/20261122/us-east-1/ram/aws4_request", Some(("AKID", Some("us-east-1"), "ram"))),
            ("a/b/20261122/us-east-1/ram/aws4_request", Some(("a/b", Some("us-east-1"), "ram"))),
            ("AKID/20261122/s3/aws4_request", Some(("AKID", None, "s3"))),
            ("/20261122/us-east-1/ram/aws4_request", None),
            ("20261122/us-east-1/ram/aws4_request", None),
            ("AKID", None),
            ("", None),
        ] {
            for before in ["AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "AWS4-HMAC-SHA256 Signature=, "] {
                for after in ["", ", SignedHeaders=host", " x"] {
                    let request = request(&format!("{before}Credential={credential}{after}"));
                    let found = ClaimedCredential::read(&request);
                    let found = found.map(|found| (found.access_key_id, found.region, found.service));
                    assert_eq!(found, read, "{before}{credential}{after}");
                }
            }
        }
        assert_eq!(ClaimedCredential::read(&request("Basic dXNlcjpwYXNz")), None);
    }
}
