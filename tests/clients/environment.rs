//! What `run` gives a client that replays: nothing of the parent's account, and a region.

use ramtape::simulator::Credential;
use serde_json::json;

use crate::support::clients::{Call, Finished, aws, boto3, node, python};
use crate::support::scene::{Endpoint, Tape, assert_offline};
use crate::support::steps::{batch, step};

/// Each of them alone makes one client or another fail, or ask elsewhere.
const MISLEADING: [(&str, &str); 16] = [
    ("AWS_PROFILE", "there-is-no-such-profile"),
    ("AWS_DEFAULT_PROFILE", "there-is-no-such-profile"),
    ("AWS_SESSION_TOKEN", "stale"),
    ("AWS_SECURITY_TOKEN", "stale"),
    ("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/absent"),
    ("AWS_ROLE_SESSION_NAME", "absent"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "absent"),
    ("AWS_CONFIG_FILE", "/no/such/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/no/such/credentials"),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ("AWS_USE_FIPS_ENDPOINT", "true"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ("HTTP_PROXY", "http://127.0.0.1:9"),
];

fn misled(call: Call) -> Call {
    MISLEADING.iter().fold(call, |call, (name, value)| call.env(*name, *value))
}

fn own_shares(client: Call) -> Call {
    batch(client, &[step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" }))])
}

/// A cassette of eu-west-1, and what was recorded in it.
fn recorded_in_ireland(client: Call) -> (Tape, Finished) {
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let owner = Credential::owner();
    let client = client.credentials(&owner.access_key_id, &owner.secret).region("eu-west-1");
    let recorded = client.under(tape.run("once", &["--upstream", &endpoint.url()])).finish().success();
    assert!(String::from_utf8_lossy(&recorded.bodies()[0]).contains(":eu-west-1:"), "{recorded}");
    (tape, recorded)
}

#[test]
fn every_client_replays_whatever_account_the_parent_points_at() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (tape, recorded) = recorded_in_ireland(own_shares(boto3(&python)));
    // No region in the parent: the cassette's only one is the client's.
    assert_eq!(tape.replay(misled(own_shares(boto3(&python)))).bodies(), recorded.bodies());
    assert_eq!(tape.replay(misled(own_shares(node.ram()))).bodies(), recorded.bodies());
    let cli = tape.replay(misled(aws(&python).args(["ram", "get-resource-shares", "--resource-owner", "SELF"])));
    assert!(String::from_utf8_lossy(&cli.stdout).contains(":eu-west-1:"), "{cli}");
    let kept = misled(own_shares(boto3(&python))).under(tape.run("none", &["--keep-env"])).finish();
    assert_ne!(kept.code, Some(0), "none of this would have misled anybody: {kept}");
    // Another region in the parent: the cassette's stands.
    assert_eq!(tape.replay(own_shares(node.ram()).region("us-west-2")).bodies(), recorded.bodies());
}

#[test]
fn the_default_mode_records_once_and_replays_in_ci() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let plain = |more: &[&str]| {
        let mut argv = tape.run("", more);
        let mode = argv.iter().position(|word| word == "--record-mode").unwrap();
        argv.drain(mode..mode + 2);
        argv
    };
    let client = || crate::support::scene::as_owner(own_shares(boto3(&python)));
    let with_upstream = plain(&["--upstream", &endpoint.url()]);
    let in_ci = client().env("CI", "true").under(with_upstream.clone()).finish();
    assert_eq!((in_ci.code, endpoint.running().requests()), (Some(1), 0), "nothing is recorded in CI: {in_ci}");
    let explicit = tape.run("once", &["--upstream", &endpoint.url()]);
    let recorded = client().env("CI", "true").under(explicit).finish().success();
    assert_eq!(endpoint.running().requests(), 1, "unless asked for");
    endpoint.stop();

    for replayed in [client().env("CI", "true"), client()] {
        let replayed = replayed.under(plain(&[])).finish().success();
        assert_eq!(replayed.stdout, recorded.stdout);
        assert_offline(&replayed.stderr);
    }
}
