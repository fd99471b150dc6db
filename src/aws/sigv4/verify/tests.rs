#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::UNIX_EPOCH;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue, Method};

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SOME_SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

/// 22 November 2026, 01:10:19 UTC.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_309_819)
}

#[derive(Clone)]
struct Case {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Case {
    fn new(method: Method, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut case =
            Self { method, target: target.to_owned(), headers: HeaderMap::new(), body: body.as_bytes().to_vec() };
        case.add("host", "127.0.0.1:9101");
        for (name, value) in headers {
            case.add(name, value);
        }
        case
    }

    fn listing() -> Self {
        let headers = [("content-type", "application/json"), ("x-amz-user-agent", "test")];
        Self::new(Method::POST, "/getresourceshares", &headers, r#"{"resourceOwner":"SELF"}"#)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }

    fn add(&mut self, name: &str, value: &str) {
        self.headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }

    fn signed(self) -> Self {
        self.signed_by(None, PayloadChecksumKind::NoHeader)
    }

    /// Signs with the crate that the Rust SDK signs with.
    fn signed_by(mut self, token: Option<&str>, checksum: PayloadChecksumKind) -> Self {
        let identity = Credentials::new("AKIDEXAMPLE", SECRET, token.map(str::to_owned), None, "test").into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Double;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
        settings.payload_checksum_kind = checksum;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("ram")
            .time(now())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("http://127.0.0.1:9101{}", self.target);
        let headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect();
        let signable = SignableRequest::new(
            self.method.as_str(),
            uri,
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(&self.body),
        )
        .unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        for (name, value) in instructions.headers() {
            self.set(name, value);
        }
        self
    }

    fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
            path_as_sent: false,
            authority: None,
        }
    }

    fn verify_at(&self, now: SystemTime) -> Result<(), VerifyError> {
        let authorization = Authorization::parse(&self.headers)?.expect("an authorization header");
        verify(&self.request(), &authorization, "ram", SECRET, now)
    }

    fn verify(&self) -> Result<(), VerifyError> {
        self.verify_at(now())
    }
}

fn parse(value: &str) -> Result<Option<Authorization>, VerifyError> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_bytes(value.as_bytes()).unwrap());
    Authorization::parse(&headers)
}

/// "Create a signed AWS API request", IAM user guide: the canonical request, by the hash that it gives.
#[test]
fn builds_the_canonical_request_of_the_documentation() {
    let mut case = Case::new(Method::GET, "/?Version=2010-05-08&Action=ListUsers", &[], "");
    case.set("host", "iam.amazonaws.com");
    case.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    case.set("x-amz-date", "20150830T123600Z");
    let authorization = parse(&format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, Signature={SOME_SIGNATURE}"
    ));
    let canonical = canonical_request(&case.request(), &authorization.unwrap().unwrap(), &hex_sha256(b"")).unwrap();
    assert_eq!(hex_sha256(&canonical), "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
}

#[test]
fn accepts_what_the_sdk_signs() {
    let json = ("content-type", "application/json");
    let escapes = "a%20b%2B%2F%3D%26%C3%BC";
    let delete = format!("/deletepermissionversion?permissionVersion=2&clientToken={escapes}&permissionArn=arn%3Ax");
    let cases = [
        Case::listing(),
        Case::new(Method::POST, "/~key-abc/~my.session/getresourceshares", &[json], "{}"),
        Case::new(Method::POST, "/~k//a/./b/../getresourceshares/", &[json], "{}"),
        Case::new(Method::POST, "/a%20b/%7Ex/getresourceshares", &[json], "{}"),
        Case::new(Method::DELETE, &delete, &[], ""),
        Case::new(Method::DELETE, "/x?b=2&a=1&a=0&a&=&c=x+y&%61b=1", &[], ""),
        Case::new(Method::POST, "/x", &[("x-amz-meta", "  two   words  "), json, ("x-one", "a")], "é \u{1F600}"),
        Case::new(Method::POST, "/enablesharingwithawsorganization", &[("content-length", "0")], ""),
    ];
    for case in cases {
        for token in [None, Some("SESSION/TOKEN+==")] {
            for checksum in [PayloadChecksumKind::NoHeader, PayloadChecksumKind::XAmzSha256] {
                let signed = case.clone().signed_by(token, checksum);
                assert_eq!(signed.verify(), Ok(()), "{} {:?}", signed.target, signed.headers);
            }
        }
    }
}

#[test]
fn joins_repeated_headers_with_a_comma() {
    let mut case = Case::listing();
    case.set("x-amz-list", "a,b  c");
    let mut case = case.signed();
    case.set("x-amz-list", "a");
    case.add("x-amz-list", " b c ");
    assert_eq!(case.verify(), Ok(()));
}

