//! What the client hears when upstream does not answer as it should, and that nothing recorded is lost by it.

use crate::support::stage::{Asking, Stage};
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};
use serde_json::json;

const LISTING: &str = "GetResourceShares";

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_status_and_message_and_ramtape_goes_on() {
    let stage = Stage::new().await;
    let recording = stage
        .ramtape_with("c", RecordMode::Once, |raw| {
            // Long enough for every answer but the one that never comes, on a loaded machine too.
            raw.limits.upstream_answer_time_seconds = Some(4);
            raw.limits.response_body_bytes = Some(1024 * 1024);
        })
        .await;
    for (effect, status, says) in [
        (Effect::Reset, 502, "closed the connection"),
        (Effect::HalfBody, 502, "in the middle of its answer"),
        (Effect::Garbage, 502, "not an HTTP answer"),
        (Effect::Stall, 504, "within 4s"),
        (Effect::Mebibytes(100), 400, "larger than the limit of 1048576 bytes"),
    ] {
        stage.endpoint().inject(Fault::next(effect.clone()));
        let answer = recording.post(LISTING, json!({ "resourceOwner": "SELF" })).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_deref()),
            (status, Some("RamtapeUpstreamException")),
            "{effect:?}: {}",
            answer.message()
        );
        assert!(answer.message().contains(says), "{effect:?}: {}", answer.message());
    }
    let answer = recording.post(LISTING, json!({ "resourceOwner": "SELF" })).await;
    assert_eq!(answer.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.refused.len()), (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunked_closing_and_odd_answers_are_recorded_all_the_same() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let mut recorded = Vec::new();
    let effects = [Effect::Chunked, Effect::ConnectionClose, Effect::ContentType("text/html".into())];
    for (at, effect) in effects.into_iter().enumerate() {
        stage.endpoint().inject(Fault::next(effect));
        recorded.push(recording.post(LISTING, json!({ "resourceOwner": "SELF", "name": at.to_string() })).await);
    }
    recording.stop().await;
    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    for (at, recorded) in recorded.iter().enumerate() {
        let replayed = replaying.post(LISTING, json!({ "resourceOwner": "SELF", "name": at.to_string() })).await;
        assert_eq!((replayed.status, &replayed.body), (recorded.status, &recorded.body));
        assert_eq!(replayed.headers["content-type"], recorded.headers["content-type"]);
        assert!(replayed.headers.contains_key("date"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_named() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.post(LISTING, json!({ "resourceOwner": "SELF" })).await;
    stage.stop_endpoint().await;
    let refused = recording.post("ListPermissions", json!({})).await;
    assert_eq!(refused.status, 502);
    assert!(refused.message().contains("refused the connection"), "{}", refused.message());
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.post(LISTING, json!({ "resourceOwner": "SELF" })).await.body, recorded.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_ramtape_cannot_read_is_refused_before_upstream() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let deep = format!("{{\"name\":{}", "[".repeat(10_000));
    let bodies: [(&[u8], &str); 5] = [
        (b"{oops", "not JSON: expected a member's name in quotes at byte 1"),
        (b"[]", "not an object"),
        (br#"{"name":"a","name":"b"}"#, "member \"name\" occurs twice"),
        (b"{\"name\":\"\xff\"}", "invalid UTF-8 at byte 9"),
        (deep.as_bytes(), "nested deeper than 128 levels"),
    ];
    for (body, says) in bodies {
        let answer = recording.ask(LISTING, body.to_vec(), Asking::default()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_deref()),
            (400, Some("SerializationException")),
            "{says}"
        );
        assert!(answer.message().contains(says), "{}", answer.message());
    }
    assert_eq!(stage.endpoint().requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_token_is_no_string_ends_no_listing() {
    let mut stage = Stage::new().await;
    let asked = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    for mode in [RecordMode::Once, RecordMode::NewEpisodes, RecordMode::All] {
        let name = format!("{mode:?}");
        let recording = stage.ramtape(&name, mode).await;
        let odd = |body: &'static str| Effect::Raw { status: 200, content_type: None, body: body.into() };
        stage.endpoint().inject(Fault::next(odd(r#"{"resourceShares":[],"nextToken":5}"#)));
        let first = recording.post("ListPermissions", json!({ "maxResults": 2 })).await;
        assert_eq!((first.status.as_u16(), &first.body[..]), (200, &br#"{"resourceShares":[],"nextToken":5}"#[..]));
        let pages = recording.pages(LISTING, &asked, 1).await;
        stage.endpoint().inject(Fault::next(odd(r#"{"resourceShares":[],"nextToken":["a"]}"#)));
        let mut onward = asked.clone();
        onward["nextToken"] = json!(pages[0].next_token());
        let second = recording.post(LISTING, onward).await;
        assert_eq!(&second.body[..], br#"{"resourceShares":[],"nextToken":["a"]}"#);
        let summary = recording.stop().await;
        assert_eq!((summary.recorded, summary.not_recorded.len(), summary.partial.len()), (1, 2, 1), "{summary:?}");
        for (reason, operation) in summary.not_recorded.iter().zip(["ListPermissions ", "GetResourceShares "]) {
            assert!(reason.starts_with(operation) && reason.contains("nextToken is not a string"), "{reason}");
        }
        let texts = stage.texts(&name);
        assert!(texts.len() == 1 && texts[0].1.contains("\"complete\": false"), "{texts:?}");
        // Where it was recorded in part it can still be continued.
        let continuing = stage.ramtape(&name, RecordMode::NewEpisodes).await;
        let whole = continuing.pages(LISTING, &asked, 100).await;
        assert!(whole.len() > 2 && whole.iter().all(|page| page.status == 200), "{whole:?}");
        continuing.stop().await;
    }
    stage.stop_endpoint().await;
}
