//! The four record modes, as section by section the contract defines them.

use crate::support::stage::{Asking, Stage, bodies};
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};
use serde_json::{Value, json};

const LISTING: &str = "GetResourceShares";

fn own(size: u32) -> Value {
    json!({ "resourceOwner": "SELF", "maxResults": size })
}

#[tokio::test(flavor = "multi_thread")]
async fn once_records_into_an_empty_cassette_and_only_replays_a_filled_one() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    let recorded = first.post(LISTING, own(50)).await;
    assert_eq!(first.stop().await.recorded, 1);

    let second = stage.ramtape("c", RecordMode::Once).await;
    assert!(!second.base.contains('~'), "nothing can be signed, so there is no key");
    assert_eq!(second.post(LISTING, own(50)).await.body, recorded.body);
    let missed = second.post("ListPermissions", json!({})).await;
    assert_eq!((missed.status.as_u16(), missed.error().as_deref()), (400, Some("CassetteMissException")));
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.missed, summary.recorded, summary.upstream_connections), (1, 1, 0, 0));
    assert_eq!(stage.endpoint().requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_over_a_folder_without_takes_records() {
    let stage = Stage::new().await;
    let empty = stage.ramtape("c", RecordMode::Once).await;
    empty.stop().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    first.post(LISTING, own(50)).await;
    assert_eq!(first.stop().await.recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn none_creates_no_folder_and_sends_nothing() {
    let stage = Stage::new().await;
    let replaying = stage.ramtape("absent", RecordMode::None).await;
    let missed = replaying.post(LISTING, own(50)).await;
    assert!(missed.message().contains("Nothing of GetResourceShares is recorded there"), "{}", missed.message());
    assert!(missed.message().contains("--record-mode new_episodes"));
    replaying.stop().await;
    assert!(!stage.cassette("absent").exists());
    assert_eq!(stage.endpoint().requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_episodes_replays_what_was_there_and_records_what_was_not() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    let recorded = first.post(LISTING, own(50)).await;
    first.stop().await;
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "later"));

    let second = stage.ramtape("c", RecordMode::NewEpisodes).await;
    assert_eq!(second.post(LISTING, own(50)).await.body, recorded.body);
    let new = second.post("ListPermissions", json!({})).await;
    // What this run itself records is not replayed in it: it is asked again.
    second.post("ListPermissions", json!({})).await;
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.recorded), (1, 2));
    assert_eq!(stage.endpoint().requests_of("ListPermissions"), 2);

    let third = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(third.post(LISTING, own(50)).await.body, recorded.body);
    assert_eq!(third.post("ListPermissions", json!({})).await.body, new.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_new_episodes_records_was_asked_for() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::NewEpisodes).await;
    first.post(LISTING, own(50)).await;
    first.post("ListPermissions", json!({})).await;
    assert_eq!(first.stop().await.never_used, Some(0));

    let second = stage.ramtape("c", RecordMode::NewEpisodes).await;
    second.post("ListResourceTypes", json!({})).await;
    second.post(LISTING, own(50)).await;
    assert_eq!(second.stop().await.never_used, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_recorded_write_a_session_asks_upstream_for_everything() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    first.post(LISTING, own(50)).await;
    first.stop().await;

    let second = stage.ramtape("c", RecordMode::NewEpisodes).await;
    second.ask("CreateResourceShare", r#"{"name":"new"}"#, Asking::session("writer")).await;
    let seen = second.ask(LISTING, own(50).to_string(), Asking::session("writer")).await;
    assert!(seen.body.windows(5).any(|w| w == b"\"new\""), "the writer sees what it wrote");
    let other = second.ask(LISTING, own(50).to_string(), Asking::session("reader")).await;
    assert_ne!(other.body, seen.body);
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.recorded, summary.after_replayed_writes), (1, 2, 0));
    let text: String = stage.texts("c").into_iter().map(|(_, text)| text).collect();
    assert!(text.contains("\"after\": \"create-resource-share/"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_two_clients_at_once_are_recorded_for_each() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let create = |session| recording.ask("CreateResourceShare", r#"{"name":"new"}"#, Asking::session(session));
    let (one, two) = tokio::join!(create("a"), create("b"));
    assert_ne!(one.body, two.body);
    let summary = recording.stop().await;
    assert_eq!((summary.replayed, summary.recorded), (0, 2));
    assert_eq!(stage.endpoint().requests_of("CreateResourceShare"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_after_replayed_writes_are_counted() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::Once).await;
    first.post("CreateResourceShare", json!({ "name": "new" })).await;
    first.stop().await;
    let second = stage.ramtape("c", RecordMode::NewEpisodes).await;
    second.post("CreateResourceShare", json!({ "name": "new" })).await;
    second.post(LISTING, own(50)).await;
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.recorded, summary.after_replayed_writes), (1, 1, 1));
    assert_eq!(stage.endpoint().requests_of("CreateResourceShare"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_drops_the_sessions_earlier_takes_and_no_others() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::All).await;
    first.ask(LISTING, own(50).to_string(), Asking::session("a")).await;
    first.ask(LISTING, own(50).to_string(), Asking::session("b")).await;
    first.post("ListPermissions", json!({})).await;
    first.stop().await;
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "later"));

    let second = stage.ramtape("c", RecordMode::All).await;
    second.ask(LISTING, own(50).to_string(), Asking::session("a")).await;
    second.stop().await;
    let texts = stage.texts("c");
    assert_eq!(texts.len(), 2);
    let listing: Value = serde_json::from_str(&texts[0].1).unwrap();
    let sessions: Vec<_> = listing["takes"].as_array().unwrap().iter().map(|take| take["session"].clone()).collect();
    assert_eq!(sessions, ["a", "b"]);
    let has_later = |take: &Value| take.to_string().contains("later");
    assert_eq!((has_later(&listing["takes"][0]), has_later(&listing["takes"][1])), (true, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_keeps_a_whole_chain_that_a_partial_one_only_repeats() {
    let stage = Stage::new().await;
    let first = stage.ramtape("c", RecordMode::All).await;
    let whole = first.pages(LISTING, &own(2), 100).await;
    first.stop().await;
    let before = stage.texts("c");

    let second = stage.ramtape("c", RecordMode::All).await;
    second.pages(LISTING, &own(2), 1).await;
    second.stop().await;
    assert_eq!(stage.texts("c"), before);

    stage.endpoint().change("us-east-1", |world| {
        let arn = world.share_arns("111122223333").remove(0);
        world.remove_share(&arn)
    });
    let third = stage.ramtape("c", RecordMode::All).await;
    let part = third.pages(LISTING, &own(2), 1).await;
    let summary = third.stop().await;
    assert_eq!(summary.partial.len(), 1);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages(LISTING, &own(2), 100).await;
    assert_eq!(bodies(&replayed[..1]), bodies(&part));
    assert_ne!(replayed[0].body, whole[0].body);
    assert_eq!(replayed[1].error().as_deref(), Some("CassetteMissException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_again_what_has_not_changed_gives_no_diff() {
    let stage = Stage::new().await;
    let mut texts = Vec::new();
    for _ in 0..2 {
        let recording = stage.ramtape("c", RecordMode::All).await;
        recording.pages(LISTING, &own(2), 100).await;
        recording.post("ListPermissions", json!({})).await;
        recording.post("ListPermissions", json!({})).await;
        recording.stop().await;
        texts.push(stage.texts("c"));
    }
    assert_eq!(texts[0], texts[1]);
    let permissions = texts[0].iter().find(|(path, _)| path.starts_with("list-permissions/")).unwrap();
    assert_eq!(permissions.1.matches("\"pages\"").count(), 1, "the same answer twice is one take");
}

#[tokio::test(flavor = "multi_thread")]
async fn transient_errors_are_passed_on_and_not_recorded() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    for effect in [Effect::Throttled, Effect::Unavailable, Effect::InternalError, Effect::ExpiredToken] {
        stage.endpoint().inject(Fault::next(effect.clone()));
        let answer = recording.post(LISTING, own(50)).await;
        assert!(!answer.status.is_success(), "{effect:?}");
    }
    let denied = Effect::Refused { status: 403, name: "AccessDeniedException".into(), message: "no".into() };
    stage.endpoint().inject(Fault::next(denied));
    let denied = recording.post("ListPermissions", json!({})).await;
    let client_token = json!({ "name": "x", "clientToken": "!" });
    let named = Effect::Refused { status: 400, name: "InvalidClientTokenException".into(), message: "bad".into() };
    stage.endpoint().inject(Fault::next(named));
    recording.post("CreateResourceShare", client_token.clone()).await;
    let summary = recording.stop().await;
    assert_eq!((summary.passed_on, summary.recorded), (4, 2));

    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.post(LISTING, own(50)).await.error().as_deref(), Some("CassetteMissException"));
    let replayed = replaying.post("ListPermissions", json!({})).await;
    assert_eq!((replayed.status, replayed.error(), &replayed.body), (denied.status, denied.error(), &denied.body));
    let replayed = replaying.post("CreateResourceShare", client_token).await;
    assert_eq!(replayed.error().as_deref(), Some("InvalidClientTokenException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn record_errors_records_them_too() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, |raw| raw.record_errors = Some(true)).await;
    stage.endpoint().inject(Fault::next(Effect::Throttled));
    recording.post(LISTING, own(50)).await;
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.post(LISTING, own(50)).await;
    assert_eq!((replayed.status.as_u16(), replayed.error().as_deref()), (429, Some("ThrottlingException")));
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_refuses_writes_before_anything_is_sent() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::All, |raw| raw.read_only = Some(true)).await;
    let refused = recording.post("CreateResourceShare", json!({ "name": "x" })).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_deref()), (403, Some("RamtapeReadOnlyException")));
    let unknown = recording.post("SomethingNew", json!({})).await;
    assert_eq!(unknown.error().as_deref(), Some("RamtapeReadOnlyException"), "what is unknown may be a write");
    assert_eq!(stage.endpoint().requests(), 0);
    assert_eq!(recording.post(LISTING, own(50)).await.status, 200);
    recording.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_operations_are_recorded_as_they_are() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.ask("brand/New", "not JSON", Asking::default()).await;
    assert_eq!(recorded.status, 404);
    recording.stop().await;
    stage.stop_endpoint().await;
    assert!(stage.texts("c")[0].0.starts_with("unknown-post-brand-new/"), "{:?}", stage.texts("c"));
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.ask("brand/New", "not JSON", Asking::default()).await.body, recorded.body);
    assert_eq!(
        replaying.ask("brand/New", "other", Asking::default()).await.error().as_deref(),
        Some("CassetteMissException")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_reports_the_time_saved() {
    let stage = Stage::new().await;
    let took = std::time::Duration::from_millis(120);
    stage.endpoint().inject(Fault::next(Effect::Latency(took)));
    let recording = stage.ramtape("c", RecordMode::Once).await;
    recording.post(LISTING, own(50)).await;
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    replaying.post(LISTING, own(50)).await;
    replaying.post(LISTING, own(50)).await;
    let saved = replaying.stop().await.time_saved.unwrap();
    assert!(saved >= 2 * took, "{saved:?}");
    // A fresh clone has no store, and so no times.
    std::fs::remove_dir_all(stage.cassette("c").join(".store")).unwrap();
    let replaying = stage.ramtape("c", RecordMode::None).await;
    replaying.post(LISTING, own(50)).await;
    assert_eq!(replaying.stop().await.time_saved, None);
}
