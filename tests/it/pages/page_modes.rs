//! The three ways to cut, as they are asked for.

use super::any_cut::replaying;
use super::listing::{LISTING, Upstream, all_items, items, own, sizes};
use crate::support::stage::{Stage, bodies};
use ramtape::config::{PagesSetting, RecordMode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn requested_is_the_default_and_recorded_ignores_what_is_asked() {
    let stage = Stage::new().await;
    let recorded = Upstream::of(6, &[3, 0]).record(&stage, "c", &own(Some(3)), 100).await;
    let by_default = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(sizes(&by_default.pages(LISTING, &own(Some(2)), 100).await), [2, 2, 2]);
    let as_recorded = replaying(&stage, "c", PagesSetting::Recorded).await;
    for size in [None, Some(1), Some(3), Some(500)] {
        assert_eq!(bodies(&as_recorded.pages(LISTING, &own(size), 100).await), bodies(&recorded));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adversarial_pages_are_one_item_short_and_empty_ones_and_always_the_same() {
    let stage = Stage::new().await;
    let upstream = Upstream::of(20, &[10]);
    upstream.record(&stage, "c", &own(Some(10)), 100).await;
    let nasty = replaying(&stage, "c", PagesSetting::Adversarial).await;
    for size in [None, Some(1), Some(2), Some(10), Some(500)] {
        let pages = nasty.pages(LISTING, &own(size), 200).await;
        assert_eq!(all_items(&pages), upstream.items());
        let counts = sizes(&pages);
        assert!(counts.contains(&0) && counts.contains(&1) && counts.iter().all(|count| *count <= 3), "{counts:?}");
        let (last, before) = pages.split_last().unwrap();
        assert!(items(last).is_empty() && last.next_token().is_none(), "the end is an empty page");
        assert!(before.iter().any(|page| items(page).is_empty()));
        assert_eq!(bodies(&nasty.pages(LISTING, &own(size), 200).await), bodies(&pages));
    }
    assert_eq!(sizes(&nasty.pages(LISTING, &own(Some(10)), 3).await), [0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn adversarial_pages_of_an_empty_listing_end() {
    let stage = Stage::new().await;
    Upstream::of(0, &[0]).record(&stage, "c", &own(None), 100).await;
    let nasty = replaying(&stage, "c", PagesSetting::Adversarial).await;
    assert_eq!(sizes(&nasty.pages(LISTING, &own(Some(5)), 100).await), [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_page_is_served_as_it_was_in_every_mode() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    let created = recording.post("CreateResourceShare", json!({ "name": "one" })).await;
    recording.stop().await;
    for mode in [PagesSetting::Requested, PagesSetting::Recorded, PagesSetting::Adversarial] {
        let replaying = replaying(&stage, "c", mode).await;
        assert_eq!(replaying.post("CreateResourceShare", json!({ "name": "one" })).await.body, created.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_way_goes_on_in_another() {
    let stage = Stage::new().await;
    let upstream = Upstream::of(10, &[4]);
    upstream.record(&stage, "c", &own(Some(4)), 100).await;
    let (plain, nasty) = (replaying(&stage, "c", PagesSetting::Requested).await, {
        replaying(&stage, "c", PagesSetting::Adversarial).await
    });
    for token in nasty.pages(LISTING, &own(Some(3)), 200).await.iter().filter_map(|page| page.next_token()) {
        let there = nasty.pages_from(LISTING, &own(Some(3)), Some(token.clone()), 200).await;
        let here = plain.pages_from(LISTING, &own(None), Some(token), 200).await;
        assert_eq!(all_items(&here), all_items(&there));
        assert!(sizes(&here).iter().all(|count| *count <= 3), "the size that the token remembers");
    }
}
