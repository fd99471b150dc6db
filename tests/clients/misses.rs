//! A request without a recorded answer: the client fails at once, and client, log and report say why.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::clients::{Call, aws, boto3, node, python};
use crate::support::scene::{Endpoint, Tape, words};
use crate::support::steps::{batch, parsed, step};

const LISTING: &str = "GetResourceShares";

/// The message of a miss of others' shares, where own ones are recorded.
pub(crate) fn assert_helpful(message: &str, tape: &Tape) {
    let cassette = tape.path().display();
    for part in [
        "no recorded answer for GetResourceShares {\"resourceOwner\":\"OTHER-ACCOUNTS\"}".to_owned(),
        "\n  - /resourceOwner: \"SELF\"\n  + /resourceOwner: \"OTHER-ACCOUNTS\"".to_owned(),
        format!("ramtape run --record-mode new_episodes --cassette {cassette} -- "),
    ] {
        assert!(message.contains(&part), "{part} in {message}");
    }
}

/// A cassette with the owner's shares, recorded by `client`.
fn recorded_by(client: Call) -> Tape {
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    tape.record(&endpoint.url(), client);
    tape
}

fn scripted(client: Call, owner: &str) -> Call {
    batch(client, &[step("call", LISTING, &json!({ "resourceOwner": owner }))])
}

fn cli(python: &Path, owner: &str) -> Call {
    aws(python).args(["ram", "get-resource-shares", "--resource-owner", owner])
}

/// `call`, of which nobody hears that it failed.
fn swallowed(call: Call) -> Call {
    call.under(["sh", "-c", "\"$@\" || exit 0", "sh"])
}

#[test]
fn boto3_fails_at_once_and_ci_gets_an_annotation() {
    let Some(python) = python() else { return };
    let tape = recorded_by(scripted(boto3(&python), "SELF"));
    let reports = ["junit", "json"].map(|format| tape.folder().join(format).to_str().unwrap().to_owned());
    let asked = ["--report", "junit", &reports[0], "--report", "json", &reports[1]];

    let missing = scripted(boto3(&python), "OTHER-ACCOUNTS").env("GITHUB_ACTIONS", "true");
    let missed = missing.clone().under(tape.run("none", &asked)).finish();
    assert_eq!(missed.code, Some(1), "the client's own code: {missed}");
    let lines = missed.lines();
    let error = parsed(&lines, "error")[0];
    let told = (&error["code"], &error["status"], &error["retryAttempts"]);
    assert_eq!(told, (&json!("CassetteMissException"), &json!(400), &json!(0)));
    let message = error["message"].as_str().unwrap();
    assert_helpful(message, &tape);

    let annotation = missed.stderr.lines().find(|line| line.starts_with("::error title=ramtape miss%3A ")).unwrap();
    assert!(annotation.contains("GetResourceShares::") && annotation.contains("%0A  + /resourceOwner"), "{annotation}");
    let junit = std::fs::read_to_string(&reports[0]).unwrap();
    assert!(junit.contains("failures=\"1\"") && junit.contains("+ /resourceOwner: &quot;OTHER-ACCOUNTS"), "{junit}");
    let report: Value = serde_json::from_slice(&std::fs::read(&reports[1]).unwrap()).unwrap();
    assert_eq!((&report["missed"], &report["upstreamConnections"]), (&json!(1), &json!(0)));
    let reported = report["misses"][0]["message"].as_str().unwrap();
    let (told, link) = message.split_once("\nTo see why: ").unwrap();
    assert!(told.ends_with(reported), "{reported}");
    assert!(link.starts_with("http://127.0.0.1:") && link.ends_with("/_ramtape/calls/1"), "{link}");

    assert_eq!(tape.try_replay(swallowed(missing)).code, Some(3), "ramtape's code, where the client has none");
}

#[test]
fn the_cli_fails_at_once_and_shows_the_message() {
    let Some(python) = python() else { return };
    let tape = recorded_by(cli(&python, "SELF"));
    let missed = tape.try_replay(cli(&python, "OTHER-ACCOUNTS"));
    let alone = missed.code.unwrap();
    assert!(alone > 100, "as the CLI exits when an operation fails: {missed}");
    let shown = "An error occurred (CassetteMissException) when calling the GetResourceShares operation: ";
    let by_cli = missed.stderr.split_once(shown).unwrap().1;
    // ramtape's own closing lines would do as well.
    assert_helpful(by_cli.split_once("\nramtape: ").unwrap().0, &tape);
    assert!(missed.stderr.contains("0 replayed, 0 recorded, 1 missed; 0 upstream connections"), "{missed}");
    assert_eq!(tape.try_replay(swallowed(cli(&python, "OTHER-ACCOUNTS"))).code, Some(3));
}

#[test]
fn javascript_fails_at_once_and_shows_the_message() {
    let Some(node) = node() else { return };
    let tape = recorded_by(scripted(node.ram(), "SELF"));
    let missed = tape.try_replay(scripted(node.ram(), "OTHER-ACCOUNTS"));
    assert_eq!(missed.code, Some(1), "{missed}");
    let lines = missed.lines();
    let error = parsed(&lines, "error")[0];
    let told = (&error["name"], &error["status"], &error["attempts"]);
    assert_eq!(told, (&json!("CassetteMissException"), &json!(400), &json!(1)));
    assert_helpful(error["message"].as_str().unwrap(), &tape);
    assert_eq!(tape.try_replay(swallowed(scripted(node.ram(), "OTHER-ACCOUNTS"))).code, Some(3));
}

#[test]
fn a_listing_read_in_part_says_so_and_new_episodes_completes_it() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let own = json!({ "resourceOwner": "SELF" });
    let list = |more: &[&str]| {
        batch(boto3(&python), &[[step("list", LISTING, &own), words(&["--page-size", "3"]), words(more)].concat()])
    };
    tape.record(&endpoint.url(), list(&["--max-items", "5"]));
    let missed = tape.try_replay(list(&[]));
    assert_eq!((missed.code, missed.bodies().len()), (Some(1), 3), "{missed}");
    assert!(missed.stderr.contains("recorded only in part: its first 2 pages are there"), "{missed}");

    let recording = tape.run("new_episodes", &["--upstream", &endpoint.url()]);
    let continued = crate::support::scene::as_owner(list(&[])).under(recording).finish().success();
    endpoint.stop();
    assert_eq!(continued.bodies().len(), 4);
    assert_eq!(tape.replay(list(&[])).stdout, continued.stdout);
}
