//! One cassette for every client: the same call has one fingerprint, whoever makes it.

use std::path::Path;

use ramtape::simulator::Credential;
use serde_json::{Value, json};

use crate::rust_sdk::{RustSdk, nobody};
use crate::support::clients::{Call, boto3, node, python};
use crate::support::scene::{Endpoint, Tape, recording, stop_offline, words};
use crate::support::steps::{Step, batch, parsed, step};

const LISTING: &str = "GetResourceShares";
const NAME: &str = "données-partagées";
const ABSENT: &str = "arn:aws:ram:us-east-1:111122223333:permission/no such+one/ü";

/// What every client asks: a listing in pages, and one share by a name that SDKs escape differently.
fn steps() -> [Step; 2] {
    let paged = [step("list", LISTING, &json!({ "resourceOwner": "SELF" })), words(&["--page-size", "3"])].concat();
    [paged, step("list", LISTING, &json!({ "resourceOwner": "SELF", "name": NAME }))]
}

/// The same through the CLI.
const BY_CLI: &str = r#"
cli() { "$PYTHON" -m awscli ram "$@"; }
own() { cli get-resource-shares --resource-owner SELF "$@"; }
own --page-size 3 && own --name "$NAME"
"#;

/// A write without any parameter, sent with a body of no bytes or none at all; and one with its parameters in the query.
fn writes() -> [Step; 2] {
    [
        step("call", "EnableSharingWithAwsOrganization", &json!({})),
        step("call", "DeletePermission", &json!({ "permissionArn": ABSENT })),
    ]
}

const WRITES_BY_CLI: &str = r#"
cli enable-sharing-with-aws-organization && ! cli delete-permission --permission-arn "$ABSENT"
"#;

fn by_cli(python: &Path, script: &str) -> Call {
    Call::new("sh").args(["-c", script]).env("PYTHON", python).env("NAME", NAME).env("ABSENT", ABSENT)
}

/// The ARNs in all of a client's pages, in order.
fn arns<'a>(pages: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let shares = pages.into_iter().flat_map(|page| page["resourceShares"].as_array().unwrap());
    shares.map(|share| share["resourceShareArn"].as_str().unwrap().to_owned()).collect()
}

fn rust_arns(url: &str, keys: &Credential) -> Vec<String> {
    let sdk = RustSdk::new(url, keys);
    let pages = [sdk.own_shares(None, Some(3)), sdk.own_shares(Some(NAME), None)].concat();
    let shares = pages.iter().flat_map(|page| page.resource_shares());
    shares.map(|share| share.resource_share_arn().unwrap().to_owned()).collect()
}

#[test]
fn what_boto3_recorded_replays_for_all() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recorded = tape.record(&endpoint.url(), batch(boto3(&python), &steps()));
    endpoint.stop();
    let lines = recorded.lines();
    let expected = arns(parsed(&lines, "page"));
    assert_eq!((expected.len(), recorded.bodies().len()), (11, 5));

    let javascript = tape.replay(batch(node.ram(), &steps()));
    assert_eq!(javascript.bodies(), recorded.bodies());

    let cli = tape.replay(by_cli(&python, BY_CLI));
    let printed: Vec<Value> =
        serde_json::Deserializer::from_slice(&cli.stdout).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(arns(&printed), expected);

    let server = tape.replay_server();
    assert_eq!(rust_arns(&server.url, &nobody()), expected);
    stop_offline(server);
}

#[test]
fn what_each_records_has_the_same_names_and_text() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let endpoint = Endpoint::start();
    let url = endpoint.url();
    let tapes = [Tape::new(), Tape::new(), Tape::new(), Tape::new()];
    let steps = [steps(), writes()].concat();
    // The last write fails, whoever sends it.
    assert_eq!(tapes[0].try_record(&url, batch(boto3(&python), &steps)).code, Some(1));
    assert_eq!(tapes[1].try_record(&url, batch(node.ram(), &steps)).code, Some(1));
    tapes[2].record(&url, by_cli(&python, &[BY_CLI, WRITES_BY_CLI].concat()));
    let server = recording(&tapes[3], "serve --record-mode once", &url, &Credential::owner());
    rust_arns(&server.url, &Credential::owner());
    let rust = RustSdk::new(&server.url, &Credential::owner());
    rust.wait(rust.client.enable_sharing_with_aws_organization().send()).unwrap();
    rust.wait(rust.client.delete_permission().permission_arn(ABSENT).send()).unwrap_err();
    assert_eq!(server.stop().code, Some(0));

    let names = tapes[0].files();
    assert_eq!(names.len(), 4, "{names:?}");
    let text = |tape: &Tape, name: &String| std::fs::read_to_string(tape.path().join(name)).unwrap();
    for other in &tapes[1..] {
        assert_eq!(other.files(), names);
        for name in &names {
            assert_eq!(text(other, name), text(&tapes[0], name));
        }
    }
}
