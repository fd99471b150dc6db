//! The timeline of a run, as a page and as a file.

use super::{ask, page, record_a_run, rows};
use crate::support::stage::{Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::json;

/// Replays what was recorded, and misses once.
async fn replay(stage: &Stage) -> Ramtape {
    record_a_run(stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    ask(&replaying, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    ask(&replaying, Some("a"), "CreateResourceShare", json!({"name": "<b>bold</b>"})).await;
    ask(&replaying, Some("b"), "ListPermissions", json!({"maxResults": 1})).await;
    ask(&replaying, None, "GetResourceShares", json!({"resourceOwner": "OTHER-ACCOUNTS"})).await;
    replaying
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_is_a_lane_and_a_row() {
    let stage = Stage::new().await;
    let replaying = replay(&stage).await;
    for query in ["", "?from=0&to=3000000000000", "?from=nonsense&to="] {
        let shown = page(&replaying, &format!("timeline{query}")).await;
        assert_eq!((shown.matches("class=\"lane\"").count(), rows(&shown)), (3, 3), "{query}: {shown}");
        for part in [
            "aria-label=\"Session (none), calls: 1\"",
            "aria-label=\"Session a, calls: 2\"",
            "CreateResourceShare, replayed take 1, ",
            "href=\"/_ramtape/calls/4\"",
            "#r-missed",
            "<span class=\"badge missed\">1</span>",
            "id=\"zoom-in\"",
            "href=\"/_ramtape/timeline.svg",
        ] {
            assert!(shown.contains(part), "{part} in {query}: {shown}");
        }
        assert!(!shown.contains("style=") && !shown.contains("<b>"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_it_is_chosen_by_links() {
    let stage = Stage::new().await;
    let replaying = replay(&stage).await;
    let shown = page(&replaying, "timeline?session=b").await;
    assert_eq!((shown.matches("class=\"lane\"").count(), rows(&shown)), (1, 1), "{shown}");
    let link = shown.split_once("id=\"zoom-in\" href=\"/_ramtape/").unwrap().1.split('"').next().unwrap();
    assert!(link.starts_with("timeline?session=b&amp;from="), "{link}");
    let zoomed = page(&replaying, &link.replace("&amp;", "&")).await;
    assert!(zoomed.contains("id=\"zoom-earlier\"") && zoomed.contains("id=\"zoom-all\""), "{zoomed}");
    let later = page(&replaying, "timeline?from=100000&to=200000").await;
    assert!(later.contains("No call is in this part of the run."), "{later}");
    let unnamed = page(&replaying, "timeline?session=(none)").await;
    assert!(unnamed.contains("aria-label=\"Session (none), calls: 1\""), "{unnamed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_is_a_file_too() {
    let stage = Stage::new().await;
    let replaying = replay(&stage).await;
    let answer = replaying.look("timeline.svg?session=a").await;
    let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((answer.status.as_u16(), header("content-type").as_str()), (200, "image/svg+xml"));
    assert!(header("content-disposition").starts_with("attachment"));
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    let text = answer.text();
    let picture = roxmltree::Document::parse(&text).unwrap();
    let lanes = picture.descendants().filter(|node| node.attribute("class") == Some("lane")).count();
    assert_eq!(lanes, 1, "{text}");
    assert!(picture.descendants().all(|node| node.tag_name().name() != "a"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_call_there_is_none() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert!(page(&replaying, "timeline").await.contains("No call yet."));
    assert_eq!(replaying.look("timeline.svg").await.status, 200);
}
