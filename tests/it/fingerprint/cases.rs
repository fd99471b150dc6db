//! Cases as folders, `tests/fixtures/requests`: its README tells how to add one.

use super::identify::asked;
use super::wire::{fixtures, folders, requests};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Set to write `canonical.txt` and `fingerprint.txt` anew instead of comparing them.
const UPDATE: &str = "UPDATE_FIXTURES";

#[test]
fn every_case_has_its_canonical_form_and_fingerprint() {
    let mut forms = BTreeMap::new();
    let cases = folders(&fixtures("requests"));
    assert!(!cases.is_empty());
    for case in cases {
        let requests = requests(&case);
        assert!(!requests.is_empty(), "no request in {case:?}");
        for (path, request) in requests {
            let asked = asked(&request).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            expect(&case.join("canonical.txt"), &asked.canonical);
            expect(&case.join("fingerprint.txt"), &format!("{}\n", asked.fingerprint));
            let other = forms.entry(asked.fingerprint).or_insert_with(|| asked.canonical.clone());
            assert_eq!(*other, asked.canonical, "two canonical forms, one fingerprint");
        }
    }
}

#[test]
fn every_request_of_a_client_is_a_case() {
    let cases: Vec<_> = folders(&fixtures("requests")).iter().flat_map(|case| requests(case)).collect();
    let cases: Vec<_> = cases.iter().map(|(path, _)| fs::read(path).unwrap()).collect();
    for entry in fs::read_dir(fixtures("wire")).unwrap() {
        let path = entry.unwrap().path();
        let raw = fs::read(&path).unwrap();
        assert!(raw.starts_with(b"CONNECT ") || cases.contains(&raw), "{path:?} is no case");
    }
}

fn expect(path: &Path, expected: &str) {
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{path:?} holds something else; {UPDATE}=1 writes it anew");
}
