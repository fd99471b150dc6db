//! Every operation that both SDKs know, every member set, as they send it (`tests/clients/pinned/README.md` tells how they were captured).

use super::identify::{asked, canonical_parameters, service};
use super::wire::{fixtures, folders, requests};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ramtape::service::Operation;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn every_client_s_request_for_one_input_has_one_fingerprint() {
    let mut operations = BTreeMap::new();
    for folder in folders(&fixtures("captures")) {
        let requests = requests(&folder);
        assert!(requests.len() >= 2, "{folder:?}");
        let first = asked(&requests[0].1).unwrap();
        for (path, request) in &requests {
            assert_eq!(asked(request).unwrap(), first, "{path:?}");
        }
        let other = operations.insert(first.fingerprint, folder.clone());
        assert_eq!(other, None, "has the fingerprint of {folder:?}");
    }
    let captured: Vec<&str> = operations.values().filter_map(|folder| folder.file_name()?.to_str()).collect();
    let lacking = service().operations().filter(|operation| !captured.contains(&operation.folder.as_str()));
    let lacking: Vec<&str> = lacking.map(|operation| operation.name.as_str()).collect();
    assert_eq!(lacking, ["UpdatePermission"], "the pinned JavaScript SDK knows all but these");
}

#[test]
fn every_changed_member_is_another_request() {
    let mut changes = 0;
    for folder in folders(&fixtures("captures")) {
        let operation = operation_of(&folder);
        let input = read(&folder.join("input.json"));
        let base = canonical_of(operation, &input);
        assert_eq!(base, asked(&requests(&folder)[0].1).unwrap().parameters, "{folder:?}");

        let mut seen = BTreeMap::from([(base, "the input itself".to_owned())]);
        for variant in read(&folder.join("variants.json")).as_array().unwrap() {
            let mut changed = input.clone();
            *changed.pointer_mut(variant[0].as_str().unwrap()).unwrap() = variant[1].clone();
            let same = seen.insert(canonical_of(operation, &changed), variant.to_string());
            assert_eq!(same, None, "{folder:?}: same as {variant}");
            changes += 1;
        }
        for name in counting_members(operation, &input) {
            let mut without = input.clone();
            without.as_object_mut().unwrap().remove(name);
            let same = seen.insert(canonical_of(operation, &without), format!("without {name}"));
            assert_eq!(same, None, "{folder:?}: same as without {name}");
            changes += 1;
        }
    }
    let operations = service().operations().count();
    assert!(changes > operations * 3, "{changes} changes are few for {operations} operations");
}

/// The members of `input` that tell what is asked.
fn counting_members<'a>(operation: &Operation, input: &'a Value) -> Vec<&'a str> {
    let paging = [&service().paging.token, &service().paging.size];
    let counts = |name: &&str| !operation.volatile.iter().chain(paging).any(|other| other == name);
    input.as_object().unwrap().keys().map(String::as_str).filter(counts).collect()
}

fn operation_of(folder: &Path) -> &'static Operation {
    let name = folder.file_name().unwrap().to_str().unwrap();
    service().operations().find(|operation| operation.folder == name).unwrap()
}

/// The canonical parameters of a request with `input`, made as an SDK makes it.
fn canonical_of(operation: &Operation, input: &Value) -> String {
    let (mut query, mut body) = (Vec::new(), Map::new());
    for (name, value) in input.as_object().unwrap() {
        if operation.query.contains(name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.push(format!("{name}={}", utf8_percent_encode(&text, NON_ALPHANUMERIC)));
        } else {
            body.insert(name.clone(), value.clone());
        }
    }
    let body = if body.is_empty() { Vec::new() } else { Value::Object(body).to_string().into_bytes() };
    canonical_parameters(Some(operation), &query.join("&"), &body).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