#[test]
fn takes_the_host_from_the_authority_of_http_2() {
    let mut case = Case::listing().signed();
    let authorization = Authorization::parse(&case.headers).unwrap().unwrap();
    case.headers.remove("host");
    let mut request = case.request();
    let missing = VerifyError::SignedHeaderMissing { name: "host".to_owned() };
    assert_eq!(verify(&request, &authorization, "ram", SECRET, now()), Err(missing));
    request.authority = Some("127.0.0.1:9101");
    assert_eq!(verify(&request, &authorization, "ram", SECRET, now()), Ok(()));
    request.authority = Some("127.0.0.1:9102");
    assert_eq!(verify(&request, &authorization, "ram", SECRET, now()), Err(VerifyError::SignatureMismatch));
}

#[test]
fn any_one_change_breaks_the_signature() {
    type Change = fn(&mut Case);
    let changes: [(&str, Change); 11] = [
        ("method", |case| case.method = Method::PUT),
        ("path", |case| case.target = case.target.replace("/delete", "/Delete")),
        ("prefix", |case| case.target.insert_str(0, "/~other")),
        ("query value", |case| case.target = case.target.replace("=2", "=3")),
        ("query name", |case| case.target = case.target.replace("permissionVersion", "permissionversion")),
        ("more query", |case| case.target.push_str("&x=1")),
        ("less query", |case| case.target = case.target.replace("&a=b", "")),
        ("host", |case| case.set("host", "127.0.0.1:9102")),
        ("signed header", |case| case.set("content-type", "text/plain")),
        ("body", |case| case.body.push(b' ')),
        ("date", |case| case.set("x-amz-date", "20261122T011020Z")),
    ];
    let target = "/deletepermissionversion?permissionVersion=2&a=b";
    let signed = Case::new(Method::DELETE, target, &[("content-type", "application/json")], "{}").signed();
    assert_eq!(signed.verify(), Ok(()));
    for (what, change) in changes {
        let mut changed = signed.clone();
        change(&mut changed);
        assert_eq!(changed.verify(), Err(VerifyError::SignatureMismatch), "{what}");
    }
    let authorization = Authorization::parse(&signed.headers).unwrap().unwrap();
    let region = Authorization { region: "us-east-2".to_owned(), ..authorization.clone() };
    for (authorization, secret) in [(&region, SECRET), (&authorization, "another"), (&authorization, "")] {
        let verdict = verify(&signed.request(), authorization, "ram", secret, now());
        assert_eq!(verdict, Err(VerifyError::SignatureMismatch));
    }
}

#[test]
fn order_and_spelling_that_mean_the_same_are_the_same() {
    let signed = Case::new(Method::DELETE, "/x?a=1&b=%C3%BC%20", &[], "").signed();
    for target in ["/x?b=%C3%BC%20&a=1", "/x?b=%c3%bc+&%61=1", "/./x?a=1&&b=%C3%BC%20", "/y/../x?a=1&b=%C3%BC%20"] {
        let respelled = Case { target: target.to_owned(), ..signed.clone() };
        assert_eq!(respelled.verify(), Ok(()), "{target}");
    }
}

#[test]
fn dates_must_be_near() {
    let case = Case::listing().signed();
    let limit = Duration::from_secs(300);
    let second = Duration::from_secs(1);
    assert_eq!(case.verify_at(now() + limit), Ok(()));
    assert_eq!(case.verify_at(now() - limit), Ok(()));
    let date = "20261122T011019Z".to_owned();
    assert_eq!(
        case.verify_at(now() + limit + second),
        Err(VerifyError::Expired {
            date: date.clone(),
            limit: "20261122T011020Z".to_owned(),
            now: "20261122T011520Z".to_owned()
        })
    );
    assert_eq!(
        case.verify_at(now() - limit - second),
        Err(VerifyError::NotYetCurrent {
            date,
            limit: "20261122T011018Z".to_owned(),
            now: "20261122T010518Z".to_owned()
        })
    );
}

#[test]
fn dates_must_be_present_well_formed_and_of_the_scope() {
    let signed = Case::listing().signed();
    let mut case = signed.clone();
    case.headers.remove("x-amz-date");
    assert_eq!(case.verify(), Err(VerifyError::DateMissing));
    case.set("date", "yesterday");
    assert_eq!(case.verify(), Err(VerifyError::DateMalformed { header: "date" }));
    // Two dates, or one that no calendar has.
    let mut case = signed.clone();
    case.add("x-amz-date", "20261122T011019Z");
    assert_eq!(case.verify(), Err(VerifyError::DateMalformed { header: "x-amz-date" }));
    for date in ["", "20261131T011019Z", "20261122T241019Z", "20261122 011019Z", "2026112+T011019Z", "20261122T011019é"]
    {
        let mut case = signed.clone();
        case.headers.insert("x-amz-date", HeaderValue::from_bytes(date.as_bytes()).unwrap());
        assert_eq!(case.verify(), Err(VerifyError::DateMalformed { header: "x-amz-date" }), "{date}");
    }
    let mut case = signed;
    case.set("x-amz-date", "20261121T235959Z");
    let (date, scope) = ("20261121T235959Z".to_owned(), "20261122".to_owned());
    assert_eq!(case.verify(), Err(VerifyError::DateOutsideScope { date, scope }));
}

