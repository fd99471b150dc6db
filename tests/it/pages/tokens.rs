//! Which cut a size and a token lead to.

use super::any_cut::replaying;
use super::listing::{LISTING, Upstream, all_items, items, own, page, sizes};
use crate::support::stage::{Asking, Stage, bodies};
use ramtape::config::{PagesSetting, RecordMode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_size_from_1_to_500_and_none_is_served_from_one_recording() {
    let stage = Stage::new().await;
    let upstream = Upstream::of(501, &[100, 0, 7, 300]);
    let recorded = upstream.record(&stage, "c", &own(Some(300)), 100).await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    for size in 1..=500 {
        let first = page(&replaying, &own(Some(size)), None).await;
        if size == 300 {
            assert_eq!(first.body, recorded[0].body);
        } else {
            assert_eq!(items(&first), upstream.items()[..size]);
        }
    }
    for size in [1, 99, 250, 500] {
        let pages = replaying.pages(LISTING, &own(Some(size)), 1000).await;
        assert_eq!(all_items(&pages), upstream.items());
        let (last, full) = sizes(&pages).split_last().map(|(last, full)| (*last, full.to_vec())).unwrap();
        assert!(full.iter().all(|count| *count == size) && (1..=size).contains(&last), "{full:?} {last}");
    }
    assert_eq!(bodies(&replaying.pages(LISTING, &own(None), 100).await), bodies(&recorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_without_a_size_is_cut_too() {
    let stage = Stage::new().await;
    let recorded = Upstream::of(5, &[]).record(&stage, "c", &own(None), 100).await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    let pages = replaying.pages(LISTING, &own(Some(2)), 100).await;
    assert_eq!(sizes(&pages), [2, 2, 1]);
    assert!(bodies(&pages)[2].ends_with("[4.0e00]}"), "the last page has no token member, as recorded: {pages:?}");
    // All items on one page: the very bytes of the recorded one.
    assert_eq!(bodies(&replaying.pages(LISTING, &own(Some(5)), 100).await), bodies(&recorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_may_change_midway_and_a_token_remembers_the_last_one() {
    let stage = Stage::new().await;
    let upstream = Upstream::of(12, &[4, 4]);
    let recorded = upstream.record(&stage, "c", &own(Some(4)), 100).await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    let first = page(&replaying, &own(Some(5)), None).await;
    let next = page(&replaying, &own(Some(2)), first.next_token().as_deref()).await;
    let without = page(&replaying, &own(None), next.next_token().as_deref()).await;
    let rest = page(&replaying, &own(Some(4)), without.next_token().as_deref()).await;
    let pages = [first, next, without, rest];
    assert_eq!(sizes(&pages), [5, 2, 2, 3], "5, then 2, then as before, then 4 of which 3 are left");
    assert_eq!(all_items(&pages), upstream.items());
    // From the recorded cut's second page on, in threes.
    let token = recorded[0].next_token();
    let rest = replaying.pages_from(LISTING, &own(Some(3)), token, 100).await;
    assert_eq!((sizes(&rest), all_items(&rest)), (vec![3, 3, 2], upstream.items()[4..].to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_new_cut_belongs_to_its_listing_and_recording() {
    let stage = Stage::new().await;
    Upstream::of(6, &[3]).record(&stage, "c", &own(Some(3)), 100).await;
    Upstream::of(7, &[3]).record(&stage, "other", &own(Some(3)), 100).await;
    Upstream::of(6, &[3]).record(&stage, "equal", &own(Some(3)), 100).await;
    let ours = replaying(&stage, "c", PagesSetting::Requested).await;
    let token = page(&ours, &own(Some(2)), None).await.next_token().unwrap();
    let equal = replaying(&stage, "equal", PagesSetting::Requested).await;
    assert_eq!(
        page(&equal, &own(Some(2)), Some(&token)).await.body,
        page(&ours, &own(Some(2)), Some(&token)).await.body,
        "an equal recording serves it"
    );
    let refused = [("another recording", "other", "SELF"), ("another listing", "c", "OTHER-ACCOUNTS")];
    for (what, cassette, owner) in refused {
        let replaying = replaying(&stage, cassette, PagesSetting::Requested).await;
        let body = json!({ "resourceOwner": owner, "maxResults": 2, "nextToken": token });
        let answer = replaying.ask(LISTING, body.to_string(), Asking::default()).await;
        assert_eq!(answer.error().as_deref(), Some("InvalidNextTokenException"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_have_a_page_of_their_own_each_and_the_first_ones_head() {
    let stage = Stage::new().await;
    let recorded = Upstream::of(6, &[3]).record(&stage, "c", &own(Some(3)), 100).await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    let pages = replaying.pages(LISTING, &own(Some(1)), 100).await;
    let mut ids: Vec<&str> = pages.iter().map(|page| page.headers["x-amzn-requestid"].to_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    assert!(pages.iter().all(|page| page.headers["content-type"] == recorded[0].headers["content-type"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_episodes_cuts_what_is_recorded_and_asks_upstream_nothing() {
    let mut stage = Stage::new().await;
    let upstream = Upstream::of(6, &[3]);
    upstream.record(&stage, "c", &own(Some(3)), 100).await;
    stage.stop_endpoint().await;
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let pages = continuing.pages(LISTING, &own(Some(2)), 100).await;
    assert_eq!((sizes(&pages), all_items(&pages)), (vec![2, 2, 2], upstream.items()));
    assert_eq!(continuing.stop().await.upstream_connections, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_new_cut_never_goes_upstream() {
    let stage = Stage::new().await;
    Upstream::of(6, &[3]).record(&stage, "c", &own(Some(3)), 100).await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    let token = page(&replaying, &own(Some(2)), None).await.next_token().unwrap();
    replaying.stop().await;
    let before = stage.endpoint().requests();
    let recording = stage.ramtape("c", RecordMode::All).await;
    let body = json!({ "resourceOwner": "SELF", "maxResults": 2, "nextToken": token });
    let answer = recording.post(LISTING, body).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (400, Some("InvalidNextTokenException")));
    assert_eq!(recording.stop().await.recorded, 0);
    assert_eq!(stage.endpoint().requests(), before);
}
