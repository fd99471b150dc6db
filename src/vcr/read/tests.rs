//! What is made of each form, and what is told of what cannot be.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use bytes::Bytes;

const VCRPY: &str = "\
interactions:
- request:
    body: Action=GetCallerIdentity&Version=2011-06-15
    headers: &h
      Content-Length: ['43']
      User-Agent:
      - !!binary |
        Qm90bzM=
    method: POST
    uri: https://me:pw@STS.us-east-1.amazonaws.com/?a=b
  response:
    body:
      string: !!binary |
        H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==
    headers:
      Content-Encoding: [gzip]
      Content-Length: ['22']
      content-type: [text/xml]
    status: {code: 200, message: OK}
- request: {body: null, headers: *h, method: GET, uri: 'https://a.test/'}
  response: {body: {string: ''}, headers: {}, status: {code: 404, message: no}}
version: 1
";

const GO: &str = "\
---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        content_length: 41
        body: \"\"
        form:
            Action:
                - AssumeRole
            RoleArn:
                - arn:aws:iam::1:role/a b
        headers:
            Content-Type:
                - application/x-www-form-urlencoded
        url: https://sts.amazonaws.com/
        method: POST
      response:
        content_length: 5
        uncompressed: true
        body: |
            <a/>
        headers: {}
        status: 200 OK
        code: 200
        duration: 12.5ms
";

fn exchanges(file: &str) -> Vec<Result<Exchange, Lack>> {
    read(file.as_bytes()).unwrap().into_iter().map(|entry| entry.exchange).collect()
}

#[test]
fn vcrpy_yaml_is_taken_apart() {
    let entries = read(VCRPY.as_bytes()).unwrap();
    assert_eq!((entries[0].number, &*entries[0].name), (1, "POST https://STS.us-east-1.amazonaws.com/"));
    let Exchange { request, response, .. } = entries[0].exchange.clone().unwrap();
    assert_eq!((&*request.authority, &*request.path, &*request.query), ("sts.us-east-1.amazonaws.com", "/", "a=b"));
    assert_eq!(
        (request.header("user-agent"), &request.body[..]),
        (Some("Boto3"), &b"Action=GetCallerIdentity&Version=2011-06-15"[..])
    );
    assert_eq!((response.status.as_u16(), &response.body[..]), (200, &b"{}"[..]));
    // What told of the compressed body is not said of the plain one.
    assert_eq!(response.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["content-type"]);
    // The headers came by an alias; of the body that they promise there is nothing.
    assert_eq!(entries[1].exchange.clone().unwrap_err(), Lack::NoRequestBody);
}

#[test]
fn vcrpy_json_is_the_same() {
    let file = r#"{"version": 1, "interactions": [{
        "request": {"method": "POST", "uri": "https://a.test/x", "body": "{}", "headers": {"A": ["b"]}},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "é"}}
    }, {
        "request": {"method": "GET", "uri": "https://a.test/x", "body": null, "headers": {}},
        "response": {"status_code": 200, "headers": {}, "content": "old"}
    }, {
        "request": {"method": "GET", "uri": "https://a.test/x", "body": null, "headers": {}},
        "response": {"status": {"code": 200}, "headers": {}, "body": {"base64_string": "eA=="}}
    }]}"#;
    let bodies: Vec<Bytes> =
        exchanges(&format!("\u{feff}{file}")).into_iter().map(|exchange| exchange.unwrap().response.body).collect();
    assert_eq!(bodies, ["é", "old", "x"]);
}

#[test]
fn go_vcr_has_a_form_beside_the_body() {
    let Exchange { request, response, .. } = exchanges(GO).remove(0).unwrap();
    assert_eq!(request.body, "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b");
    assert_eq!((response.status.as_u16(), &response.body[..]), (200, &b"<a/>\n"[..]));
    let first = GO.replace("version: 2", "version: 1").replace("        code: 200\n", "");
    assert_eq!(exchanges(&first).remove(0).unwrap().response.status.as_u16(), 200);
}

#[test]
fn what_is_not_whole_is_told() {
    let lack = |from: &str, to: &str| {
        assert!(VCRPY.contains(from), "{from}");
        exchanges(&VCRPY.replacen(from, to, 1)).remove(0).unwrap_err().to_string()
    };
    let body = "string: !!binary |\n        H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==\n";
    for (from, to, told) in [
        ("method: POST", "other: POST", "its request has no method"),
        ("uri: https", "urn: https", "its request has no uri"),
        ("uri: https://me:pw@STS", "uri: /x #", "no host in its URL"),
        ("method: POST", "method: 'A B'", "\"A B\" is not an HTTP method"),
        ("  response:\n    body", "  answer:\n    body", "it has no answer"),
        ("status: {code: 200", "status: {code: 2", "its status is not an HTTP status"),
        ("status: {code: 200", "status: {code: 101", "it is a WebSocket"),
        ("Encoding: [gzip]", "Encoding: [br]", "compressed with \"br\""),
        ("H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==", "H4sIAAAAAAAC/6uuBQBD", "not valid gzip"),
        (
            "body: Action=GetCallerIdentity&Version=2011-06-15",
            "body: {a: b}",
            "its request's body is an object, and not",
        ),
        ("body: Action=GetCallerIdentity&Version=2011-06-15", "body: [a]", "its request's body is a list"),
        (
            "body: Action=GetCallerIdentity&Version=2011-06-15",
            "body: !!python/object/new:_io.BytesIO {state: [x]}",
            "its request's body is an object of a program (!!python/object/new:_io.BytesIO), which is not made here",
        ),
        (body, "base64_string: '*'\n", "its answer's body is not valid base64"),
    ] {
        let lack = lack(from, to);
        assert!(lack.contains(told), "{lack:?} is not {told:?}");
    }
    let plain = VCRPY.replacen(body, "string: ''\n", 1).replacen("Content-Encoding: [gzip]", "a: b", 1);
    assert_eq!(exchanges(&plain).remove(0).unwrap_err(), Lack::NoAnswerBody);
}

#[test]
fn a_header_that_outlived_its_encoding_does_no_harm() {
    let body = "string: !!binary |\n        H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==\n";
    let decoded = exchanges(&VCRPY.replacen(body, "string: '{}'\n", 1)).remove(0).unwrap();
    assert_eq!(decoded.response.body, "{}");
}

#[test]
fn other_files_are_refused_with_what_they_are() {
    let told = |file: &str| {
        let error = read(file.as_bytes()).unwrap_err();
        crate::model::with_causes(&error)
    };
    for (file, part) in [
        ("", "it has no list `interactions`"),
        ("a: b", "it has no list `interactions`"),
        ("interactions: 7", "it has no list `interactions`"),
        ("http_interactions: [a]", "betamax"),
        ("- request: {}\n  response: {}", "before version 1"),
        ("!!python/object/apply:os.system ['touch x']", "an object of a program (!!python/object/apply:os.system)"),
        ("{\"log\": {}", "it begins as JSON"),
        ("{\"log\": {}}", "it has no list `interactions`"),
        ("a: [", "not valid YAML"),
        ("a: &a [*a]", "a part of"),
    ] {
        assert!(told(file).contains(part), "{part:?} is not in {:?}", told(file));
    }
    assert!(matches!(read(b"\xff"), Err(VcrError::Encoding)));
    assert!(matches!(read(&vec![b' '; LARGEST_FILE as usize + 1]), Err(VcrError::TooLarge)));
    assert!(read(b"interactions: []").unwrap().is_empty() && read(b"interactions:").unwrap().is_empty());
}
