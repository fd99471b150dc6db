//! Requests that are one: reads in flight share upstream's answer, retries never repeat a write.

use crate::support::stage::{Asking, Caller, Stage};
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};
use serde_json::json;
use std::time::Duration;

const LISTING: &str = "GetResourceShares";
/// Long enough for a loaded machine to send all that is to be in flight together.
const SLOW: Effect = Effect::Latency(Duration::from_secs(3));

#[tokio::test(flavor = "multi_thread")]
async fn identical_reads_in_flight_share_one_upstream_call() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW));
    let read = || recording.post(LISTING, json!({ "resourceOwner": "SELF" }));
    let (a, b, c, d) = tokio::join!(read(), read(), read(), read());
    assert!([&b, &c, &d].iter().all(|other| other.body == a.body));
    assert_eq!(stage.endpoint().requests(), 1);
    assert_eq!(recording.stop().await.recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sessions_and_other_page_sizes_do_not_share() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW).times(3));
    let read = |size: u32, session: &'static str| {
        let body = json!({ "resourceOwner": "SELF", "maxResults": size }).to_string();
        recording.ask(LISTING, body, Asking::session(session))
    };
    tokio::join!(read(3, "a"), read(3, "b"), read(4, "a"));
    assert_eq!(stage.endpoint().requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_in_between_ends_the_sharing() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW).on(LISTING));
    let read = || recording.post(LISTING, json!({ "resourceOwner": "SELF" }));
    let first = read();
    let rest = async {
        while stage.endpoint().requests_of(LISTING) == 0 {
            tokio::task::yield_now().await;
        }
        recording.post("CreateResourceShare", json!({ "name": "in-between" })).await;
        read().await
    };
    let (_, second) = tokio::join!(first, rest);
    assert!(String::from_utf8_lossy(&second.body).contains("in-between"));
    assert_eq!(stage.endpoint().requests_of(LISTING), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_never_repeats_a_write() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW));
    let create = |id: &'static str| recording.ask("CreateResourceShare", r#"{"name":"x"}"#, Asking::invocation(id));
    let (first, in_flight) = tokio::join!(create("1"), create("1"));
    let afterwards = create("1").await;
    assert_eq!((&in_flight.body, &afterwards.body), (&first.body, &first.body));
    assert_eq!(stage.endpoint().requests(), 1);
    create("2").await;
    assert_eq!(stage.endpoint().requests(), 2);
    assert_eq!(recording.stop().await.recorded, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_throttling_reaches_upstream() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(Effect::Throttled));
    let create = || recording.ask("CreateResourceShare", r#"{"name":"x"}"#, Asking::invocation("1"));
    assert_eq!(create().await.status, 429);
    assert_eq!(create().await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.passed_on, summary.recorded), (1, 1));
    // The throttled attempt left no trace in the ids either.
    assert!(stage.texts("c")[0].1.contains("#1\""), "{:?}", stage.texts("c"));
}

/// A client that sends a write and leaves once upstream has it.
async fn create_and_leave(stage: &Stage, recording: &Caller) {
    let create = recording.ask("CreateResourceShare", r#"{"name":"x"}"#, Asking::invocation("1"));
    tokio::select! {
        _ = create => panic!("the answer takes longer than this"),
        () = async {
            while stage.endpoint().requests() == 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_left_behind_is_still_recorded() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW));
    create_and_leave(&stage, &recording).await;
    let retry = recording.ask("CreateResourceShare", r#"{"name":"x"}"#, Asking::invocation("1")).await;
    assert_eq!(retry.status, 200);
    assert_eq!(stage.endpoint().requests(), 1);
    assert_eq!(recording.stop().await.recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_on_replay_gets_the_same_take_again() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let read = json!({ "resourceOwner": "SELF" });
    let one = recording.post(LISTING, read.clone()).await;
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "later"));
    let two = recording.post(LISTING, read.clone()).await;
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let ask = |id: &'static str| replaying.ask(LISTING, read.to_string(), Asking::invocation(id));
    assert_eq!(ask("1").await.body, one.body);
    assert_eq!(ask("1").await.body, one.body);
    assert_eq!(ask("2").await.body, two.body);
    assert_eq!(ask("3").await.body, two.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_waits_for_what_was_sent() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(SLOW));
    create_and_leave(&stage, &recording).await;
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.not_recorded.len()), (1, 0));
    assert!(stage.texts("c")[0].0.starts_with("create-resource-share/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_the_same_write_after_its_first_attempt_bound_a_name() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    // What stands in a volatile member stands elsewhere in the request too.
    let body = r#"{"name":"build-7","clientToken":"build-7"}"#;
    let create = || recording.ask("CreateResourceShare", body, Asking::invocation("1"));
    let recorded = create().await.body;
    assert_eq!(create().await.body, recorded);
    assert_eq!(stage.endpoint().requests(), 1);
    assert_eq!(recording.stop().await.recorded, 1);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    for _ in 0..2 {
        let again = replaying.ask("CreateResourceShare", body, Asking::invocation("1")).await;
        assert_eq!(again.body, recorded);
    }
}
