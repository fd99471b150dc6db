//! The browser of what is recorded, and one request with its takes.

use super::{ask, fingerprint, page, record_a_run, rows};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_found_by_what_was_asked_and_answered() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let all = page(&replaying, "recorded").await;
    assert_eq!(rows(&all), 4, "{all}");
    assert!(all.contains("4 recorded requests.") && all.contains("Nothing was asked in this run"), "{all}");
    let start: String = fingerprint(&stage, "create-resource-share").chars().take(6).collect();
    for (query, found) in [
        ("q=CREATEresource".to_owned(), 1),
        // In the answers of the listing and of the write, and in the write's request.
        ("q=%3Cb%3EBold".to_owned(), 2),
        ("q=nothing-like-it".to_owned(), 0),
        (format!("q={start}"), 1),
        ("session=a".to_owned(), 2),
        ("session=b&q=permission".to_owned(), 1),
        ("operation=GetResourceShares".to_owned(), 2),
        ("only=errors".to_owned(), 1),
        ("only=partial".to_owned(), 1),
    ] {
        let shown = page(&replaying, &format!("recorded?{query}")).await;
        assert_eq!(rows(&shown), found, "{query}: {shown}");
        assert!(!shown.contains("<b>bold"), "{query}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_that_are_never_used_are_one_link_away() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    ask(&replaying, Some("b"), "ListPermissions", json!({"maxResults": 1})).await;
    ask(&replaying, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    let all = page(&replaying, "recorded").await;
    assert!(all.contains("href=\"/_ramtape/recorded?only=unused\""), "{all}");
    let unused = page(&replaying, "recorded?only=unused").await;
    // The listing's second take, the write and the error are left.
    assert_eq!(rows(&unused), 3, "{unused}");
    assert!(unused.contains("<td>1 of 2 takes</td>") && unused.contains(">never<"), "{unused}");
    ask(&replaying, Some("a"), "CreateResourceShare", json!({"name": "<b>bold</b>"})).await;
    ask(&replaying, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    assert_eq!(rows(&page(&replaying, "recorded?only=unused").await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_shows_its_takes_and_what_came_before_them() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    ask(&replaying, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    let listed = page(&replaying, "recorded?session=a&operation=GetResourceShares").await;
    let link = listed.split("href=\"/_ramtape/").find(|link| link.starts_with("recorded/")).unwrap();
    let shares = page(&replaying, link.split('"').next().unwrap()).await;
    let write = fingerprint(&stage, "create-resource-share");
    for part in [
        "id=\"take-1\"",
        "id=\"take-2\"",
        "Take 2 of 2",
        "resourceOwner",
        &format!("href=\"/_ramtape/recorded/{write}#take-1\""),
        "yes, by call <a href=\"/_ramtape/calls/1\">1</a>",
        "&lt;b&gt;bold&lt;/b&gt;",
    ] {
        assert!(shares.contains(part), "{part} in {shares}");
    }
    let start: String = write.chars().take(8).collect();
    let shown = page(&replaying, &format!("recorded/{start}")).await;
    assert!(shown.contains(&write) && shown.contains("<dt>The write</dt>"), "{shown}");
    for nothing in ["recorded/zzzz", "recorded/", "recorded/%3Cb%3E/x"] {
        let answer = replaying.look(nothing).await;
        assert!(answer.status == 404 || nothing == "recorded/", "{nothing}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_told_and_the_rest_goes_on() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let write = fingerprint(&stage, "create-resource-share");
    let file = stage.cassette("c").join("create-resource-share").join(format!("{write}.json"));
    std::fs::write(&file, "{\"operation\": <b>").unwrap();
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let listed = page(&replaying, "recorded").await;
    assert_eq!(rows(&listed), 4);
    assert!(listed.contains("cannot be read") && listed.contains(&format!("{write}.json")), "{listed}");
    let damaged = replaying.look(&format!("recorded/{write}")).await;
    assert_eq!(damaged.status, 500);
    assert!(
        damaged.text().contains(&format!("{write}.json")) && damaged.text().contains("href=\"/_ramtape/recorded\"")
    );
    // It is found anew once it was mended.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(rows(&page(&replaying, "recorded").await), 3);
    std::fs::write(stage.cassette("c").join("create-resource-share/odd.json"), "{}").unwrap();
    let unreadable = replaying.look("recorded").await;
    assert!(unreadable.status == 500 && unreadable.text().contains("odd.json"), "{unreadable:?}");
    page(&replaying, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cassette_says_so_and_what_is_recorded_appears() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    assert!(page(&recording, "recorded").await.contains("Nothing is recorded in this cassette yet."));
    ask(&recording, None, "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    assert_eq!(rows(&page(&recording, "recorded").await), 1);
    assert_eq!(rows(&page(&recording, "recorded?q=resourceshares").await), 1);
}
