//! Which of several takes answers, from the recording to the replay: writes under way at the same time, polls in a row, waiters
//! that go nowhere, and what an anew recorded write takes with it.

use crate::support::stage::{Asking, Ramtape, Stage};
use bytes::Bytes;
use http_body_util::Full;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault, SimulatorSettings};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

async fn create(ramtape: &Ramtape, name: &str, session: &str) -> String {
    let created = ask(ramtape, "CreateResourceShare", json!({ "name": name }), session).await;
    created["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned()
}

async fn ask(ramtape: &Ramtape, operation: &str, body: Value, session: &str) -> Value {
    let asking = if session.is_empty() { Asking::default() } else { Asking::session(session) };
    ramtape.ask(operation, body.to_string(), asking).await.json()
}

async fn status(ramtape: &Ramtape, arn: &str) -> String {
    let body = json!({ "resourceOwner": "SELF", "resourceShareArns": [arn] });
    ask(ramtape, "GetResourceShares", body, "").await["resourceShares"][0]["status"]
        .as_str()
        .unwrap_or("gone")
        .to_owned()
}

async fn statuses(ramtape: &Ramtape, arn: &str, polls: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..polls {
        seen.push(status(ramtape, arn).await);
    }
    seen
}

fn settling(reads: u32) -> SimulatorSettings {
    SimulatorSettings { seed: Some(7), settling_reads: reads, ..SimulatorSettings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_is_linked_to_the_write_that_was_answered_last() {
    let stage = Stage::new().await;
    let slow = Effect::Latency(Duration::from_millis(600));
    stage.endpoint().inject(Fault::next(slow).on("CreateResourceShare"));
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let read = async {
        // While the first one is on its way the second is made and read.
        tokio::time::sleep(Duration::from_millis(150)).await;
        let fast = create(&recording, "fast", "").await;
        ask(&recording, "ListPermissions", json!({}), "").await;
        fast
    };
    tokio::join!(create(&recording, "slow", ""), read);
    recording.stop().await;
    let texts = stage.texts("c");
    let take = |part: &str| -> Value {
        let text = texts.iter().find(|(_, text)| text.contains(part)).map(|(_, text)| text).unwrap();
        serde_json::from_str::<Value>(text).unwrap()["takes"][0].clone()
    };
    let (slow, fast, read) = (take("\"slow\""), take("\"fast\""), take("ListPermissions"));
    assert_eq!(fast["after"], Value::Null, "the slow one was asked before it, and answered behind it");
    assert_eq!((&slow["after"], &read["after"]), (&fast["id"], &fast["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_others_change_replays_as_often_as_it_was_asked() {
    let mut stage = Stage::with(SimulatorSettings { seeded: false, ..settling(0) }).await;
    let count = async |ramtape: &Ramtape| {
        let listed = ask(ramtape, "GetResourceShares", json!({ "resourceOwner": "SELF" }), "").await;
        listed["resourceShares"].as_array().unwrap().len()
    };
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let mut recorded = vec![count(&recording).await, count(&recording).await];
    let added = stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "theirs")).unwrap();
    for _ in 0..3 {
        recorded.push(count(&recording).await);
    }
    assert_eq!(stage.endpoint().change("us-east-1", |world| world.remove_share(&added)), Some(true));
    recorded.push(count(&recording).await);
    assert_eq!(recorded, [0, 0, 1, 1, 1, 0]);
    recording.stop().await;
    stage.stop_endpoint().await;
    let text: Value = serde_json::from_str(&stage.texts("c")[0].1).unwrap();
    let times: Vec<_> = text["takes"].as_array().unwrap().iter().map(|take| take["times"].clone()).collect();
    assert_eq!(times, [json!(2), json!(3), Value::Null], "left out where it is 1");

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let mut replayed = Vec::new();
    for _ in 0..8 {
        replayed.push(count(&replaying).await);
    }
    assert_eq!(replayed, [0, 0, 1, 1, 1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_replay_as_often_as_they_were_made() {
    let mut stage = Stage::with(settling(3)).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let arn = create(&recording, "x", "").await;
    let recorded = statuses(&recording, &arn, 4).await;
    assert_eq!(recorded, ["PENDING", "PENDING", "PENDING", "ACTIVE"]);
    recording.stop().await;
    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let arn = create(&replaying, "x", "").await;
    assert_eq!(statuses(&replaying, &arn, 5).await, ["PENDING", "PENDING", "PENDING", "ACTIVE", "ACTIVE"]);
    let summary = replaying.stop().await;
    assert_eq!((summary.stuck, summary.waiters_advanced), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_waiter_is_reported_and_continues() {
    let mut stage = Stage::with(settling(1)).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let arn = create(&recording, "x", "").await;
    assert_eq!(status(&recording, &arn).await, "PENDING");
    let tags = json!({ "resourceShareArn": arn, "tags": [{ "key": "team", "value": "blue" }] });
    ask(&recording, "TagResource", tags, "").await;
    assert_eq!(status(&recording, &arn).await, "ACTIVE");
    recording.stop().await;
    stage.stop_endpoint().await;

    // This run never sets the tag.
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let arn = create(&replaying, "x", "").await;
    let seen = statuses(&replaying, &arn, 9).await;
    assert_eq!(seen.iter().filter(|status| *status == "PENDING").count(), 7, "{seen:?}");
    assert_eq!(seen[7..], ["ACTIVE", "ACTIVE"]);
    let summary = replaying.stop().await;
    assert_eq!((summary.stuck.len(), summary.waiters_advanced), (1, 1));
    let told = &summary.stuck[0];
    for part in ["GetResourceShares", "PENDING", "ACTIVE was recorded after TagResource", "are given now"] {
        assert!(told.contains(part), "{told}");
    }
}

async fn delete(ramtape: &Ramtape, arn: &str, session: &str) {
    let session = if session.is_empty() { String::new() } else { format!("/~{session}") };
    let arn = arn.replace(':', "%3A").replace('/', "%2F");
    let mut request = http::Request::new(Full::new(Bytes::new()));
    *request.method_mut() = http::Method::DELETE;
    *request.uri_mut() =
        format!("{}{session}/deleteresourceshare?resourceShareArn={arn}", ramtape.base).parse().unwrap();
    assert_eq!(ramtape.send(request).await.status, 200);
}

/// Creates, reads and deletes a share of one name, twice. Gives the ARNs.
async fn twice(ramtape: &Ramtape, session: &str) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    for _ in 0..2 {
        let arn = create(ramtape, "x", session).await;
        let tags = json!({ "resourceShareArn": arn, "tags": [{ "key": "k", "value": "v" }] });
        ask(ramtape, "TagResource", tags, session).await;
        for body in [json!({ "name": "x" }), json!({ "resourceShareArns": [arn] })] {
            let mut body = body;
            body["resourceOwner"] = json!("SELF");
            ask(ramtape, "GetResourceShares", body, session).await;
        }
        delete(ramtape, &arn, session).await;
        arns.insert(arn);
    }
    arns
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_again_removes_what_earlier_writes_had_made() {
    for (session, per_session) in [("", false), ("test_twice", false), ("test_twice", true)] {
        let stage = Stage::new().await;
        let mut earlier = BTreeSet::new();
        for _ in 0..3 {
            let sessions = |config: &mut ramtape::config::RawConfig| config.cassette_per_session = Some(per_session);
            let recording = stage.ramtape_with("c", RecordMode::All, sessions).await;
            let arns = twice(&recording, session).await;
            assert_eq!(arns.len(), 2, "upstream makes up new ones");
            let summary = recording.stop().await;
            assert_eq!((summary.dangling.len(), summary.not_recorded.len()), (0, 0), "{summary:?}");
            let root = if per_session { format!("c/{session}") } else { "c".to_owned() };
            let texts = stage.texts(&root);
            for (file, text) in &texts {
                // Answers may show what upstream remembers of deleted shares.
                let request = serde_json::from_str::<Value>(text).unwrap()["request"].to_string();
                assert!(earlier.iter().all(|arn: &String| !request.contains(arn)), "{file} is of an earlier recording");
            }
            assert!(arns.iter().all(|arn| texts.iter().any(|(_, text)| text.contains(arn))));
            assert_links_hold(&texts);
            earlier.extend(arns);
        }
    }
}

/// Every take leads to a write that is there.
fn assert_links_hold(texts: &[(String, String)]) {
    let takes: Vec<Value> = texts
        .iter()
        .flat_map(|(_, text)| serde_json::from_str::<Value>(text).unwrap()["takes"].as_array().unwrap().clone())
        .collect();
    let ids: BTreeSet<_> = takes.iter().filter_map(|take| take["id"].as_str()).collect();
    for after in takes.iter().filter_map(|take| take["after"].as_str()) {
        assert!(ids.contains(after), "{after} is not there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn later_takes_are_linked_to_the_write_before() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    twice(&first, "").await;
    let other = create(&first, "other", "").await;
    assert_ne!(status(&first, &other).await, "gone");
    first.stop().await;

    // The test that came first is recorded anew, alone.
    let again = stage.ramtape("c", RecordMode::All).await;
    twice(&again, "").await;
    let summary = again.stop().await;
    assert_eq!((summary.dangling.len(), summary.not_recorded.len()), (0, 0), "{summary:?}");
    assert_links_hold(&stage.texts("c"));
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(create(&replaying, "other", "").await, other);
    assert_ne!(status(&replaying, &other).await, "gone");
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_of_format_1_0_is_read_and_insufficient_links_are_reported() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    create(&recording, "one", "").await;
    let arn = create(&recording, "two", "").await;
    recording.stop().await;
    let told = async || {
        let replaying = stage.ramtape("c", RecordMode::None).await;
        let told = replaying.notices().iter().any(|notice| notice.contains("2 of its writes were in flight"));
        assert_eq!(create(&replaying, "two", "").await, arn);
        assert_eq!(replaying.stop().await.missed, 0);
        told
    };
    assert!(!told().await);
    let head = stage.cassette("c").join("cassette.json");
    let text = std::fs::read_to_string(&head).unwrap();
    std::fs::write(&head, text.replace("\"2.0\"", "\"1.0\"")).unwrap();
    assert!(!told().await, "one after the other: nothing is lost");
    // As the earlier ramtape linked two that were under way at once.
    for (file, text) in stage.texts("c") {
        let mut entry: Value = serde_json::from_str(&text).unwrap();
        entry["takes"][0].as_object_mut().unwrap().remove("after");
        std::fs::write(stage.cassette("c").join(file), format!("{entry}\n")).unwrap();
    }
    assert!(told().await);
}
