//! Recording: again, on top of what is there, and in chains.

use super::operations::{create, list, named, texts, volatile};
use crate::support::stage::{Asking, Ramtape, Stage, bodies};
use http_body_util::Full;
use ramtape::config::RecordMode;
use serde_json::json;

/// Creates, lists by name, renames, deletes; with a token of its own for each write.
async fn life(ramtape: &Ramtape, name: &str) -> String {
    let token = |step: &str| format!("{name}-{step}");
    let created = ramtape.post("CreateResourceShare", json!({ "name": name, "clientToken": token("a") })).await.json();
    let arn = created["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned();
    assert_eq!(created["clientToken"], token("a"));
    assert_eq!(named(&list(ramtape, name).await), [name]);
    let associate = json!({ "resourceShareArn": arn, "principals": ["123456789012"], "clientToken": token("b") });
    let associated = ramtape.post("AssociateResourceShare", associate).await.json();
    assert_eq!(associated["clientToken"], token("b"), "{associated}");
    assert_eq!(associated["resourceShareAssociations"][0]["resourceShareName"], name);
    arn
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_twice_gives_no_diff() {
    // Two endpoints that make up the same; only the client makes up something else.
    let (first, second) = (Stage::new().await, Stage::new().await);
    let mut recorded = Vec::new();
    for (stage, name) in [(&first, "share-2b1c"), (&second, "r-0")] {
        let recording = stage.ramtape_with("c", RecordMode::All, volatile).await;
        life(&recording, name).await;
        recording.stop().await;
        assert!(!texts(stage, "c").contains(name));
        recorded.push(stage.texts("c"));
    }
    assert_eq!(recorded[0], recorded[1]);
    // And over what is there.
    let third = Stage::new().await;
    copy(&first.cassette("c"), &third.cassette("c"));
    let recording = third.ramtape_with("c", RecordMode::All, volatile).await;
    life(&recording, "third").await;
    recording.stop().await;
    assert_eq!(third.texts("c"), recorded[0]);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let to = to.join(entry.file_name());
        match entry.path() {
            folder if folder.is_dir() => copy(&folder, &to),
            file => drop(std::fs::copy(file, to).unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_write_binds_for_what_is_recorded_after_it() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    let created = create(&recording, "first").await;
    recording.stop().await;

    let going_on = stage.ramtape_with("c", RecordMode::NewEpisodes, volatile).await;
    assert_eq!(create(&going_on, "second").await["resourceShare"]["name"], "second");
    // Upstream gets the live value and knows no share of that name; the cassette gets the hole.
    assert_eq!(named(&list(&going_on, "second").await), Vec::<&str>::new());
    let summary = going_on.stop().await;
    assert_eq!((summary.replayed, summary.recorded), (1, 1));
    assert!(!texts(&stage, "c").contains("second") && !texts(&stage, "c").contains("first"));

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    assert_eq!(create(&replaying, "third").await.to_string(), created.to_string().replace("first", "third"),);
    assert_eq!(named(&list(&replaying, "third").await), Vec::<&str>::new());
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_has_the_same_tokens_whatever_the_names() {
    let mut stage = Stage::new().await;
    let listing = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    create(&recording, "recorded").await;
    let recorded = bodies(&recording.pages("GetResourceShares", &listing, 99).await);
    assert!(recorded.len() > 2 && recorded.concat().contains("\"recorded\""));
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    create(&replaying, "live").await;
    let replayed = bodies(&replaying.pages("GetResourceShares", &listing, 99).await);
    let expected: Vec<String> = recorded.iter().map(|page| page.replace("\"recorded\"", "\"live\"")).collect();
    assert_eq!(replayed, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_session_has_no_values() {
    let mut stage = Stage::new().await;
    let create = async |ramtape: &Ramtape, name: &str| {
        ramtape.ask("CreateResourceShare", json!({ "name": name }).to_string(), Asking::session("s")).await
    };
    let list = async |ramtape: &Ramtape, name: &str| {
        let body = json!({ "resourceOwner": "SELF", "name": name }).to_string();
        ramtape.ask("GetResourceShares", body, Asking::session("s")).await
    };
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    create(&recording, "a").await;
    list(&recording, "a").await;
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    create(&replaying, "b").await;
    assert_eq!(named(&list(&replaying, "b").await.json()), ["b"]);
    let path = format!("{}/_ramtape/sessions/s/reset", origin(&replaying.base));
    let reset = http::Request::post(path).body(Full::default()).unwrap();
    assert_eq!(replaying.send(reset).await.json()["reset"], true);
    assert_eq!(list(&replaying, "b").await.error().as_deref(), Some("CassetteMissException"));
    create(&replaying, "c").await;
    assert_eq!(named(&list(&replaying, "c").await.json()), ["c"]);
}

/// A URL up to its path.
fn origin(base: &str) -> &str {
    let path = base.match_indices('/').nth(2).map_or(base.len(), |(at, _)| at);
    &base[..path]
}
