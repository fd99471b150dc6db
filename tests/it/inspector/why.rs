//! The page of a call: which take answered and why, or what is nearest to a miss.

use super::{ask, page, record_a_run};
use crate::support::stage::{Asking, Stage};
use ramtape::config::RecordMode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_which_take_answered_and_by_which_rule() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let own = json!({"resourceOwner": "SELF"});
    ask(&replaying, Some("a"), "GetResourceShares", own.clone()).await;
    ask(&replaying, Some("a"), "CreateResourceShare", json!({"name": "<b>bold</b>"})).await;
    ask(&replaying, Some("a"), "GetResourceShares", own).await;
    let first = page(&replaying, "calls/1").await;
    assert!(first.contains("<strong>Take 1: </strong>It was recorded after the same writes"), "{first}");
    let third = page(&replaying, "calls/3").await;
    for part in [
        "Answer: take 2 of 2",
        "<strong>Take 2: </strong>It was recorded after the same writes as this session has made.",
        "Only take 2 was recorded after those writes",
        "1 write, the latest CreateResourceShare",
        "no latest write in common; 1 write differs",
        "#take-2\">2</a>",
        "answered",
    ] {
        assert!(third.contains(part), "{part} in {third}");
    }
    let write = page(&replaying, "calls/2").await;
    assert!(write.contains("It is the only take that was recorded for this request."), "{write}");
    assert!(!write.contains("<b>bold"), "{write}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_which_page_it_was_given() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let of = |size: u32| json!({"resourceOwner": "OTHER-ACCOUNTS", "maxResults": size});
    let recorded = recording.pages("GetResourceShares", &of(2), 100).await.len();
    recording.stop().await;
    assert!(recorded > 1);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    replaying.pages("GetResourceShares", &of(2), 2).await;
    replaying.pages("GetResourceShares", &of(1), 2).await;
    // Answered from memory, it is told the same.
    replaying.pages("GetResourceShares", &of(2), 2).await;
    for (call, expected) in [
        (1, format!("Page 1 of {recorded}, as it was recorded.")),
        (2, format!("Page 2 of {recorded}, as it was recorded.")),
        (3, "Cut anew for the page size that was asked: item 1 of the recorded listing.".to_owned()),
        (4, "Cut anew for the page size that was asked: item 2 of the recorded listing.".to_owned()),
        (6, format!("Page 2 of {recorded}, as it was recorded.")),
    ] {
        let shown = page(&replaying, &format!("calls/{call}")).await;
        assert!(shown.contains(&expected), "{call}: {expected} in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_is_shown_beside_what_is_nearest() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let hostile = json!({"resourceOwner": "SELF", "name": "<img src=x onerror=alert(1)>"});
    ask(&replaying, Some("a"), "GetResourceShares", hostile).await;
    let missed = page(&replaying, "calls/1").await;
    for part in
        ["The nearest recorded request", "<code>/name</code>", "not there", "&lt;img src=x", "− recorded", "+ asked"]
    {
        assert!(missed.contains(part), "{part} in {missed}");
    }
    assert!(!missed.contains("<img"), "{missed}");

    let abroad = Asking { session: Some("a".to_owned()), ..Asking::region("eu-west-1") };
    replaying.ask("GetResourceShares", json!({"resourceOwner": "SELF"}).to_string(), abroad).await;
    let elsewhere = page(&replaying, "calls/2").await;
    assert!(
        elsewhere.contains("The same request is recorded for:") && elsewhere.contains("region us-east-1"),
        "{elsewhere}"
    );
    ask(&replaying, None, "ListPrincipals", json!({"resourceOwner": "SELF"})).await;
    assert!(page(&replaying, "calls/3").await.contains("Nothing of ListPrincipals is recorded."));
}
