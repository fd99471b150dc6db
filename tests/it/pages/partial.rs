//! What cannot be cut anew: chains recorded in part, and what is no listing.

use super::any_cut::replaying;
use super::listing::{LISTING, Upstream, all_items, own, page, sizes};
use crate::support::stage::{Stage, bodies};
use bytes::Bytes;
use ramtape::config::{PagesSetting, RecordMode};
use ramtape::simulator::{Effect, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_recorded_in_part_serves_its_own_cut_only() {
    let stage = Stage::new().await;
    let recorded = Upstream::of(9, &[3, 3]).record(&stage, "c", &own(Some(3)), 2).await;
    for mode in [PagesSetting::Requested, PagesSetting::Adversarial] {
        let replaying = replaying(&stage, "c", mode).await;
        assert_eq!(bodies(&replaying.pages(LISTING, &own(Some(3)), 2).await), bodies(&recorded));
        assert_eq!(bodies(&replaying.pages(LISTING, &own(None), 2).await), bodies(&recorded));
        let missed = replaying.post(LISTING, own(Some(2))).await;
        assert_eq!(missed.error().as_deref(), Some("CassetteMissException"));
        let message = missed.message();
        assert!(
            message.contains("recorded only in part, with page size 3, and page size 2 was requested"),
            "{message}"
        );
        // By a token of its own cut it goes on in that cut.
        let token = recorded[0].next_token();
        assert_eq!(page(&replaying, &own(Some(2)), token.as_deref()).await.body, recorded[1].body);
        assert_eq!(replaying.stop().await.missed, 1);
    }
    let replaying = replaying(&stage, "c", PagesSetting::Recorded).await;
    assert_eq!(bodies(&replaying.pages(LISTING, &own(Some(2)), 2).await), bodies(&recorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_take_answers_the_size_that_a_partial_one_cannot() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    recording.pages(LISTING, &own(Some(2)), 1).await;
    let whole = recording.pages(LISTING, &own(Some(3)), 100).await;
    recording.stop().await;
    let replaying = replaying(&stage, "c", PagesSetting::Requested).await;
    for _ in 0..2 {
        let pages = replaying.pages(LISTING, &own(Some(4)), 100).await;
        assert_eq!(all_items(&pages), all_items(&whole));
        assert_eq!(sizes(&pages)[0], 4);
    }
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_episodes_records_the_size_that_a_partial_chain_cannot_serve() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    recording.pages(LISTING, &own(Some(3)), 2).await;
    recording.stop().await;
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let pages = continuing.pages(LISTING, &own(Some(2)), 100).await;
    assert_eq!(sizes(&pages), [2, 2, 2, 2, 2]);
    assert_eq!(continuing.stop().await.recorded, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_answers_every_size_as_it_was() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    let body = r#"{"message": "no"}"#;
    stage.endpoint().inject(Fault::next(Effect::Raw {
        status: 403,
        content_type: Some("application/json".to_owned()),
        body: Bytes::from_static(body.as_bytes()),
    }));
    recording.post(LISTING, own(Some(3))).await;
    recording.stop().await;
    for mode in [PagesSetting::Requested, PagesSetting::Recorded, PagesSetting::Adversarial] {
        let replaying = replaying(&stage, "c", mode).await;
        for size in [None, Some(3), Some(4)] {
            let answer = replaying.post(LISTING, own(size)).await;
            assert_eq!((answer.status.as_u16(), &answer.body[..]), (403, body.as_bytes()));
        }
    }
}
