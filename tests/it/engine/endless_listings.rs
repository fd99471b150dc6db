//! Walking a listing anew, up to where its client stands, over an upstream that never gets there.

use crate::support::stage::{Answer, Stage};
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault, PageSizes};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

const LISTING: &str = "GetResourceShares";

fn own() -> Value {
    json!({ "resourceOwner": "SELF", "maxResults": 2 })
}

/// A chain that was recorded up to its second page, under an endpoint whose tokens have expired.
async fn partial(stage: &Stage) -> Vec<Answer> {
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let pages = recording.pages(LISTING, &own(), 2).await;
    recording.stop().await;
    stage.endpoint().advance(Duration::from_secs(3600));
    pages
}

/// Empty pages, each with the same token.
fn round() -> Fault {
    let body = r#"{"resourceShares":[],"nextToken":"X"}"#.into();
    Fault::next(Effect::Raw { status: 200, content_type: None, body }).times(100_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looping_listing_ends_at_the_first_repeated_token() {
    let stage = Stage::new().await;
    partial(&stage).await;
    let before = (stage.texts("c"), stage.endpoint().requests());
    stage.endpoint().inject(round());
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let pages = continuing.pages(LISTING, &own(), 3).await;
    assert_eq!(pages[2].status, 400, "{pages:?}");
    assert_eq!(pages[2].error().as_deref(), Some("RamtapeUpstreamException"));
    assert!(pages[2].message().contains("a page token came twice"), "{}", pages[2].message());
    let summary = continuing.stop().await;
    assert_eq!((summary.recorded, summary.refused.len()), (0, 1));
    assert_eq!((stage.texts("c"), stage.endpoint().requests()), (before.0, before.1 + 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_the_repeated_token() {
    let stage = Stage::new().await;
    for mode in [RecordMode::Once, RecordMode::NewEpisodes, RecordMode::All] {
        let name = format!("{mode:?}");
        let recording = stage.ramtape(&name, mode).await;
        stage.endpoint().inject(round());
        let pages = recording.pages(LISTING, &own(), 4).await;
        let tokens: Vec<_> = pages.iter().map(Answer::next_token).collect();
        assert!(tokens[0].is_some() && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
        assert_ne!(tokens[0].as_deref(), Some("X"));
        let summary = recording.stop().await;
        assert_eq!((summary.recorded, summary.not_recorded.len(), summary.partial.len()), (1, 3, 1), "{summary:?}");
        assert!(summary.not_recorded[0].contains("repeated the nextToken of an earlier page"), "{summary:?}");
        let texts = stage.texts(&name);
        assert_eq!(texts[0].1.matches("\"status\"").count(), 1, "{texts:?}");
        // By a token that another run gave it is no otherwise.
        let again = stage.ramtape(&name, RecordMode::All).await;
        let page = again.pages_from(LISTING, &own(), tokens[0].clone(), 1).await.remove(0);
        assert_eq!((page.status.as_u16(), page.next_token()), (200, tokens[0].clone()));
        assert_eq!(again.stop().await.recorded, 0);
        stage.endpoint().clear_faults();
        // Once upstream has come to itself.
        let continuing = stage.ramtape(&name, RecordMode::All).await;
        let whole = continuing.pages(LISTING, &own(), 100).await;
        assert!(whole.len() > 2 && continuing.stop().await.partial.is_empty(), "{whole:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_ends_when_nobody_waits_for_it() {
    let stage = Stage::new().await;
    let recorded = partial(&stage).await;
    let before = stage.endpoint().requests();
    // Empty pages, each with a token of its own.
    const PAGES: usize = 9_000;
    stage.endpoint().set_page_sizes(PageSizes::new(LISTING, &[0; PAGES]));
    let (walks, walking) = oneshot::channel();
    stage.endpoint().change_before_page(LISTING, 20, |_| walks.send(()).unwrap());
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let asked = own();
    let listed = continuing.pages_from(LISTING, &asked, recorded[1].next_token(), 1);
    tokio::select! {
        pages = listed => assert_eq!(pages.len(), 0, "it was answered"),
        walking = walking => walking.unwrap(),
    }
    // The client has left; ramtape waits for what it has sent, and for nothing else.
    let summary = continuing.stop().await;
    assert_eq!(summary.not_recorded, [""; 0]);
    let asked = stage.endpoint().requests() - before;
    assert!(asked < PAGES as u64, "{asked}");
}
