//! What makes a caller an actor on replay, with every client.

use std::path::Path;

use ramtape::simulator::Credential;
use serde_json::{Value, json};

use crate::support::clients::{Call, aws, boto3, node, python};
use crate::support::principals::{BY_PROFILE, configure, endpoint_knowing, profiles, temporary, under_run};
use crate::support::scene::{REGION, Tape, assert_offline};

const OPERATION: &str = "GetResourceShareInvitations";

fn by_boto3(python: &Path) -> Call {
    boto3(python).args(["call", OPERATION])
}

/// A cassette in which owner and consumer asked the same, and what the consumer was answered, byte for byte.
fn recorded(python: &Path) -> (Tape, Vec<Vec<u8>>) {
    let (owner, consumer) = (Credential::owner(), Credential::consumer());
    let (endpoint, tape) = (endpoint_knowing(&[&owner, &consumer]), Tape::new());
    configure(&tape, BY_PROFILE);
    let config = profiles(tape.folder(), "aws", &[("owner", &owner), ("consumer", &consumer)]);
    let mut answers = Vec::new();
    for profile in ["owner", "consumer"] {
        let call = by_boto3(python).env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", profile).region(REGION);
        let run = under_run(&tape, "new_episodes", &["--upstream", &endpoint.url()], call);
        answers.push(run.finish().success().bodies());
    }
    assert_eq!(endpoint.running().requests(), 2);
    assert_ne!(answers[0], answers[1]);
    (tape, answers.pop().unwrap())
}

#[test]
fn every_client_takes_a_label_for_a_key_id() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (tape, consumers) = recorded(&python);
    for client in [by_boto3(&python), node.ram().args(["call", OPERATION])] {
        let as_profile =
            under_run(&tape, "none", &[], client.clone().env("AWS_PROFILE", "consumer")).finish().success();
        assert_offline(&as_profile.stderr);
        assert_eq!(as_profile.bodies(), consumers);
        let keep = client.credentials("consumer", "anything").region(REGION);
        let by_key = under_run(&tape, "none", &["--keep-env"], keep).finish().success();
        assert_eq!(by_key.bodies(), consumers);
    }
    let listed = aws(&python).args(["ram", "get-resource-share-invitations", "--profile", "consumer"]);
    let listed = under_run(&tape, "none", &[], listed).finish().success();
    assert_offline(&listed.stderr);
    let parsed = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    assert_eq!(parsed(&listed.stdout), parsed(&consumers[0]));
}

#[test]
fn key_ids_and_accounts_claim_without_any_credentials() {
    let Some(python) = python() else { return };
    let (tape, consumers) = recorded(&python);
    let of_account = temporary(Credential::consumer(), 9).access_key_id;
    configure(&tape, "[actors.consumer]\naccount = \"444455556666\"\nkey_ids = [\"AKIDEXAMPLE\"]\n");
    for id in ["consumer", "AKIDEXAMPLE", &of_account] {
        let call = by_boto3(&python).credentials(id, "nothing").region(REGION);
        let replayed = under_run(&tape, "none", &["--keep-env"], call).finish().success();
        assert_eq!(replayed.bodies(), consumers, "{id}");
    }
}

#[test]
fn a_miss_names_all_labels_that_have_the_request() {
    let Some(python) = python() else { return };
    let (tape, _) = recorded(&python);
    for toml in [BY_PROFILE, ""] {
        configure(&tape, toml);
        let missed = under_run(&tape, "none", &[], by_boto3(&python)).finish();
        let error = missed.lines().into_iter().find_map(|line| line.get("error").cloned()).unwrap();
        assert_eq!(error["code"], json!("CassetteMissException"));
        let message = error["message"].as_str().unwrap();
        for part in ["actor consumer", "actor owner", "this one is for region us-east-1 and actor default"] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}
