//! Answers that are passed on and not recorded, how they are reported, and errors of a region that are recorded.

use crate::support::stage::{Answer, Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use ramtape::engine::{PassedOn, Summary};
use ramtape::simulator::{Effect, Fault};
use serde_json::json;

const LISTING: &str = "GetResourceShares";
const HOME: &str = "us-east-1";
const ELSEWHERE: &str = "eu-central-1";
const PORTAL: &str = "<!doctype html>\n<html><head><title>Hotel: sign in</title></head><body>pay</body></html>";

async fn list(ramtape: &Ramtape, region: &str) -> Answer {
    list_as(ramtape, region, None).await
}

async fn list_as(ramtape: &Ramtape, region: &str, session: Option<&str>) -> Answer {
    let asking = Asking { session: session.map(str::to_owned), ..Asking::region(region) };
    ramtape.ask(LISTING, json!({ "resourceOwner": "SELF" }).to_string(), asking).await
}

fn refused(name: &str) -> Fault {
    Fault::next(Effect::Refused { status: 403, name: name.into(), message: "the key is not known".into() })
}

fn passed(summary: &Summary) -> Vec<(&str, &str, Option<&str>, u16, u64)> {
    let mut all = Vec::new();
    for (PassedOn { operation, region, error, status }, count) in &summary.passed {
        all.push((operation.as_str(), region.as_str(), error.as_deref(), *status, *count));
    }
    all
}

/// Lists in a region that does not know the key and in one that does, in this order or the other; gives the refusal.
async fn record_both(stage: &Stage, name: &str, error: &str, refused_first: bool) -> (Answer, Summary) {
    let recording = stage.ramtape(name, RecordMode::Once).await;
    if !refused_first {
        assert_eq!(list(&recording, HOME).await.status, 200);
    }
    stage.endpoint().inject(refused(error));
    let told = list(&recording, ELSEWHERE).await;
    assert_eq!((told.status.as_u16(), told.error().as_deref()), (403, Some(error)));
    if refused_first {
        assert_eq!(list(&recording, HOME).await.status, 200);
    }
    (told, recording.stop().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_does_not_know_a_key_which_works_elsewhere_has_answered() {
    let stage = Stage::new().await;
    let mut texts = Vec::new();
    for (error, first) in [
        ("UnrecognizedClientException", true),
        ("UnrecognizedClientException", false),
        ("AuthFailure", true),
        ("InvalidClientTokenId", false),
    ] {
        let name = format!("{error}{first}");
        let (told, summary) = record_both(&stage, &name, error, first).await;
        assert_eq!((summary.recorded, summary.passed_on, passed(&summary)), (2, 0, Vec::new()), "{name}");
        let replaying = stage.ramtape(&name, RecordMode::None).await;
        let replayed = list(&replaying, ELSEWHERE).await;
        assert_eq!((replayed.status, replayed.error(), &replayed.body), (told.status, told.error(), &told.body));
        assert_eq!(list(&replaying, HOME).await.status, 200);
        assert_eq!(replaying.stop().await.missed, 0);
        texts.push(stage.texts(&name));
    }
    assert!(texts[0] == texts[1], "whichever was asked first");
}

#[tokio::test(flavor = "multi_thread")]
async fn authentication_errors_are_passed_on_and_reported() {
    let stage = Stage::new().await;
    // An expired session is no region's matter.
    for error in ["ExpiredTokenException", "RequestExpired", "SignatureDoesNotMatch"] {
        for first in [true, false] {
            let name = format!("{error}{first}");
            let (_, summary) = record_both(&stage, &name, error, first).await;
            assert_eq!((summary.recorded, summary.passed_on), (1, 1), "{name}");
            assert_eq!(passed(&summary), [(LISTING, ELSEWHERE, Some(error), 403, 1)]);
        }
    }
    // A key that works nowhere, and one that does not work any more where it did.
    for works_at_first in [false, true] {
        let recording = stage.ramtape(&format!("nowhere{works_at_first}"), RecordMode::Once).await;
        if works_at_first {
            assert_eq!(list(&recording, HOME).await.status, 200);
        }
        stage.endpoint().inject(refused("UnrecognizedClientException").times(3));
        for region in [HOME, ELSEWHERE, ELSEWHERE] {
            assert_eq!(list(&recording, region).await.status, 403);
        }
        let summary = recording.stop().await;
        assert_eq!((summary.recorded, summary.passed_on), (u64::from(works_at_first), 3));
        let error = Some("UnrecognizedClientException");
        assert_eq!(passed(&summary), [(LISTING, ELSEWHERE, error, 403, 2), (LISTING, HOME, error, 403, 1)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_each_session_has_a_cassette_the_key_may_work_in_another_one() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("all", RecordMode::Once, |raw| raw.cassette_per_session = Some(true)).await;
    stage.endpoint().inject(refused("UnrecognizedClientException"));
    assert_eq!(list_as(&recording, ELSEWHERE, Some("a")).await.status, 403);
    assert_eq!(list_as(&recording, HOME, Some("b")).await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (2, 0));
    assert_eq!((stage.texts("all/a").len(), stage.texts("all/b").len()), (1, 1));
}

/// A recording into `cassette` where a read and then a write were refused in one region, before a write in another one.
async fn refused_elsewhere(stage: &Stage, cassette: &str) -> Ramtape {
    let recording = stage.ramtape(cassette, RecordMode::Once).await;
    stage.endpoint().inject(refused("UnrecognizedClientException").times(2));
    assert_eq!(list(&recording, ELSEWHERE).await.status, 403);
    let create = |name: &str, region| {
        recording.ask("CreateResourceShare", json!({ "name": name }).to_string(), Asking::region(region))
    };
    assert_eq!(create("there", ELSEWHERE).await.status, 403);
    assert_eq!(create("here", HOME).await.status, 200);
    recording
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_waits_stays_where_it_was_and_writes_are_linked_in_one_line() {
    let stage = Stage::new().await;
    let recording = refused_elsewhere(&stage, "c").await;
    let enabled = list(&recording, ELSEWHERE).await;
    assert_eq!(enabled.status, 200, "{enabled:?}");
    assert_eq!(recording.stop().await.recorded, 2, "so it was no matter of the region");

    let recording = refused_elsewhere(&stage, "d").await;
    assert_eq!(recording.stop().await.recorded, 3);
    let texts = stage.texts("d");
    let after = |part: &str| {
        let (_, text) = texts.iter().find(|(_, text)| text.contains(part)).unwrap();
        serde_json::from_str::<serde_json::Value>(text).unwrap()["takes"][0]["after"].clone()
    };
    assert_eq!(after("\"resourceOwner\""), json!(null));
    assert_eq!((after("\"here\"").is_null(), after("\"there\"").is_null()), (true, false), "{texts:?}");
    let replaying = stage.ramtape("d", RecordMode::None).await;
    assert_eq!(list(&replaying, ELSEWHERE).await.status, 403);
    let replayed = replaying.ask("CreateResourceShare", r#"{"name":"there"}"#, Asking::region(ELSEWHERE)).await;
    assert_eq!(replayed.error().as_deref(), Some("UnrecognizedClientException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_is_passed_on_and_reported() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    for (status, content_type) in [(200, "text/html"), (404, "application/json"), (403, "text/html; charset=utf-8")] {
        let content_type = Some(content_type.to_owned());
        stage.endpoint().inject(Fault::next(Effect::Raw { status, content_type, body: PORTAL.into() }));
        let told = list(&recording, HOME).await;
        assert_eq!((told.status.as_u16(), &told.body[..]), (status, PORTAL.as_bytes()));
    }
    // A fault that passes, whoever tells of it.
    stage.endpoint().inject(Fault::next(Effect::Raw { status: 503, content_type: None, body: PORTAL.into() }));
    assert_eq!(list(&recording, HOME).await.status, 503);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.not_recorded.len()), (0, 3));
    for (reason, status) in summary.not_recorded.iter().zip([200, 404, 403]) {
        let told = format!("{} answered {status} with a web page (\"Hotel: sign in\")", stage.url());
        assert!(reason.starts_with("GetResourceShares ") && reason.contains(&told), "{reason}");
    }
    assert_eq!(passed(&summary), [(LISTING, HOME, None, 503, 1)]);
    assert!(!stage.cassette("c").exists(), "nothing came into it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_is_not_recorded_and_continues_no_listing() {
    let stage = Stage::new().await;
    let page = |status| Fault::next(Effect::Raw { status, content_type: None, body: PORTAL.into() });
    let recording = stage.ramtape_with("c", RecordMode::Once, |raw| raw.record_errors = Some(true)).await;
    for status in [404, 502] {
        stage.endpoint().inject(page(status));
        assert_eq!(list(&recording, HOME).await.status, status);
    }
    let asked = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    let first = recording.pages(LISTING, &asked, 1).await;
    assert_eq!(recording.stop().await.recorded, 1);
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    stage.endpoint().inject(page(200));
    let mut onward = asked.clone();
    onward["nextToken"] = json!(first[0].next_token());
    assert_eq!(&continuing.post(LISTING, onward).await.body[..], PORTAL.as_bytes());
    let summary = continuing.stop().await;
    assert_eq!((summary.recorded, summary.not_recorded.len()), (0, 1), "{summary:?}");
}
