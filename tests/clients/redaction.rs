//! boto3 with the account that was recorded, and boto3 with what stands for it.

use crate::support::binary::folder;
use crate::support::clients::{Call, Finished, boto3, python};
use crate::support::secrets::committed;
use crate::support::stage::Stage;
use ramtape::simulator::Credential;
use serde_json::json;

const OWNER: &str = "111122223333";
const PARTNER: &str = "444455556666";

/// What a suite asks, with accounts in ARNs, members, a policy and a filter.
fn steps(owner: &str, partner: &str) -> String {
    let arn = format!("arn:aws:ec2:us-east-1:{owner}:subnet/subnet-0a1b2c3d4e5f60718");
    let policy = json!({ "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Principal": { "AWS": format!("arn:aws:iam::{partner}:root") } });
    let call = |operation: &str, parameters: serde_json::Value| json!(["call", operation, parameters.to_string()]);
    let steps = [
        call(
            "CreateResourceShare",
            json!({ "name": "s", "principals": [partner], "resourceArns": [arn], "clientToken": "t" }),
        ),
        json!(["list", "GetResourceShares", json!({ "resourceOwner": "SELF" }).to_string(), "--page-size", "3"]),
        json!(["list", "ListPrincipals", json!({ "resourceOwner": "SELF", "principals": [partner] }).to_string()]),
        json!(["list", "ListResources", json!({ "resourceOwner": "SELF", "resourceArns": [arn] }).to_string()]),
        call(
            "CreatePermission",
            json!({ "name": "p", "resourceType": "ec2:Subnet", "policyTemplate": policy.to_string() }),
        ),
        call(
            "DeleteResourceShare",
            json!({ "resourceShareArn": format!("arn:aws:ram:us-east-1:{owner}:resource-share/none") }),
        ),
    ];
    steps.iter().map(|step| format!("{step}\n")).collect()
}

fn shown(finished: &Finished) -> String {
    String::from_utf8(finished.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_account_and_its_pseudonym_get_the_same_answers() {
    let Some(python) = python() else { return };
    let mut stage = Stage::new().await;
    let folder = folder();
    let cassette = folder.path().join("c").to_str().unwrap().to_owned();
    let suite = move |mode: &str, upstream: &str, owner: &str, partner: &str| {
        let keys = Credential::owner();
        let binary = env!("CARGO_BIN_EXE_ramtape");
        let wrapper = [binary, "run", "--record-mode", mode, "--upstream", upstream, "--cassette", &cassette, "--"];
        let call: Call = boto3(&python).args(["batch"]).input(steps(owner, partner)).under(wrapper);
        let call = call.env("RAMTAPE_REDACT_PSEUDONYMIZE", "accounts");
        call.credentials(&keys.access_key_id, &keys.secret).region("us-east-1").finish()
    };
    let upstream = stage.url().to_owned();
    let recording = suite.clone();
    let recorded = tokio::task::spawn_blocking(move || recording("once", &upstream, OWNER, PARTNER)).await.unwrap();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    assert!(shown(&recorded).contains(OWNER), "{recorded}");
    stage.stop_endpoint().await;
    for (path, text) in committed(&folder.path().join("c")) {
        for account in [OWNER, PARTNER] {
            assert!(!text.contains(account), "{account} in {}", path.display());
        }
    }
    let replaying = suite.clone();
    let real =
        tokio::task::spawn_blocking(move || replaying("none", "http://127.0.0.1:9", OWNER, PARTNER)).await.unwrap();
    assert!(real.stderr.contains(" 0 missed; 0 upstream connections"), "{real}");
    // What a client reads in an answer, it sends.
    let created: serde_json::Value =
        real.lines().into_iter().find(|line| line["answer"]["resourceShare"].is_object()).unwrap();
    let owner = created["answer"]["resourceShare"]["owningAccountId"].as_str().unwrap().to_owned();
    let listed: Vec<_> = real
        .lines()
        .into_iter()
        .filter_map(|line| line["page"]["principals"][0]["id"].as_str().map(str::to_owned))
        .collect();
    let partner = listed[0].clone();
    assert!(owner.starts_with("9999") && partner.starts_with("9999"), "{owner} {partner}");
    let pseudonyms =
        tokio::task::spawn_blocking(move || suite("none", "http://127.0.0.1:9", &owner, &partner)).await.unwrap();
    assert!(pseudonyms.stderr.contains(" 0 missed; 0 upstream connections"), "{pseudonyms}");
    assert_eq!(pseudonyms.bodies(), real.bodies());
    assert!(!shown(&pseudonyms).contains(OWNER) && !shown(&pseudonyms).contains(PARTNER));
}
