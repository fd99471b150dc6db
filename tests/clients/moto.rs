//! moto, an upstream that is not ours: the operations it has, recorded and replayed.

use serde_json::{Value, json};

use crate::support::clients::{Call, Moto, boto3, python};
use crate::support::scene::{Tape, as_owner, words};
use crate::support::steps::{batch, by_step, parsed, step};

/// RAM is shared within an organization only if there is one.
const ORGANIZATION: &str = "import boto3; boto3.client('organizations').create_organization(FeatureSet='ALL')";

#[test]
fn its_eight_operations_replay_byte_for_byte() {
    let Some(python) = python() else { return };
    let (moto, tape) = (Moto::start(&python), Tape::new());
    let setup = Call::new(&python).args(["-c", ORGANIZATION]).env("AWS_ENDPOINT_URL", &moto.url);
    as_owner(setup).finish().success();
    let steps = [
        step("call", "EnableSharingWithAwsOrganization", &json!({})),
        step("call", "CreateResourceShare", &json!({ "name": "Größe 漢字", "principals": ["123456789012"] })),
        step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" })),
        step("call", "GetResourceShareAssociations", &json!({ "associationType": "PRINCIPAL" })),
        step("list", "ListResourceTypes", &json!({})),
        step("list", "ListPermissions", &json!({ "resourceType": "ec2:Subnet" })),
        // Creates another share, renames it and deletes it.
        words(&["life", "--untagged"]),
    ];
    let recorded = by_step(&tape.record(&moto.url, batch(boto3(&python), &steps)));
    drop(moto);
    let http: Vec<&Value> = recorded.values().flat_map(|lines| parsed(lines, "http")).collect();
    let mut operations: Vec<&str> = http.iter().map(|http| http["operation"].as_str().unwrap()).collect();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(operations.len(), 8, "{operations:?}");
    assert!(http.iter().all(|http| http["status"] == 200), "{http:?}");

    assert_eq!(by_step(&tape.replay(batch(boto3(&python), &steps))), recorded);
    assert_eq!(by_step(&tape.git_clone().replay(batch(boto3(&python), &steps))), recorded);
}

#[test]
fn a_page_for_a_missing_operation_is_not_recorded() {
    let Some(python) = python() else { return };
    let (moto, tape) = (Moto::start(&python), Tape::new());
    let steps = [
        step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" })),
        step("call", "GetResourceShareInvitations", &json!({})),
    ];
    // Whatever CMD makes of it: here it goes on.
    let call = batch(boto3(&python), &steps).under(words(&["sh", "-c", "\"$@\" || true", "sh"]));
    let recorded = as_owner(call).under(tape.run("once", &["--upstream", &moto.url])).finish();
    assert_eq!(recorded.code, Some(6), "{recorded}");
    assert!(recorded.stderr.contains(&format!("{} answered 404 with a web page", moto.url)), "{recorded}");
    let files = tape.files();
    assert!(files.len() == 1 && files[0].starts_with("get-resource-shares/"), "{files:?}");
}
