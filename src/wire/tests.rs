#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::fingerprint::Parameters;
use crate::json::quote;
use crate::model::{Door, Notation, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use proptest::prelude::*;
use std::io::Write;

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: map,
        body: body.into(),
        signed_target: target.to_owned(),
        authority: "127.0.0.1:1".to_owned(),
        door: Door::Endpoint,
        key: None,
        session_prefix: None,
    }
}

fn canonical(parameters: &str) -> String {
    Parameters::read("", parameters.as_bytes(), true).unwrap().canonical(None, |_| false).unwrap()
}

/// What makes the fingerprint.
fn asked(request: &Request) -> (Protocol, String, String) {
    let WireCall { protocol, operation, parameters } = read_call(request);
    assert_eq!(read_operation(request), (protocol, operation.clone()));
    (protocol, operation, canonical(&parameters))
}

fn rebuild(request: &Request) -> Request {
    let WireCall { protocol, operation, parameters } = read_call(request);
    build_request(protocol, &operation, &parameters)
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn every_protocol_is_read() {
    let cbor = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
    for (request, protocol, operation, parameters) in [
        (
            request("POST", "/", &[FORM], "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aa&Tags.member.1.Key=k"),
            Protocol::Query,
            "AssumeRole",
            r#"{"RoleArn":"arn:a","Tags":[{"Key":"k"}]}"#,
        ),
        (
            request(
                "GET",
                "/?Action=GetCallerIdentity&Version=1&X-Amz-Algorithm=A&X-Amz-Expires=1&X-Amz-SignedHeaders=h&X-Amz-Signature=s",
                &[],
                "",
            ),
            Protocol::Query,
            "GetCallerIdentity",
            "{}",
        ),
        (
            request("POST", "/1/queue", &[FORM], "Action=SendMessage&MessageBody=%ff"),
            Protocol::Query,
            "SendMessage",
            r#"{"$body":"Action=SendMessage&MessageBody=%ff","$path":"/1/queue"}"#,
        ),
        (
            request("POST", "/", &[("x-amz-target", "AWSOrganizationsV20161128.ListRoots")], ""),
            Protocol::AwsJson,
            "ListRoots",
            "{}",
        ),
        (
            request("POST", "/", &[("x-amz-target", "T.Op")], r#" {"a": 1.0, "b": null} "#),
            Protocol::AwsJson,
            "Op",
            r#"{"a":1}"#,
        ),
        (request("POST", "/", &[("x-amz-target", "T.Op")], "[]"), Protocol::AwsJson, "Op", r#"{"$body":"[]"}"#),
        (
            request(
                "POST",
                "/",
                &[("x-amz-target", "T.Op"), ("content-type", "application/x-amz-cbor-1.1")],
                &b"\xa1\x61a\x01"[..],
            ),
            Protocol::AwsJson,
            "Op",
            r#"{"a":1}"#,
        ),
        (
            request("POST", "/service/S/operation/Op", &cbor, &b"\xa1\x61a\xfb\x3f\xf0\0\0\0\0\0\0"[..]),
            Protocol::RpcV2Cbor,
            "Op",
            r#"{"a":1}"#,
        ),
        (
            request("POST", "/service/S/operation/Op", &cbor, &b"\xa1\x01\x01"[..]),
            Protocol::RpcV2Cbor,
            "Op",
            r#"{"$body-base64":"oQEB"}"#,
        ),
        (
            request("POST", "/2015/functions?q=1", &[JSON], r#"{"a":[1]}"#),
            Protocol::Rest,
            "POST /2015/functions",
            r#"{"a":[1],"q":"1"}"#,
        ),
        (
            request("POST", "/f?a=1", &[JSON], r#"{"a":2}"#),
            Protocol::Rest,
            "POST /f",
            r#"{"$body":"{\"a\":2}","a":"1"}"#,
        ),
        (
            request(
                "GET",
                "/b?list-type=2&tag=1&x-id=L&tag=%20&acl",
                &[("range", "bytes=0-1"), ("x-amz-date", "d"), ("x-amz-meta-a", "b")],
                "",
            ),
            Protocol::Rest,
            "GET /b",
            r#"{"acl":"","list-type":"2","range":"bytes=0-1","tag":["1"," "],"x-amz-meta-a":"b"}"#,
        ),
        (
            request("PUT", "/b/k?X-Amz-Signature=1&x-amz-acl=private", &[("content-type", "text/plain")], "h\u{e9}"),
            Protocol::Rest,
            "PUT /b/k",
            r#"{"$body":"hé","x-amz-acl":"private"}"#,
        ),
        (
            request(
                "PUT",
                "/b?tagging",
                &[],
                "<Tagging xmlns='u:x'>\n <TagSet><Tag><Key>k</Key></Tag></TagSet>\n</Tagging>",
            ),
            Protocol::Rest,
            "PUT /b",
            r#"{"Tagging":{"TagSet":{"Tag":{"Key":"k"}}},"tagging":""}"#,
        ),
        (request("GET", "/b?a=%ff&x=1", &[], ""), Protocol::Rest, "GET /b", r#"{"$query":"a=%ff&x=1"}"#),
        (request("PUT", "/b/k", &[], &b"\xff"[..]), Protocol::Rest, "PUT /b/k", r#"{"$body-base64":"/w=="}"#),
    ] {
        assert_eq!(asked(&request), (protocol, operation.to_owned(), parameters.to_owned()), "{request:?}");
    }
}

/// Of a signature for S3.
const S3: (&str, &str) =
    ("authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261130/us-east-1/s3/aws4_request, Signature=0");

#[test]
fn the_ways_to_write_to_s3_are_one() {
    let plain = request("PUT", "/b/a%20b/", &[S3, ("content-type", "text/plain"), ("x-amz-acl", "private")], "hello");
    let chunked = request(
        "PUT",
        "/b/a%20b/",
        &[S3, ("content-encoding", "aws-chunked"), ("x-amz-acl", "private"), ("x-amz-trailer", "x-amz-checksum-crc32")],
        "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
    );
    let presigned =
        "/b/a%20b/?x-amz-acl=private&X-Amz-Credential=AKID%2F20261130%2Fus-east-1%2Fs3%2Faws4_request&x-id=PutObject";
    let presigned = request("PUT", presigned, &[], "hello");
    let on_host = |authority: &str| {
        let request = request("PUT", "/a%20b/", &[S3, ("x-amz-acl", "private")], "hello");
        Request { authority: authority.to_owned(), ..request }
    };
    let one = asked(&plain);
    assert_eq!(one.1, "PUT /b/a%20b/");
    for other in [chunked, presigned, on_host("b.s3.us-east-1.amazonaws.com"), on_host("b.localhost:1")] {
        // As the proxy has it.
        let path = other.path.trim_end_matches('/').to_owned();
        assert_eq!(asked(&Request { path, ..other }), one);
    }
    let list = request("GET", "/b/", &[S3], "");
    assert_eq!(read_operation(&Request { path: "/b".to_owned(), ..list }).1, "GET /b");
}

#[test]
fn buckets_and_keys_that_only_hosts_and_slashes_tell_apart_are_told_apart() {
    let put = |authority: &str, target: &str, headers: &[(&str, &str)]| {
        let request = request("PUT", target, &[&[S3], headers].concat(), "");
        Request { path: "/folder".to_owned(), authority: authority.to_owned(), ..request }
    };
    let [one, other] = ["b.s3.us-east-1.amazonaws.com", "c.s3.us-east-1.amazonaws.com"];
    let requests = [
        put(one, "/folder", &[]),
        put(one, "/folder/", &[]),
        put(other, "/folder", &[]),
        put(one, "/folder", &[("x-amz-meta-a", "b")]),
        put(one, "/folder", &[("cache-control", "private")]),
    ];
    let different = |texts: Vec<String>| texts.into_iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(different(requests.iter().map(parameter_headers).collect()), requests.len());
    assert_eq!(different(requests.iter().map(|request| format!("{:?}", asked(request))).collect()), requests.len());
}

#[test]
fn an_object_is_bytes_whatever_it_looks_like() {
    for (content_type, body) in [("application/json", "{\"a\":1.0}"), ("application/xml", "<a> <b/> </a>")] {
        let parameters = |target: &str| {
            let request = request("PUT", target, &[S3, ("content-type", content_type)], body);
            read_call(&request).parameters
        };
        let bytes = format!("{{\"$body\":{}", quote(body));
        assert_eq!(parameters("/b/k"), bytes.clone() + "}");
        assert!(parameters("/b/k?partNumber=1").ends_with(&format!("{}}}", &bytes[1..])));
        for target in ["/b", "/b/k?tagging"] {
            assert!(!parameters(target).contains("$body"), "{target}");
        }
    }
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(b"hello").unwrap();
    let zipped = request("PUT", "/b/k", &[S3, ("content-encoding", "gzip,aws-chunked")], zipped.finish().unwrap());
    assert_eq!(asked(&zipped).2, r#"{"$body":"hello","content-encoding":"gzip"}"#);
}

#[test]
fn what_only_says_that_it_is_framed_stays_as_it_is() {
    let call = read_call(&request("PUT", "/b/k", &[("content-encoding", "aws-chunked, gzip")], "5\r\nhel"));
    assert_eq!(call.parameters, r#"{"content-encoding":"gzip","$body":"5\r\nhel"}"#);
}

/// JSON objects, as services have them in requests.
fn object() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number,
        any::<String>().prop_map(|text| quote(&text)),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            members(inner),
        ]
    });
    members(value)
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let names =
        prop_oneof!["[a-z.1-3]{1,3}", any::<String>().prop_filter("no name of ours", |name| !name.starts_with('$'))];
    prop::collection::btree_map(names, value, 0..4).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", quote(name))).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Pairs of forms: names that nest, that clash, and any.
fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let part = prop_oneof![
        "[A-C]",
        "[0-3]",
        Just("member".to_owned()),
        Just("entry".to_owned()),
        Just("key".to_owned()),
        Just("value".to_owned())
    ];
    let name = prop_oneof![
        prop::collection::vec(part, 1..5).prop_map(|parts| parts.join(".")),
        any::<String>().prop_filter("no name of ours", |name| !name.starts_with('$')),
    ];
    prop::collection::vec((name, any::<String>()), 0..8)
}

fn encode(pairs: &[(String, String)]) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("&{}={}", encode(name), encode(value))).collect()
}

fn any_request() -> impl Strategy<Value = Request> {
    let target = prop_oneof![
        "/",
        "/[a-zA-Z0-9%+:/~-]{0,12}(\\?[a-cA-C0-9&=%+.$-]{0,20})?",
        "/\\?Action=[a-z]{1,3}(&[a-c.$=%&+-]{0,12})?"
    ];
    let header = prop_oneof![
        Just(FORM),
        Just(JSON),
        Just(("content-type", "application/xml")),
        Just(("content-encoding", "aws-chunked")),
        Just(("content-encoding", "gzip")),
        Just(("smithy-protocol", "rpc-v2-cbor")),
        Just(("x-amz-target", "T.Op")),
        Just(("x-amz-acl", "private")),
        Just(("range", "bytes=0-1")),
        Just(S3),
    ];
    (prop_oneof!["GET", "POST", "PUT"], target, prop::collection::vec(header, 0..4), body())
        .prop_map(|(method, target, headers, body)| request(&method, &target, &headers, body))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 0..64),
        object().prop_map(String::into_bytes),
        object().prop_map(|object| build_request(Protocol::RpcV2Cbor, "Op", &object).body.to_vec()),
        "(</?[ab]( c=\"[<>x]\")?/?>|x|&lt;|&#[0-9]{1,3};| |<!-- -->|<!\\[CDATA\\[x\\]\\]>){0,12}"
            .prop_map(String::into_bytes),
        xml().prop_map(String::into_bytes),
        "Action=[a-z]{1,3}(&[a-c.]{0,3}=(%ff)?){0,3}".prop_map(String::into_bytes),
    ]
}

/// XML documents as services write them.
fn xml() -> impl Strategy<Value = String> {
    let leaf = any::<String>().prop_map(|text| xml::escape_xml(&text));
    let inner = leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof!["[a-c]", Just("member".to_owned())];
        prop::collection::vec((name, inner), 0..4)
            .prop_map(|elements| elements.iter().map(|(name, inner)| format!("<{name}>{inner}</{name}>")).collect())
    });
    inner.prop_map(|inner| format!("<?xml version=\"1.0\"?>\n<r xmlns=\"u:x\">{inner}</r>"))
}

