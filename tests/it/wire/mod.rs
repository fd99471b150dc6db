//! Requests of services other than RAM, as clients send them (`tests/clients/pinned/README.md` tells how they were captured).

use crate::fingerprint::wire::{WireRequest, fixtures, folders, requests};
use http::{HeaderMap, HeaderName};
use ramtape::fingerprint::Parameters;
use ramtape::model::{Door, Request, Secret};
use ramtape::proxy::strip_prefixes;
use ramtape::wire::{Protocol, WireCall, build_request, read_call, read_operation};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What makes a call's fingerprint, but for region and actor.
type Asked = (String, String, String);

#[test]
fn every_client_s_request_for_one_call_is_one() {
    let mut calls: BTreeMap<Asked, _> = BTreeMap::new();
    let mut protocols = Vec::new();
    for folder in folders(&fixtures("services")) {
        let requests = requests(&folder);
        for client in ["boto3", "cli", "js"] {
            let name = format!("{client}.http");
            assert!(requests.iter().any(|(path, _)| path.ends_with(&name)), "{folder:?} has no {name}");
        }
        let first = asked(&requests[0].1);
        for (path, request) in &requests {
            assert_eq!(asked(request), first, "{path:?}");
            protocols.push(read_operation(&received(request)).0);
        }
        assert_eq!(calls.insert(first, folder.clone()), None, "{folder:?}");
    }
    for protocol in [Protocol::AwsJson, Protocol::Query, Protocol::Rest, Protocol::RpcV2Cbor] {
        assert!(protocols.contains(&protocol), "{protocol:?}");
    }
    // The table of calls and the folders are the same.
    assert_eq!(calls.len(), sent_calls().len());
}

#[test]
fn what_a_program_asked_is_what_is_read() {
    for (service, operation, parameters) in sent_calls() {
        let folder = fixtures("services").join(format!("{service}-{}", kebab(&operation)));
        let call = read_call(&received(&requests(&folder)[0].1));
        let read: Value = serde_json::from_str(&call.parameters).unwrap();
        match call.protocol {
            Protocol::AwsJson | Protocol::RpcV2Cbor => assert_eq!(numbers(&read), numbers(&parameters), "{folder:?}"),
            // EC2 names some lists otherwise.
            Protocol::Query if service == "ec2" => assert_eq!(texts(&read), texts(&parameters), "{folder:?}"),
            Protocol::Query => assert_eq!(read, as_texts(&parameters), "{folder:?}"),
            // Their places and names are the service's own.
            Protocol::Rest => {}
        }
    }
    let read = |folder: &str| {
        let call = read_call(&received(&requests(&fixtures("services").join(folder))[0].1));
        (call.operation, serde_json::from_str::<Value>(&call.parameters).unwrap())
    };
    let key = "gr%C3%B6%C3%9Fe/a%20b%2Bc~(1)!'*.txt";
    assert_eq!(
        read("s3-put-object"),
        (
            format!("PUT /app/{key}"),
            json!({ "$body": "Größe 漢字\n", "x-amz-meta-team": "a b", "x-amz-tagging": "a=b&c=d%20e" })
        )
    );
    assert_eq!(read("s3-get-object"), (format!("GET /app/{key}"), json!({ "range": "bytes=0-3" })));
    assert_eq!(
        read("s3-copy-object"),
        (
            "PUT /app/folder/".to_owned(),
            json!({ "x-amz-copy-source": "app/folder/a.txt", "x-amz-metadata-directive": "REPLACE" })
        )
    );
    let tags = json!([{ "Key": "a", "Value": "<größe> & \"b\"" }, { "Key": "b", "Value": " c " }]);
    assert_eq!(
        read("s3-put-bucket-tagging"),
        ("PUT /app".to_owned(), json!({ "Tagging": { "TagSet": { "Tag": tags } }, "tagging": "" }))
    );
}

