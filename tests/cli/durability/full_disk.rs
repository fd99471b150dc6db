//! A full disk: the client has its answer, summary and log say so, and what was recorded before stays.

use crate::support::alone::is_alone;
use crate::support::stage::{Stage, bodies};
use ramtape::cassette::failpoint;
use ramtape::config::RecordMode;
use serde_json::json;

const LISTING: &str = "GetResourceShares";

#[tokio::test(flavor = "multi_thread")]
async fn the_client_has_its_answer_and_the_summary_says_what_is_missing() {
    // A fault is the whole process's.
    if !is_alone(module_path!(), "the_client_has_its_answer_and_the_summary_says_what_is_missing") {
        return;
    }
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let parameters = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    let before = recording.post("ListPermissions", json!({})).await;
    failpoint::arm(failpoint::DISK_FULL, 0);
    let listed = recording.pages(LISTING, &parameters, 100).await;
    assert!(listed.len() > 2 && listed.iter().all(|page| page.status == 200), "{listed:?}");
    failpoint::arm("none", 0);
    let after = recording.post("ListResourceTypes", json!({})).await;
    let summary = recording.stop().await;
    assert_eq!(summary.recorded, 2);
    assert_eq!(summary.not_recorded.len(), listed.len(), "{:?}", summary.not_recorded);
    assert!(summary.not_recorded[0].contains("the disk is full"), "{:?}", summary.not_recorded);

    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.post("ListPermissions", json!({})).await.body, before.body);
    assert_eq!(replaying.post("ListResourceTypes", json!({})).await.body, after.body);
    let missed = replaying.pages(LISTING, &parameters, 100).await;
    assert_eq!(missed[0].error().as_deref(), Some("CassetteMissException"), "{:?}", bodies(&missed));
    replaying.stop().await;

    // One write fails in the middle of a listing: no later page may take its place.
    let recording = stage.ramtape("d", RecordMode::Once).await;
    let mut listed = recording.pages(LISTING, &parameters, 1).await;
    failpoint::arm(failpoint::DISK_FULL, 1);
    listed.extend(recording.pages_from(LISTING, &parameters, listed[0].next_token(), 100).await);
    failpoint::arm("none", 0);
    assert_eq!(recording.stop().await.not_recorded.len(), 1);
    let replaying = stage.ramtape("d", RecordMode::None).await;
    assert_eq!(bodies(&replaying.pages(LISTING, &parameters, 100).await), bodies(&listed));
}
