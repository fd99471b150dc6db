//! What a run says of redaction: how much of what was redacted while recording, and on replay that a pseudonym is answered to
//! somebody who sent the real value.

use crate::support::binary::{Finished, Server, folder, ramtape};
use crate::support::stage::{Caller, Stage};
use ramtape::simulator::Credential;
use serde_json::{Value, json};
use std::path::Path;

const MAIL: &str = concat!("jane", "@corp.co.uk");

/// Creates two shares named after an address, over `ramtape VERB`; gives their names as answered, and what was said.
async fn created(folder: &Path, verb: &str, upstream: &str) -> (Vec<Value>, Finished) {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.args([verb, "--upstream", upstream, "--cassette", "c", "--report", "json", "report.json"]);
    command.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    let server = Server::start(&mut command);
    let caller = Caller::of(&server.url);
    let mut names = Vec::new();
    for token in ["one", "two"] {
        let answer =
            caller.post("CreateResourceShare", json!({ "name": format!("{token} {MAIL}"), "clientToken": token }));
        names.push(answer.await.json()["resourceShare"]["name"].clone());
    }
    (names, tokio::task::spawn_blocking(move || server.stop()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn redactions_are_counted_and_an_answered_pseudonym_is_reported_once() {
    let (stage, folder) = (Stage::new().await, folder());
    let (names, recorded) = created(folder.path(), "record", stage.url()).await;
    assert_eq!(names, [json!(format!("one {MAIL}")), json!(format!("two {MAIL}"))]);
    let told = "redacted while recording: e-mail address in name 4 times";
    assert!(recorded.stderr.contains(told), "{recorded:?}");
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["redacted"], json!([{ "rule": "e-mail address", "member": "name", "times": 4 }]));

    let (names, replayed) = created(folder.path(), "replay", stage.url()).await;
    assert!(names.iter().all(|name| name.as_str().unwrap().contains("redacted-")), "{names:?}");
    let told = "the value at /name of a CreateResourceShare request is redacted in the cassette";
    // When it happens, and in the summary.
    assert_eq!(replayed.stderr.matches(told).count(), 2, "{replayed:?}");
    assert!(!replayed.stderr.contains(MAIL) && !replayed.stderr.contains("redacted while recording"), "{replayed:?}");
}
