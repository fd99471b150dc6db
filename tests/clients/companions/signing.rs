//! What ramtape signs anew for services beside RAM, as botocore recomputes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::clients::{Call, judge_signature, node, python, source};
use crate::support::scene::{Endpoint, Tape, as_owner};
use ramtape::simulator::Credential;

/// Another than the one that global services are signed for.
const REGION: &str = "eu-central-1";

/// Every service of `services.json`.
const ALL: &str = "ram,sts,iam,ec2,organizations,ssm,kms,dynamodb,sqs,s3,cloudformation,monitoring";

#[test]
fn botocore_verifies_the_signature_of_each_service_in_its_region() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let owner = Credential::owner();
    let calls = as_owner(Call::new(&python).args([source("python/all_services.py")])).region(REGION);
    let calls = calls.env("CLIENT_MODULES", &node.modules);
    let flags = ["--upstream", &endpoint.url(), "--service", ALL];
    let finished = calls.under(tape.run("once", &flags)).finish();

    let received = endpoint.running().received();
    assert!(received.len() > 50, "{} requests: {finished}", received.len());
    let captured: Vec<_> = received.iter().map(|request| endpoint.captured(request)).collect();
    let verdicts = judge_signature(&python, &json!(captured), &owner.secret);
    let mut scopes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (verdict, request) in verdicts.as_array().unwrap().iter().zip(&captured) {
        assert_eq!(verdict["match"], true, "{verdict:#} of {request:#}");
        let word = |name: &str| verdict[name].as_str().unwrap();
        scopes.entry(word("service")).or_default().insert(word("region"));
    }
    for (service, regions) in &scopes {
        let global = ["iam", "organizations"].contains(service);
        let expected = if global { "us-east-1" } else { REGION };
        assert_eq!(regions, &BTreeSet::from([expected]), "{service}");
    }
    assert_eq!(scopes.len(), ALL.split(',').count() - 1, "{scopes:?}");
    let others = judge_signature(&python, &json!(captured), "another secret");
    assert!(others.as_array().unwrap().iter().all(|verdict| verdict["match"] == Value::Bool(false)));
}
