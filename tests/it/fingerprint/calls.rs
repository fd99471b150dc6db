//! Made-up calls: any operation, any parameters.

use super::identify::{Asked, asked, service};
use super::wire::WireRequest;
use crate::support::spelled::{Json, Members, Speller, any_value, request_value, text};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use ramtape::service::Operation;
use std::sync::Arc;

/// A call whose parameters travel in the body.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) members: Members,
}

impl Call {
    /// Members whose lists have no order.
    pub(crate) fn unordered(&self) -> &[String] {
        self.operation.as_ref().map_or(&[], |operation| &operation.unordered)
    }

    /// What the call asks, spelled as `speller` chooses.
    pub(crate) fn asked(&self, speller: &mut Speller<'_>) -> Asked {
        let body = speller.blanks().to_owned() + &speller.object(&self.members, self.unordered()) + speller.blanks();
        self.asked_with(&["Host: ram.us-east-1.amazonaws.com".to_owned()], &body)
    }

    /// What the call asks with these header lines and this body.
    pub(crate) fn asked_with(&self, headers: &[String], body: &str) -> Asked {
        let path = self.operation.as_ref().map_or("/listnewthings", |operation| &operation.path);
        let headers = headers.join("\r\n");
        let raw = format!("POST {path} HTTP/1.1\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        asked(&WireRequest::parse(raw.as_bytes())).unwrap()
    }
}

/// Calls of any POST operation, and of an unknown one, with members it has and members it has not.
pub(crate) fn call() -> impl Strategy<Value = Call> {
    let mut operations: Vec<_> = service().operations().filter(|operation| operation.method == "POST").collect();
    operations.sort_unstable_by_key(|operation| &operation.name);
    let known = select(operations).prop_flat_map(|operation| {
        let counts = |name: &&String| {
            ![&service().paging.token, &service().paging.size].contains(name) && !operation.volatile.contains(name)
        };
        let names: Vec<_> = operation.members.iter().filter(counts).cloned().collect();
        let named = (0..=names.len()).prop_flat_map(move |count| subsequence(names.clone(), count));
        let members = named.prop_flat_map(|names| {
            names.into_iter().map(|name| (Just(name.clone()), member(operation, &name))).collect::<Vec<_>>()
        });
        (members, others()).prop_map(|(members, others)| Call {
            operation: Some(operation.clone()),
            members: members.into_iter().chain(others).filter(|(_, value)| *value != Json::Null).collect(),
        })
    });
    let unknown = others().prop_map(|members| Call { operation: None, members });
    prop_oneof![5 => known, 1 => unknown]
}

fn member(operation: &Operation, name: &str) -> BoxedStrategy<Json> {
    if operation.json_strings.iter().any(|other| other == name) {
        return any_value().prop_map(|inner| Json::Embedded(Box::new(inner))).boxed();
    }
    prop_oneof![request_value(), vec(request_value(), 0..5).prop_map(Json::List)].boxed()
}

/// Members that no operation has.
fn others() -> impl Strategy<Value = Members> {
    btree_map(text().prop_map(|name| format!("x{name}")), request_value(), 0..4).prop_map(|mut members| {
        members.retain(|_, value| *value != Json::Null);
        members
    })
}

/// Header lines that say nothing of what is asked, in any order and case.
pub(crate) fn noise() -> impl Strategy<Value = Vec<String>> {
    const LINES: [&str; 12] = [
        "Accept-Encoding: gzip, br",
        "Connection: keep-alive",
        "Content-Type: application/json",
        "Content-Type: application/x-amz-json-1.1",
        "User-Agent: aws-cli/2.31.0 app/some-test",
        "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
        "X-Amz-Date: 20261122T024545Z",
        "X-Amz-Security-Token: none",
        "X-Forwarded-Host: ram.eu-west-1.amazonaws.com",
        "amz-sdk-invocation-id: 6c9f1c2e-5d0b-4e27-9d0f-000000000001",
        "amz-sdk-request: attempt=2; max=3",
        "x-ramtape-session: some-test",
    ];
    let line = (select(&LINES[..]), any::<bool>()).prop_map(|(line, lower)| {
        let (name, value) = line.split_once(": ").unwrap();
        if lower { format!("{}:{value}", name.to_ascii_lowercase()) } else { line.to_owned() }
    });
    (vec(line, 0..8), any::<Index>()).prop_map(|(mut lines, at)| {
        lines.insert(at.index(lines.len() + 1), "hOst:  ram.us-east-1.amazonaws.com ".to_owned());
        lines
    })
}