proptest::proptest! {
    /// What anybody may send gets a verdict, not a panic.
    #[test]
    fn nothing_panics(
        authorization in "(AWS4-HMAC-SHA256 )?(Credential=[!-~]{0,9}/20261122/us-east-1/ram/aws4_request,)?[ -~é]{0,40}",
        date in "([0-9]{8}T[0-9]{6}Z|[A-Z][a-z]{2}, [0-9]{1,20} Nov [0-9]{1,20} [0-9:]{0,20} GMT|[ -~é]{0,20})",
        target in "[ -~é]{0,40}",
    ) {
        let mut case = Case::listing().signed();
        case.target = target;
        let whole = Authorization::parse(&case.headers).unwrap().unwrap();
        proptest::prop_assert_eq!(verify(&case.request(), &whole, "ram", SECRET, now()), Err(VerifyError::SignatureMismatch));
        for header in ["x-amz-date", "date"] {
            case.headers.remove("x-amz-date");
            case.headers.insert(header, HeaderValue::from_bytes(date.as_bytes()).unwrap());
            proptest::prop_assert!(verify(&case.request(), &whole, "ram", SECRET, now()).is_err());
        }
        case.headers.insert("authorization", HeaderValue::from_bytes(authorization.as_bytes()).unwrap());
        let _ = Authorization::parse(&case.headers);
    }
}

#[test]
fn what_aws_reads_must_be_signed() {
    let signed = Case::listing().signed();
    for name in ["x-amz-security-token", "x-amz-target"] {
        let mut case = signed.clone();
        case.set(name, "added");
        assert_eq!(case.verify(), Err(VerifyError::HeaderUnsigned { name: name.to_owned() }));
    }
    let mut authorization = Authorization::parse(&signed.headers).unwrap().unwrap();
    authorization.signed_headers.retain(|name| name != "host");
    assert_eq!(verify(&signed.request(), &authorization, "ram", SECRET, now()), Err(VerifyError::HostUnsigned));
    let mut case = signed;
    case.headers.remove("content-type");
    assert_eq!(case.verify(), Err(VerifyError::SignedHeaderMissing { name: "content-type".to_owned() }));
}

#[test]
fn announced_payload_hashes_must_hold() {
    let signed = Case::listing().signed_by(None, PayloadChecksumKind::XAmzSha256);
    let mut case = signed.clone();
    case.body.push(b' ');
    assert_eq!(case.verify(), Err(VerifyError::PayloadHash));
    for value in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let mut case = signed.clone();
        case.set("x-amz-content-sha256", value);
        assert_eq!(case.verify(), Err(VerifyError::PayloadUnsigned));
    }
    let mut case = signed;
    case.add("x-amz-content-sha256", "0");
    assert_eq!(case.verify(), Err(VerifyError::PayloadHash));
}

#[test]
fn another_service_is_refused() {
    let case = Case::listing().signed();
    let mut authorization = Authorization::parse(&case.headers).unwrap().unwrap();
    authorization.service = "sts".to_owned();
    let refused = verify(&case.request(), &authorization, "ram", SECRET, now());
    assert_eq!(refused, Err(VerifyError::Service { found: "sts".to_owned(), expected: "ram".to_owned() }));
}

/// What boto3, the AWS CLI, the JavaScript SDK and the Rust SDK put on the wire; their secret is not known.
#[test]
fn reads_the_authorization_of_real_clients() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire");
    let mut signed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let raw = std::fs::read(&path).unwrap();
        let case = from_wire(&raw);
        let authorization = Authorization::parse(&case.headers).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let Some(authorization) = authorization else {
            assert!(["unsigned", "no-sign", "connect"].iter().any(|word| path.to_string_lossy().contains(word)));
            continue;
        };
        signed += 1;
        assert_eq!(authorization.service, "ram");
        let at = SystemTime::from(Timestamp::from_headers(&case.headers).unwrap());
        let verdict = verify(&case.request(), &authorization, "ram", "not the secret", at);
        assert_eq!(verdict, Err(VerifyError::SignatureMismatch), "{path:?}");
    }
    assert_eq!(signed, 20);
}

fn from_wire(raw: &[u8]) -> Case {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = raw.split_at(end);
    let head = std::str::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let method = first.next().unwrap().parse().unwrap();
    let target = first.next().unwrap().to_owned();
    let mut case = Case { method, target, headers: HeaderMap::new(), body: body.get(4..).unwrap().to_vec() };
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        case.add(name, value);
    }
    case
}
