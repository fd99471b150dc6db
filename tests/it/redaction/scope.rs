//! What is redacted in a request and in an answer, and what is not touched.

use crate::support::secrets::{SECRETS, core};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use ramtape::model::{Body, Hole, OperationName, Page, SecretMembers};
use ramtape::redact::{
    Direction, Key, KeySource, KeyUnavailable, RedactedRequest, Redaction, RedactionError, RedactionSpec, RequestParts,
    Rule, Selector,
};

pub(crate) const ACCOUNT: &str = "123456789012";

pub(crate) fn key() -> Key {
    Key::parse("the key of these tests, which is long enough").unwrap()
}

pub(crate) fn redaction(accounts: bool, rules: &[Rule]) -> Redaction {
    let policy = RedactionSpec { accounts, key_check: None, rules: rules.to_vec() };
    Redaction::new(policy, KeySource::Known(key())).unwrap()
}

pub(crate) fn rule(selector: Selector) -> Rule {
    Rule { selector, operations: Vec::new(), direction: Direction::Both, with: None }
}

/// A request of a known operation, with nothing to keep or to skip.
pub(crate) fn asked(redaction: &Redaction, query: &str, body: &str) -> Option<RedactedRequest> {
    let asking = RequestParts {
        secrets: SecretMembers::default(),
        operation: Some("X"),
        path: "/x",
        query,
        body: body.as_bytes(),
        keep: &|_| false,
        skip: &|_| false,
    };
    redaction.redact_request(&asking).unwrap()
}

/// The body of a request, redacted.
pub(crate) fn requested(redaction: &Redaction, body: &str) -> String {
    asked(redaction, "", body).map_or_else(|| body.to_owned(), |copied| String::from_utf8(copied.body).unwrap())
}

fn page(redaction: &Redaction, body: Body) -> Page {
    redaction
        .redact_page(&OperationName::Known("X".into()), SecretMembers::default(), (200, &HeaderMap::new()), body)
        .unwrap()
        .into_inner()
}

/// The body of an answer, redacted.
pub(crate) fn answered(redaction: &Redaction, body: &str) -> String {
    let page = page(redaction, Body::literal(Bytes::from(body.to_owned())));
    String::from_utf8(page.body.render(|_| Err(())).unwrap().to_vec()).unwrap()
}

#[test]
fn secrets_are_gone_from_every_place_of_an_answer() {
    let redaction = redaction(false, &[]);
    for (_, secret) in SECRETS {
        let inner = format!("{{\"Statement\":[{{\"Sid\":\"x {secret} y\"}}]}}");
        let quoted = serde_json::to_string(&inner).unwrap();
        for body in [
            format!("{{\"message\":\"it was {secret}, they said\"}}"),
            format!("{{\"tags\":[{{\"key\":\"{secret}\",\"value\":\"{secret}\"}}]}}"),
            format!("{{\"{secret}\":1}}"),
            format!("{{\"permission\":{{\"permission\":{quoted}}}}}"),
            format!("\"{secret}\""),
            format!("<html>{secret}</html>"),
            format!("{{\"a\":\"{}\"}}", secret.replace('/', "\\/")),
            format!("a=%FF&b=%C3&c={}", secret.replace('/', "%2F").replace('@', "%40").replace('A', "%41")),
            format!("{{\"a \\ud800 {secret}\":1}}"),
            format!(
                "{{\"a\":\"\\udc00 {}\"}}",
                secret.replace('/', "\\/").replace('@', "\\u0040").replace('A', "\\u0041")
            ),
            format!("{{\"a\":\"{}\"}}", secret.replace('A', "\\u0041").replace('@', "\\u0040").replace('g', "\\u0067")),
        ] {
            let redacted = answered(&redaction, &body);
            assert!(!redacted.contains(core(secret)), "{redacted}");
            assert!(redacted.to_lowercase().contains("redacted"), "{redacted}");
            assert_eq!(answered(&redaction, &redacted), redacted);
        }
    }
}

