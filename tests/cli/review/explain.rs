//! `explain`: why a call was answered as it was, in the run that is over or in one that never was.

use super::setup::{json_lines, over, recorded};
use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use ramtape::simulator::SimulatorSettings;
use serde_json::{Value, json};

async fn create(ramtape: &Ramtape) -> Value {
    let created = ramtape.post("CreateResourceShare", json!({ "name": "x" })).await.json();
    created["resourceShare"]["resourceShareArn"].clone()
}

async fn poll(ramtape: &Ramtape, arn: &Value, times: usize) {
    let body = json!({ "resourceOwner": "SELF", "resourceShareArns": [arn] });
    for _ in 0..times {
        assert_eq!(ramtape.post("GetResourceShares", body.clone()).await.status, 200);
    }
}

/// A share that was pending until it was tagged; a replay that polls it without the tag.
async fn stuck() -> Stage {
    let mut stage =
        Stage::with(SimulatorSettings { seed: Some(7), settling_reads: 1, ..SimulatorSettings::default() }).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let arn = create(&recording).await;
    poll(&recording, &arn, 1).await;
    let tags = json!({ "resourceShareArn": arn, "tags": [{ "key": "team", "value": "blue" }] });
    assert_eq!(recording.post("TagResource", tags).await.status, 200);
    poll(&recording, &arn, 1).await;
    recording.stop().await;
    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let arn = create(&replaying).await;
    poll(&replaying, &arn, 8).await;
    replaying.stop().await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_miss_is_explained_by_what_is_nearest() {
    let stage = recorded().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let asked = json!({ "resourceOwner": "SELF", "name": "markup <b>\u{1b}[31m" });
    assert_eq!(replaying.ask("GetResourceShares", asked.to_string(), Asking::session("a")).await.status, 400);
    replaying.stop().await;
    let told = over(&stage, &["explain"]);
    assert_eq!(told.code, Some(0), "a miss that is explained is no failure: {told:?}");
    for part in [
        "call         1 of the latest run (ramtape)",
        "session      a",
        "no recorded answer",
        "+ /name: ",
        "ramtape show ",
    ] {
        assert!(told.stdout.contains(part), "{part} in {}", told.stdout);
    }
    assert!(!told.stdout.contains('\u{1b}'), "what a client sent is shown harmlessly");
    let lines = json_lines(&over(&stage, &["explain", "--json"]));
    assert_eq!((&lines[0]["outcome"], &lines[0]["call"]), (&json!("missed"), &json!(1)));
    assert_eq!(lines[0]["nearest"][0]["differences"][0]["pointer"], "/name");
    let nearest = lines[0]["nearest"][0]["fingerprint"].as_str().unwrap();
    assert_eq!(json_lines(&over(&stage, &["show", nearest, "--json"])).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_in_vain_is_told_which_write_is_missing() {
    let stage = stuck().await;
    let told = over(&stage, &["explain"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for part in [
        "call         8 of the latest run",
        "Take 1 of 2 answers. It was recorded after the same writes as this session has made.",
        "A waiter: PENDING passes by itself. What ends it is ACTIVE (take 2), which was recorded after TagResource, which the \
         session has not made.",
        "The session had written: CreateResourceShare\n",
        "CreateResourceShare, TagResource",
    ] {
        assert!(told.stdout.contains(part), "{part} in {}", told.stdout);
    }
    let later = json_lines(&over(&stage, &["explain", "--call", "9", "--json"]));
    assert_eq!((&later[0]["take"], &later[0]["choice"]["turn"]), (&json!(2), &json!("later")));
    let write = json_lines(&over(&stage, &["explain", "--call", "1", "--json"]));
    assert_eq!((&write[0]["operation"], &write[0]["takes"]), (&json!("CreateResourceShare"), &json!(1)));
    assert_eq!(over(&stage, &["explain", "--call", "99"]).code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_nobody_has_made_are_answered_as_the_first_of_their_session() {
    let stage = recorded().await;
    let explain = |what: &[&str]| {
        let told = over(&stage, &[&["explain", "--json"], what].concat());
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{told:?}");
        json_lines(&told)
    };
    let own = explain(&["GetResourceShares", "{\"resourceOwner\": \"SELF\"}", "--session", "a"]);
    assert_eq!(
        (&own[0]["take"], &own[0]["takes"], &own[0]["choice"]["rule"]),
        (&json!(1), &json!(2), &json!("sameHistory"))
    );
    assert_eq!(
        explain(&["get-resource-shares", "{\"resourceOwner\":\"SELF\"}"])[0]["fingerprint"],
        own[0]["fingerprint"]
    );
    let recorded = explain(&[own[0]["fingerprint"].as_str().unwrap(), "--session", "a"]);
    assert_eq!(recorded[0]["choice"], own[0]["choice"]);
    assert_eq!(explain(&["GetResourceShares"]).len(), 3);
    let missed = explain(&["GetResourceShares", "{\"resourceOwner\":\"SELF\"}", "--region", "eu-west-1"]);
    assert_eq!((&missed[0]["outcome"], &missed[0]["nearest"][0]["region"]), (&json!("missed"), &json!("us-east-1")));
    assert_eq!(explain(&["ListPermissions"])[0]["why"], "It is the only take that was recorded for this request.");
    for (wrong, code) in [
        (&["ListNothing", "{}"][..], 2),
        (&["GetResourceShares", "[]"], 2),
        (&["GetResourceShares", "--call", "1"], 2),
        (&["ListPrincipals"], 1),
    ] {
        let told = over(&stage, &[&["explain"], wrong].concat());
        assert_eq!(told.code, Some(code), "{wrong:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_trouble_has_nothing_to_explain() {
    let stage = recorded().await;
    let told = over(&stage, &["explain"]);
    assert!(told.code == Some(1) && told.stderr.contains("nothing missed in the latest run"), "{told:?}");
    std::fs::remove_file(stage.cassette("c/.store/calls")).unwrap();
    let told = over(&stage, &["explain"]);
    assert!(told.code == Some(1) && told.stderr.contains("no run over"), "{told:?}");
}
