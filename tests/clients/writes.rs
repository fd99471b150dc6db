//! Writes, and reads between them.

use serde_json::json;

use crate::support::clients::{boto3, python};
use crate::support::scene::{Endpoint, Tape, as_owner, words};
use crate::support::steps::{batch, by_step, parsed, step};

#[test]
fn writes_and_reads_of_a_share_replay() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let life = || batch(boto3(&python), &[words(&["life", "Größe \"1\""])]);
    let recorded = by_step(&tape.record(&endpoint.url(), life()));
    endpoint.stop();
    let answers = recorded.values().next().unwrap();
    let states: Vec<_> = parsed(answers, "answer")
        .iter()
        .filter_map(|answer| answer["resourceShares"].as_array())
        .map(|shares| shares.first().map(|share| share["name"].as_str().unwrap()))
        .collect();
    assert_eq!(states.len(), 3);
    assert_ne!(states[0], states[1], "renamed");

    assert_eq!(by_step(&tape.replay(life())), recorded);
    assert_eq!(by_step(&tape.git_clone().replay(life())), recorded);
    assert_eq!(by_step(&tape.replay(life())), recorded, "as often as asked");
}

#[test]
fn a_read_only_recording_sends_no_write() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let steps = [
        step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" })),
        step("call", "CreateResourceShare", &json!({ "name": "new" })),
    ];
    let run = tape.run("once", &["--read-only", "--upstream", &endpoint.url()]);
    let refused = as_owner(batch(boto3(&python), &steps)).under(run).finish();
    assert_eq!(refused.code, Some(1), "{refused}");
    let answers = by_step(&refused);
    let error = parsed(&answers[&json!(steps[1]).to_string()], "error")[0];
    assert_eq!((&error["status"], &error["retryAttempts"]), (&json!(403), &json!(0)));
    assert!(error["message"].as_str().unwrap().contains("started with --read-only; nothing was sent"), "{error}");
    let running = endpoint.running();
    assert_eq!((running.requests(), running.requests_of("CreateResourceShare")), (1, 0));
    assert_eq!(tape.files().len(), 1);
}
