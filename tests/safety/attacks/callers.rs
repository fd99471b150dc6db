//! Who is not proved: 403 with the reason, and nothing is signed or sent.

use super::recorder::{BODY, PATH, Recorder, owner};
use http::{HeaderMap, HeaderValue, Method, Uri};
use ramtape::aws::Keys;
use ramtape::aws::sigv4::{SigningScope, sign};
use ramtape::model::Secret;
use std::time::{Duration, SystemTime};

/// A request as a client signs it, whose parts can be changed afterwards.
#[derive(Clone)]
struct Signed {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: String,
}

/// What is signed with, and when.
struct Signing {
    keys: Keys,
    service: &'static str,
    region: &'static str,
    age: Duration,
    headers: HeaderMap,
}

impl Default for Signing {
    /// As a caller signs who has the credentials that ramtape has.
    fn default() -> Self {
        Self { keys: owner(), service: "ram", region: "us-east-1", age: Duration::ZERO, headers: HeaderMap::new() }
    }
}

impl Signing {
    fn with_header(name: &'static str, value: &'static str) -> Self {
        let mut signing = Self::default();
        signing.headers.insert(name, HeaderValue::from_static(value));
        signing
    }

    fn aged(seconds: u64) -> Self {
        Self { age: Duration::from_secs(seconds), ..Self::default() }
    }

    fn request(&self, recorder: &Recorder) -> Signed {
        self.of_target(recorder, PATH)
    }

    fn of_target(&self, recorder: &Recorder, target: &str) -> Signed {
        let url: Uri = format!("http://{}{target}", recorder.authority()).parse().unwrap();
        let mut headers = self.headers.clone();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let scope = SigningScope {
            service: self.service,
            region: self.region,
            time: SystemTime::now() - self.age,
            as_s3: false,
        };
        headers.extend(sign(&Method::POST, &url, &headers, BODY.as_bytes(), &self.keys, scope).unwrap());
        Signed { method: Method::POST, target: target.to_owned(), headers, body: BODY.to_owned() }
    }
}