proptest! {
    #[test]
    fn cbor_and_json_mean_the_same(object in object()) {
        let json = request("POST", "/", &[("x-amz-target", "T.Op")], object.clone());
        let cbor = build_request(Protocol::RpcV2Cbor, "Op", &object);
        prop_assert_eq!(asked(&json).2, asked(&cbor).2);
    }

    #[test]
    fn the_order_of_pairs_does_not_count(pairs in pairs(), seed in any::<prop::sample::Index>()) {
        let mut pairs = pairs;
        let mut seen = std::collections::BTreeSet::new();
        pairs.retain(|(name, _)| name != "Action" && seen.insert(name.clone()));
        let mut other = pairs.clone();
        if !other.is_empty() {
            other.rotate_left(seed.index(pairs.len()));
            other.reverse();
        }
        let [one, other] = [pairs, other].map(|pairs| request("POST", "/", &[FORM], format!("Action=A{}", encode(&pairs))));
        prop_assert_eq!(asked(&one), asked(&other));
    }

    #[test]
    fn a_form_is_built_and_read_again(pairs in pairs()) {
        let request = request("POST", "/", &[FORM], format!("Action=A{}", encode(&pairs)));
        prop_assert_eq!(asked(&rebuild(&request)), asked(&request));
    }

    #[test]
    fn what_is_built_is_read_as_it_was(object in object(), method in prop_oneof!["GET", "POST"]) {
        for (protocol, operation) in [(Protocol::AwsJson, "Op"), (Protocol::RpcV2Cbor, "Op"), (Protocol::Rest, &*format!("{method} /a/b"))] {
            let built = build_request(protocol, operation, &object);
            prop_assert_eq!(asked(&built), (protocol, operation.to_owned(), canonical(&object)));
        }
    }

    #[test]
    fn any_request_is_read_built_and_read_again(request in any_request()) {
        prop_assert_eq!(asked(&rebuild(&request)), asked(&request));
    }

    #[test]
    fn what_tells_requests_apart_tells_all(one in any_request(), other in any_request()) {
        let other = Request { headers: other.headers, authority: other.authority, signed_target: other.signed_target, ..one.clone() };
        if parameter_headers(&one) == parameter_headers(&other) {
            prop_assert_eq!(asked(&one), asked(&other));
        }
    }

    #[test]
    fn any_body_is_looked_into(body in body()) {
        let (leaves, json) = (leaves(&body), to_json(&body));
        prop_assert_eq!(leaves.is_some(), json.is_some());
        prop_assert_eq!(lay_out_xml(&body).is_some(), json.is_some() && Notation::detect(&body) == Notation::Xml);
        let _ = error_kind(400, None, &body);
        let Some(leaves) = leaves else { return Ok(()) };
        let json = json.unwrap();
        let root = crate::json::parse(json.as_bytes()).unwrap();
        for leaf in &leaves {
            let mut node = Some(&root);
            for step in &leaf.path {
                node = node.and_then(|node| match node.items() {
                    Some(items) => items.get(step.parse::<usize>().ok()?),
                    None => node.member(step),
                });
            }
            let text = node.and_then(crate::json::Node::text);
            prop_assert_eq!(text.as_deref(), Some(&*leaf.text));
        }
        let spelled = replace(&body, &leaves, |text| text.to_owned());
        prop_assert_eq!(to_json(&spelled), Some(json));
    }

    #[test]
    fn bodies_as_services_write_them_keep_their_bytes(object in object(), xml in xml()) {
        let cbor = build_request(Protocol::RpcV2Cbor, "Op", &object).body;
        for body in [&*cbor, xml.as_bytes()] {
            let leaves = leaves(body).unwrap();
            prop_assert_eq!(replace(body, &leaves, |text| text.to_owned()), body);
            let longer = replace(body, &leaves, |text| format!("<&>{text}"));
            let texts: Vec<String> = super::leaves(&longer).unwrap().into_iter().map(|leaf| leaf.text.into_owned()).collect();
            prop_assert_eq!(texts, leaves.iter().map(|leaf| format!("<&>{}", leaf.text)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn blanks_between_elements_do_not_count(xml in xml()) {
        let laid_out = lay_out_xml(xml.as_bytes()).unwrap();
        prop_assert_eq!(to_json(laid_out.as_bytes()), to_json(xml.as_bytes()));
        prop_assert_eq!(lay_out_xml(laid_out.as_bytes()).unwrap(), laid_out);
    }
}

fn replace(body: &[u8], leaves: &[Leaf<'_>], with: impl Fn(&str) -> String) -> Vec<u8> {
    let notation = Notation::detect(body);
    let (mut out, mut at) = (Vec::new(), 0);
    for leaf in leaves {
        out.extend_from_slice(&body[at..leaf.range.start]);
        out.extend(encode_text(notation, &with(&leaf.text)));
        at = leaf.range.end;
    }
    out.extend_from_slice(&body[at..]);
    out
}