#[test]
fn what_is_not_redacted_keeps_its_bytes() {
    let redaction = redaction(true, &[rule(Selector::Member("hidden".into()))]);
    let (account, mail) = (answered(&redaction, ACCOUNT_TEXT), answered(&redaction, "\"a@corp.com\""));
    let (account, mail) = (account.trim_matches('"'), mail.trim_matches('"'));
    let body = |account: &str, mail: &str, hidden: &str| {
        format!(
            "{{ \"t\":1.632342984382E9 , \"o\":\"caf\\u00e9\\/{account}\\ud83d\\ude00\",\n\t\"hidden\": \"{hidden}\",\"n\":[1.0,-0 , \
             null],\"p\":\"{{ \\\"a\\\" : \\\"<{mail}>\\\\u00e9\\\", \\\"b\\\":1.50 }}\" }}"
        )
    };
    let redacted = answered(&redaction, &body(ACCOUNT, "a@corp.com", "a\\\"b"));
    let hidden = requested(&redaction, "{\"hidden\":\"a\\\"b\"}");
    assert_eq!(redacted, body(account, mail, hidden.trim_start_matches("{\"hidden\":\"").trim_end_matches("\"}")));
    for untouched in ["", " { } ", "{\"a\":1.0,\"b\":\"\\u00e9\"}", "not JSON at all", "[1,2"] {
        assert_eq!(answered(&redaction, untouched), untouched);
        assert_eq!(asked(&redaction, "a=b&c", untouched), None);
    }
}

const ACCOUNT_TEXT: &str = "\"123456789012\"";

#[test]
fn bytes_that_are_no_text_stay_around_what_is() {
    let redaction = redaction(false, &[]);
    let body = [b"\xff\x00".as_slice(), b"x@corp.com \xfe", b"y@corp.com"].concat();
    let page = page(&redaction, Body::literal(Bytes::from(body)));
    let bytes = page.body.render(|_| Err(())).unwrap();
    assert!(bytes.starts_with(b"\xff\x00redacted-"), "{bytes:?}");
    assert_eq!(bytes.iter().filter(|byte| **byte == 0xfe).count(), 1);
    assert!(!String::from_utf8_lossy(&bytes).contains("corp.com"));
}

#[test]
fn holes_stay_where_they_are() {
    let redaction = redaction(true, &[rule(Selector::Member("name".into()))]);
    let mut body = Body::literal(Bytes::from_static(b"{\"a\":\"123456789012\",\"name\":"));
    body.push_hole(Hole::Volatile("w#1:/name".into()));
    body.push_literal(Bytes::from_static(b",\"b\":\"x@corp.com\",\"nextToken\":"));
    body.push_hole(Hole::Token(1));
    body.push_literal(Bytes::from_static(b",\"c\":\"123456789012\"}"));
    let redacted = page(&redaction, body);
    assert_eq!(redacted.body.holes().collect::<Vec<_>>(), [&Hole::Volatile("w#1:/name".into()), &Hole::Token(1)]);
    let text = redacted.body.render(|hole| Ok::<_, ()>(format!("<{hole:?}>").into_bytes().into())).unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains(",\"name\":<Volatile(\"w#1:/name\")>,\"b\":\"redacted-"), "{text}");
    assert!(text.contains("@example.com\",\"nextToken\":<Token(1)>,\"c\":\"9999"), "{text}");
    assert!(!text.contains(ACCOUNT) && !text.contains("corp.com"), "{text}");
}

#[test]
fn headers_queries_and_paths_are_redacted_too() {
    let redaction = redaction(true, &[]);
    let mut headers = HeaderMap::new();
    headers.insert("x-amzn-errortype", HeaderValue::from_static("Bad:mail x@corp.com, account 123456789012"));
    let page = redaction
        .redact_page(
            &OperationName::Unknown("GET /".into()),
            SecretMembers::default(),
            (400, &headers),
            Body::default(),
        )
        .unwrap();
    let (_, value) = &page.inner().headers[0];
    assert!(value.starts_with("Bad:mail redacted-") && value.contains("@example.com, account 9999"), "{value}");

    let asking = |path: &str, query: &str| {
        let asking = RequestParts {
            secrets: SecretMembers::default(),
            operation: None,
            path,
            query,
            body: b"",
            keep: &|_| false,
            skip: &|name| name == "clientToken",
        };
        redaction.redact_request(&asking).unwrap()
    };
    let copied = asking(
        "/a/123456789012/%3A123456789012",
        "arn=arn%3Aaws%3Aram%3A%3A123456789012%3Ax&clientToken=123456789012&b",
    );
    let RedactedRequest { path, query, .. } = copied.unwrap();
    let pseudonym = path.split('/').nth(2).unwrap();
    assert!(pseudonym.starts_with("9999") && path == format!("/a/{pseudonym}/%3A{pseudonym}"), "{path}");
    assert_eq!(query, format!("arn=arn%3Aaws%3Aram%3A%3A{pseudonym}%3Ax&clientToken={ACCOUNT}&b"));
    assert_eq!(asking("/a", "b=c&d"), None);
}

