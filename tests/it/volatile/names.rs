//! Shares with names that differ from run to run.

use super::operations::{create, list, named, texts, volatile};
use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::{RawConfig, RecordMode};
use ramtape::simulator::{Effect, Fault};
use serde_json::{Value, json};
use std::time::Duration;

/// Two shares at once, one's name a prefix of the other's; one is tagged, and both are listed by name. Gives the bodies of
/// all answers.
async fn two_shares(ramtape: &Ramtape, name: &str) -> Vec<Value> {
    let long = format!("{name}2");
    let (one, two) = (create(ramtape, name).await, create(ramtape, &long).await);
    let arn = &one["resourceShare"]["resourceShareArn"];
    let tags = json!([{ "key": "name", "value": name }]);
    let tagged = ramtape.post("TagResource", json!({ "resourceShareArn": arn, "tags": tags })).await.json();
    vec![one, two, tagged, list(ramtape, name).await, list(ramtape, &long).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shares_at_once_one_name_a_prefix_of_the_other() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    let recorded = two_shares(&recording, "share-7f").await;
    assert_eq!((named(&recorded[3]), named(&recorded[4])), (vec!["share-7f"], vec!["share-7f2"]));
    recording.stop().await;
    stage.stop_endpoint().await;
    assert!(!texts(&stage, "c").contains("share-7f"), "{}", texts(&stage, "c"));

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    let replayed = two_shares(&replaying, "other").await;
    let expected = serde_json::to_string(&recorded).unwrap().replace("share-7f", "other");
    assert_eq!(serde_json::to_string(&replayed).unwrap(), expected);
    assert_eq!(replaying.stop().await.missed, 0);

    // With the values that were recorded, the answers are those that were recorded.
    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    assert_eq!(two_shares(&replaying, "share-7f").await, recorded);
}

/// A share whose name stands in a tag too; gives the body of the answer.
async fn tagged_with_its_name(ramtape: &Ramtape, name: &str, asking: Asking) -> Value {
    let body = json!({ "name": name, "tags": [{ "key": "Name", "value": name }], "clientToken": "t-1" });
    ramtape.ask("CreateResourceShare", body.to_string(), asking).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_stands_twice_in_one_write_is_a_hole_there_too() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    tagged_with_its_name(&recording, "share-7f", Asking::invocation("1")).await;
    // A retry, by which time the value has a name: the same request, and so the same answer.
    tagged_with_its_name(&recording, "share-7f", Asking::invocation("1")).await;
    recording.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": "share-7f" })).await;
    assert_eq!(stage.endpoint().requests_of("CreateResourceShare"), 1);
    recording.stop().await;
    stage.stop_endpoint().await;
    let text = texts(&stage, "c");
    assert!(!text.contains("share-7f") && text.contains(r#"{"$volatile": "/name"}"#), "{text}");

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    for invocation in ["1", "1"] {
        let created = tagged_with_its_name(&replaying, "other", Asking::invocation(invocation)).await;
        assert_eq!(created["resourceShare"]["name"], "other", "{created}");
    }
    let listed = list(&replaying, "other").await;
    assert_eq!(listed["resourceShares"][0]["tags"], json!([{ "key": "Name", "value": "other" }]));
    // A tag of another value is another request.
    let missed =
        replaying.post("CreateResourceShare", json!({ "name": "third", "tags": [{ "key": "Name", "value": "x" }] }));
    assert_eq!(missed.await.error().as_deref(), Some("CassetteMissException"));
}

/// Looks for a principal, associates it, and looks again until it is there. Gives the bodies of all answers.
async fn associated(ramtape: &Ramtape, principal: &str) -> Vec<Value> {
    let created = create(ramtape, "share").await;
    let arn = &created["resourceShare"]["resourceShareArn"];
    let look = json!({ "associationType": "PRINCIPAL", "resourceShareArns": [arn], "principal": principal });
    let associate = json!({ "resourceShareArn": arn, "principals": [principal] });
    let mut answers = Vec::new();
    for (operation, body) in [
        ("GetResourceShareAssociations", &look),
        ("GetResourceShareAssociations", &look),
        ("AssociateResourceShare", &associate),
        ("GetResourceShareAssociations", &look),
        ("GetResourceShareAssociations", &look),
    ] {
        answers.push(ramtape.post(operation, body.clone()).await.json());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_read_brings_first_counts_from_there() {
    let principals = |written: &mut RawConfig| {
        let operations = "[AssociateResourceShare]\nvolatile = ['principals']\n\
                          [GetResourceShareAssociations]\nvolatile = ['principal']\n";
        written.operations = toml::from_str(operations).unwrap();
    };
    let mut stage = Stage::new().await;
    let ou = |id: &str| format!("arn:aws:organizations::111122223333:ou/o-0abcdefghi/ou-0abc-{id}");
    let (recorded_for, replayed_for) = (ou("11111111"), ou("22222222"));
    let recording = stage.ramtape_with("c", RecordMode::Once, principals).await;
    let recorded = associated(&recording, &recorded_for).await;
    assert_eq!(recorded[0]["resourceShareAssociations"], json!([]));
    assert_eq!(recorded[4]["resourceShareAssociations"][0]["associatedEntity"], json!(recorded_for), "{recorded:?}");
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.not_recorded.len(), summary.broken), (6, 0, 0), "{summary:?}");
    stage.stop_endpoint().await;
    assert!(!texts(&stage, "c").contains("ou-0abc-11111111"), "{}", texts(&stage, "c"));

    let replaying = stage.ramtape_with("c", RecordMode::None, principals).await;
    let replayed = associated(&replaying, &replayed_for).await;
    let expected = serde_json::to_string(&recorded).unwrap().replace("ou-0abc-11111111", "ou-0abc-22222222");
    assert_eq!(serde_json::to_string(&replayed).unwrap(), expected);
    assert_eq!(replaying.stop().await.missed, 0);
}

/// Looks for a share by its name, makes it with a tag of its own, and looks again. Gives the bodies of all answers.
async fn looked_for_and_made(ramtape: &Ramtape, test: &str, name: &str) -> Vec<Value> {
    let look = json!({ "resourceOwner": "SELF", "name": name });
    let make = json!({ "name": name, "tags": [{ "key": "test", "value": test }] });
    let mut answers = Vec::new();
    for (operation, body) in
        [("GetResourceShares", &look), ("CreateResourceShare", &make), ("GetResourceShares", &look)]
    {
        answers.push(ramtape.post(operation, body.clone()).await.json());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_that_look_before_they_make_replay_alone_and_in_another_order() {
    let names = |written: &mut RawConfig| {
        let operations = "[CreateResourceShare]\nvolatile = ['name']\n[GetResourceShares]\nvolatile = ['name']\n";
        written.operations = toml::from_str(operations).unwrap();
    };
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, names).await;
    for test in ["a", "b"] {
        let recorded = looked_for_and_made(&recording, test, &format!("{test}-7f")).await;
        assert_eq!(named(&recorded[2]), [format!("{test}-7f")]);
    }
    recording.stop().await;
    stage.stop_endpoint().await;
    for order in [&["b"][..], &["b", "a"], &["a", "b"]] {
        let replaying = stage.ramtape_with("c", RecordMode::None, names).await;
        for test in order {
            let name = format!("{test}-91");
            let replayed = looked_for_and_made(&replaying, test, &name).await;
            assert_eq!(replayed[1]["resourceShare"]["name"], json!(name), "{order:?}: {replayed:?}");
            assert_eq!(named(&replayed[2]), [name], "{order:?}");
        }
        assert_eq!(replaying.stop().await.missed, 0, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_again_leaves_no_value_of_removed_writes() {
    let stage = Stage::new().await;
    // A write more in front gives all others another id.
    for in_front in [false, true] {
        let recording = stage.ramtape_with("c", RecordMode::All, volatile).await;
        if in_front {
            recording.post("EnableSharingWithAwsOrganization", json!({})).await;
        }
        create(&recording, "share-7f").await;
        let none = json!({ "resourceOwner": "OTHER-ACCOUNTS", "name": "share-7f" });
        assert_eq!(recording.post("GetResourceShares", none).await.json()["resourceShares"], json!([]));
        let summary = recording.stop().await;
        assert_eq!((summary.dangling.len(), summary.not_recorded.len()), (0, 0), "{summary:?}");
    }
    let listings = stage.texts("c").into_iter().filter(|(file, _)| file.starts_with("get-resource-shares/"));
    assert_eq!(listings.count(), 1, "{}", texts(&stage, "c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_inside_a_longer_string_stays() {
    let mut stage = Stage::new().await;
    let tagged = |name: &'static str| json!({ "name": name, "tags": [{ "key": "k", "value": "not share-1 alone" }] });
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    recording.post("CreateResourceShare", tagged("share-1")).await;
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    let body = replaying.post("CreateResourceShare", tagged("fresh")).await.json().to_string();
    assert!(body.contains("\"fresh\"") && body.contains("not share-1 alone"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_keep_their_values_to_themselves() {
    let mut stage = Stage::new().await;
    let run = async |ramtape: &Ramtape, name: &str, session: &str| {
        let ask =
            |operation: &'static str, body: Value| ramtape.ask(operation, body.to_string(), Asking::session(session));
        ask("CreateResourceShare", json!({ "name": name })).await;
        ask("GetResourceShares", json!({ "resourceOwner": "SELF", "name": name })).await
    };
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    run(&recording, "x-1", "a").await;
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    let (one, two) = tokio::join!(run(&replaying, "x-2", "a"), run(&replaying, "x-3", "b"));
    assert_eq!((named(&one.json()), named(&two.json())), (vec!["x-2"], vec!["x-3"]));
    // What one session made up, another one cannot ask for.
    let other = json!({ "resourceOwner": "SELF", "name": "x-3" }).to_string();
    let miss = replaying.ask("GetResourceShares", other, Asking::session("a")).await;
    assert_eq!(miss.error().as_deref(), Some("CassetteMissException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_token_is_echoed_as_it_was_sent() {
    let mut stage = Stage::new().await;
    let create = |token: &'static str| json!({ "name": "fixed", "clientToken": token });
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.post("CreateResourceShare", create("token-1")).await;
    assert_eq!(recorded.json()["clientToken"], "token-1");
    recording.stop().await;
    stage.stop_endpoint().await;
    assert!(texts(&stage, "c").contains(r#""clientToken": {"$volatile": "create-resource-share/"#));

    let replaying = stage.ramtape("c", RecordMode::None).await;
    // Without one there is no value to echo: the answer has one all the same, and always the same.
    let without = replaying.post("CreateResourceShare", json!({ "name": "fixed" })).await.json();
    let pseudonym = without["clientToken"].as_str().unwrap();
    assert_eq!((pseudonym.len(), without["resourceShare"]["name"].as_str()), (36, Some("fixed")));
    for token in ["token-2", "token-1"] {
        assert_eq!(replaying.post("CreateResourceShare", create(token)).await.json()["clientToken"], token);
    }
    assert_eq!(replaying.post("CreateResourceShare", create("token-1")).await.body, recorded.body);
    let again = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(again.post("CreateResourceShare", json!({ "name": "fixed" })).await.json(), without);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_creations_in_flight_at_once_keep_their_own_names() {
    let mut stage = Stage::new().await;
    /// Each share, as its creation and as a listing by its name have it.
    async fn run(ramtape: &Ramtape, names: [&str; 2]) -> Vec<[Value; 2]> {
        let (one, two) = tokio::join!(create(ramtape, names[0]), create(ramtape, names[1]));
        let (listed, other) = tokio::join!(list(ramtape, names[0]), list(ramtape, names[1]));
        let share = |created: &Value| created["resourceShare"].clone();
        let first = |listed: &Value| listed["resourceShares"][0].clone();
        vec![[share(&one), first(&listed)], [share(&two), first(&other)]]
    }
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_millis(500))).times(2));
    run(&recording, ["p-1", "p-2"]).await;
    recording.stop().await;
    stage.stop_endpoint().await;

    for _ in 0..10 {
        let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
        for (shares, name) in run(&replaying, ["q-1", "q-2"]).await.iter().zip(["q-1", "q-2"]) {
            assert_eq!((&shares[0]["name"], &shares[1]["name"]), (&json!(name), &json!(name)));
            assert_eq!(shares[0]["resourceShareArn"], shares[1]["resourceShareArn"]);
        }
        assert_eq!(replaying.stop().await.missed, 0);
    }
}