impl Signed {
    fn bytes(&self, recorder: &Recorder) -> Vec<u8> {
        let Self { method, target, headers, body } = self;
        let mut lines = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", recorder.authority());
        for (name, value) in headers {
            lines.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        format!("{lines}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    fn authorization(mut self, change: impl FnOnce(&str) -> String) -> Self {
        let changed = change(self.headers["authorization"].to_str().unwrap());
        self.headers.insert("authorization", changed.parse().unwrap());
        self
    }
}

/// Each request gets 403 with these words, and none reaches upstream; one that is signed as it should be does.
fn refused<const N: usize>(requests: impl FnOnce(&Recorder) -> [(Signed, &'static str); N]) {
    let recorder = Recorder::start();
    for (request, words) in requests(&recorder) {
        let bytes = request.bytes(&recorder);
        let reply = recorder.ask(&bytes);
        let shown = bytes.escape_ascii().to_string();
        assert_eq!(reply.status, 403, "{shown}: {reply:?}");
        assert!(reply.head.contains("x-amzn-errortype: ramtapecallernotprovedexception"), "{shown}: {reply:?}");
        assert!(reply.body.contains(words), "{words}: {reply:?}");
    }
    recorder.endpoint.assert_untouched();
    let proved = recorder.ask(Signing::default().request(&recorder).bytes(&recorder));
    assert_eq!(proved.status, 200, "{proved:?}");
    assert_eq!(recorder.endpoint.running().requests(), 1);
}

#[test]
fn neither_key_nor_signature() {
    refused(|recorder| {
        let mut plain = Signing::default().request(recorder);
        plain.headers.remove("authorization");
        let mut presigned = plain.clone();
        presigned.target = format!("{PATH}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={}", "0".repeat(64));
        let words = "neither this proxy's key nor a signature";
        [(plain.clone(), words), (presigned, words), (plain.header("authorization", "Basic eDp5"), "scheme is Basic")]
    });
}

#[test]
fn a_wrong_secret() {
    refused(|recorder| {
        let guessed = Keys { secret: Secret::new("guessed"), ..owner() };
        let of_others = Keys { access_key_id: "AKIAOTHER".to_owned(), ..owner() };
        [
            (Signing { keys: guessed, ..Signing::default() }.request(recorder), "signature does not match"),
            (Signing { keys: of_others, ..Signing::default() }.request(recorder), "whose secret ramtape does not have"),
        ]
    });
}

#[test]
fn an_old_date() {
    refused(|recorder| {
        let old = Signing::aged(24 * 60 * 60).request(recorder);
        let fresh = Signing::default().request(recorder).headers["x-amz-date"].clone();
        let mut redated = Signing::aged(24 * 60 * 60).request(recorder);
        redated.headers.insert("x-amz-date", fresh);
        let mut undated = Signing::default().request(recorder);
        undated.headers.remove("x-amz-date");
        [
            (old, "five minutes before"),
            (redated, "not on the day of the credential scope"),
            (undated, "neither an x-amz-date"),
        ]
    });
}

#[test]
fn a_request_replayed_after_five_minutes() {
    refused(|recorder| [(Signing::aged(301).request(recorder), "five minutes before")]);
    let recorder = Recorder::start();
    let captured = Signing::aged(240).request(&recorder).bytes(&recorder);
    assert_eq!(recorder.ask(captured).status, 200);
}

#[test]
fn a_changed_body() {
    refused(|recorder| {
        let mut others = Signing::default().request(recorder);
        others.body = r#"{"resourceOwner":"OTHER-ACCOUNTS"}"#.to_owned();
        let mut spaced = Signing::default().request(recorder);
        spaced.body = BODY.replace(':', ": ");
        let mut none = Signing::default().request(recorder);
        none.body = String::new();
        [others, spaced, none].map(|request| (request, "signature does not match"))
    });
}

#[test]
fn a_changed_path_method_or_query() {
    refused(|recorder| {
        let good = Signing::default().request(recorder);
        let other_operation = Signed { target: "/deleteresourceshare".to_owned(), ..good.clone() };
        let other_query = Signed { target: format!("{PATH}?resourceShareArn=arn"), ..good.clone() };
        let other_session = Signed { target: format!("/~one{PATH}"), ..good.clone() };
        let other_method = Signed { method: Method::DELETE, ..good };
        [other_operation, other_query, other_session, other_method].map(|request| (request, "signature does not match"))
    });
}

#[test]
fn an_unsigned_security_token() {
    refused(|recorder| {
        let added = Signing::default().request(recorder).header("x-amz-security-token", "IQoJb3JpZ2luX2VjEXAMPLE");
        [(added, "the header x-amz-security-token is not signed")]
    });
}

#[test]
fn an_unsigned_payload() {
    refused(|recorder| {
        ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"].map(
            |announced| {
                let mut request = Signing::with_header("x-amz-content-sha256", announced).request(recorder);
                request.body = "{}".to_owned();
                (request, "says that the payload is unsigned or streamed")
            },
        )
    });
}

#[test]
fn an_unsigned_host() {
    refused(|recorder| {
        let without = |value: &str| value.replace("host;", "");
        [(Signing::default().request(recorder).authorization(without), "the host header is not signed")]
    });
}

#[test]
fn another_service_in_the_scope() {
    refused(|recorder| {
        let iam = Signing { service: "iam", ..Signing::default() }.request(recorder);
        let relabelled = iam.clone().authorization(|value| value.replace("/iam/", "/ram/"));
        let elsewhere = Signing::default().request(recorder);
        let elsewhere = elsewhere.authorization(|value| value.replace("/us-east-1/", "/eu-west-1/"));
        [
            (iam, "is for the service \\\"iam\\\", and ramtape records ram, sts only"),
            (relabelled, "signature does not match"),
            (elsewhere, "signature does not match"),
        ]
    });
}

#[test]
fn a_guessed_a_truncated_and_an_earlier_key() {
    let earlier = Recorder::start().key().to_owned();
    refused(|recorder| {
        let key = recorder.key();
        let guesses = [
            "key-aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
            "key-".to_owned(),
            key[..key.len() - 1].to_owned(),
            key[..8].to_owned(),
            format!("{key}a"),
            key.to_uppercase(),
            earlier,
        ];
        guesses.map(|guess| {
            let mut request = Signing::default().request(recorder);
            request.headers.remove("authorization");
            // A session's name after it, as the first of two segments is always taken for a key.
            request.target = format!("/~{guess}/~session{PATH}");
            (request, "the key in the URL is not this proxy's")
        })
    });
}

#[test]
fn an_empty_key_is_none() {
    refused(|recorder| {
        ["/~", "/~/", "//~/", "/%7E/"].map(|start| {
            let mut request = Signing::default().request(recorder);
            request.headers.remove("authorization");
            request.target = format!("{start}{}", PATH.trim_start_matches('/'));
            (request, "neither this proxy's key nor a signature")
        })
    });
}

#[test]
fn a_session_s_prefix_is_part_of_what_is_signed() {
    let recorder = Recorder::start();
    let request = Signing::default().of_target(&recorder, &format!("/~one{PATH}"));
    assert_eq!(recorder.ask(request.bytes(&recorder)).status, 200);
}