#[test]
fn holes_and_unstored_values_are_left_unchanged() {
    let redaction = redaction(true, &[]);
    let body = b"{\"name\":\"share-123456789012\",\"clientToken\":\"x@corp.com\",\"o\":[\"share-123456789012\",\"123456789012\"]}";
    let asking = RequestParts {
        secrets: SecretMembers::default(),
        operation: Some("X"),
        path: "/x",
        query: "",
        body,
        keep: &|text| text == "share-123456789012",
        skip: &|name| name == "clientToken",
    };
    let copied = String::from_utf8(redaction.redact_request(&asking).unwrap().unwrap().body).unwrap();
    let expected =
        "{\"name\":\"share-123456789012\",\"clientToken\":\"x@corp.com\",\"o\":[\"share-123456789012\",\"9999";
    assert!(copied.starts_with(expected), "{copied}");
}

#[test]
fn two_values_with_one_pseudonym_are_an_error() {
    // 483,000 pseudonyms for short numbers: among 5,000 values two meet.
    let redaction = redaction(false, &[rule(Selector::Member("n".into()))]);
    let mut collided = false;
    for number in 0..5000 {
        let body = format!("{{\"n\":{number}}}");
        let asking = RequestParts {
            secrets: SecretMembers::default(),
            operation: None,
            path: "/",
            query: "",
            body: body.as_bytes(),
            keep: &|_| false,
            skip: &|_| false,
        };
        match redaction.redact_request(&asking) {
            Ok(_) => {}
            Err(RedactionError::Collision { pointer }) => {
                assert_eq!(pointer, "/n");
                collided = true;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(collided);
}

#[test]
fn without_its_key_a_request_says_what_it_would_need() {
    let policy = RedactionSpec { accounts: true, ..RedactionSpec::default() };
    let redaction = Redaction::new(policy, KeySource::Missing(key())).unwrap();
    let copied = asked(&redaction, "", "{\"principals\":[\"123456789012\",\"999912345678\"],\"o\":\"SELF\"}").unwrap();
    assert_eq!(copied.unkeyed, ["/principals/0"]);
    assert!(!String::from_utf8(copied.body).unwrap().contains(ACCOUNT));
    assert_eq!(asked(&redaction, "", "{\"principals\":[\"999912345678\"]}"), None);
}

#[test]
fn a_key_is_made_when_it_is_needed_and_once() {
    let made = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = std::sync::Arc::clone(&made);
    let make = move || {
        counting.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(key())
    };
    let redaction = Redaction::built_in(KeySource::MadeWhenNeeded(Box::new(make)));
    let count = || made.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!((requested(&redaction, "{\"a\":\"b\"}"), count()), ("{\"a\":\"b\"}".to_owned(), 0));
    for _ in 0..2 {
        assert!(requested(&redaction, "{\"a\":\"x@corp.com\"}").contains("redacted-"));
    }
    assert_eq!(count(), 1);
    let broken = Redaction::built_in(KeySource::MadeWhenNeeded(Box::new(|| Err(KeyUnavailable("no room".to_owned())))));
    let asking = RequestParts {
        secrets: SecretMembers::default(),
        operation: None,
        path: "/",
        query: "",
        body: b"x@corp.com",
        keep: &|_| false,
        skip: &|_| false,
    };
    assert_eq!(broken.redact_request(&asking), Err(RedactionError::Key(KeyUnavailable("no room".to_owned()))));
}

#[test]
fn a_checksum_goes_where_the_body_is_no_longer_what_was_sent() {
    let redaction = redaction(false, &[]);
    let operation = OperationName::Companion("dynamodb:GetItem".into());
    let mut headers = HeaderMap::new();
    for name in ["x-amz-crc32", "x-amz-checksum-sha256", "x-amz-version-id"] {
        headers.insert(name, HeaderValue::from_static("1"));
    }
    let kept = |body: String| {
        let body = Body::literal(Bytes::from(body));
        let page = redaction.redact_page(&operation, SecretMembers::default(), (200, &headers), body).unwrap();
        page.into_inner().headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(
        kept(r#"{"Item":{"id":{"S":"1"}}}"#.into()),
        ["x-amz-checksum-sha256", "x-amz-crc32", "x-amz-version-id"]
    );
    assert_eq!(kept(format!(r#"{{"Item":{{"id":{{"S":"{}"}}}}}}"#, SECRETS[0].1)), ["x-amz-version-id"]);
}