#[test]
fn every_changed_value_is_another_request() {
    let mut changes = 0;
    for folder in folders(&fixtures("services")) {
        let WireCall { protocol, operation, parameters } = read_call(&received(&requests(&folder)[0].1));
        let parameters: Value = serde_json::from_str(&parameters).unwrap();
        let canonical_of =
            |parameters: &Value| canonical(&build_request(protocol, &operation, &parameters.to_string()));
        let mut seen = BTreeMap::from([(canonical_of(&parameters), "as it was".to_owned())]);
        let mut pointers = Vec::new();
        find_values(&parameters, "", &mut pointers);
        for pointer in pointers {
            let mut changed = parameters.clone();
            let value = changed.pointer_mut(&pointer).unwrap();
            *value = match &*value {
                Value::String(text) => json!(format!("{text}\u{e9}&")),
                Value::Bool(value) => json!(!value),
                number => json!([number]),
            };
            assert_eq!(seen.insert(canonical_of(&changed), pointer.clone()), None, "{folder:?}: {pointer}");
            changes += 1;
        }
        for name in parameters.as_object().unwrap().keys() {
            let mut without = parameters.clone();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(seen.insert(canonical_of(&without), name.clone()), None, "{folder:?}: without {name}");
            changes += 1;
        }
    }
    assert!(changes > 150, "{changes}");
}

/// RAM itself is asked in restJson1; what is read without its model agrees between clients too.
#[test]
fn requests_in_rest_json_agree() {
    for folder in folders(&fixtures("captures")) {
        let requests = requests(&folder);
        let of = |client: &str| &requests.iter().find(|(path, _)| path.ends_with(client)).unwrap().1;
        let [boto3, javascript] = ["boto3.http", "javascript.http"].map(|client| asked(of(client)));
        assert_eq!(boto3, javascript, "{folder:?}");
    }
}

/// `request` as the proxy hands it on.
fn received(request: &WireRequest) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let target =
        if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
    let received = Request {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers,
        body: request.body.clone().into(),
        signed_target: target,
        authority: request.header("host").unwrap().to_owned(),
        door: Door::Endpoint,
        key: None,
        session_prefix: None,
    };
    strip_prefixes(received, &Secret::new("key-none"))
}

/// Service, operation and canonical parameters.
fn asked(request: &WireRequest) -> Asked {
    let scope =
        request.header("authorization").and_then(|header| header.split_once("Credential=")?.1.split('/').nth(3));
    let received = received(request);
    (scope.unwrap().to_owned(), read_call(&received).operation, canonical(&received))
}

fn canonical(request: &Request) -> String {
    let parameters = read_call(request).parameters;
    Parameters::read("", parameters.as_bytes(), true).unwrap().canonical(None, |_| false).unwrap()
}

/// Service, operation and parameters of every call that was captured; bytes as base64, times as numbers.
fn sent_calls() -> Vec<(String, String, Value)> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/pinned/services.json");
    let calls: Vec<(String, String, Value)> = serde_json::from_slice(&fs::read(table).unwrap()).unwrap();
    calls.into_iter().map(|(service, operation, parameters)| (service, operation, without_marks(parameters))).collect()
}

fn without_marks(value: Value) -> Value {
    match value {
        Value::Object(members) if members.contains_key("$blob") => {
            data_encoding::BASE64.encode(members["$blob"].as_str().unwrap().as_bytes()).into()
        }
        Value::Object(mut members) if members.contains_key("$time") => members.remove("$time").unwrap(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, without_marks(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(without_marks).collect(),
        other => other,
    }
}

/// The value with whole numbers that are spelled as others are.
fn numbers(value: &Value) -> String {
    let text = value.to_string();
    Parameters::read("", text.as_bytes(), true).unwrap().canonical(None, |_| false).unwrap()
}

/// The value as a form has it: texts alone.
fn as_texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), as_texts(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(as_texts).collect(),
        Value::String(_) => value.clone(),
        other => other.to_string().into(),
    }
}

/// All texts in the value, sorted.
fn texts(value: &Value) -> Vec<String> {
    let as_texts = as_texts(value);
    let mut pointers = Vec::new();
    find_values(&as_texts, "", &mut pointers);
    let mut texts: Vec<String> =
        pointers.iter().map(|pointer| as_texts.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect();
    texts.sort_unstable();
    texts
}

/// Pointers to all values that hold no others.
fn find_values(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let mut enter = |step: &str, value: &Value| {
        find_values(value, &format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1")), found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| enter(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| enter(&index.to_string(), value)),
        _ => found.push(pointer.to_owned()),
    }
}

/// `ListObjectsV2` as `list-objects-v2`.
fn kebab(operation: &str) -> String {
    let mut name = String::new();
    for c in operation.trim_end_matches("V2").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    if operation.ends_with("V2") { name + "-v2" } else { name }
}
