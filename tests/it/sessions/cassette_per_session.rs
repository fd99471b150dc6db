//! A cassette for every session.

use crate::support::stage::{Answer, Asking, Caller, Ramtape, Stage};
use ramtape::config::{RawConfig, RecordMode};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

const LISTING: &str = "GetResourceShares";

fn per_session(written: &mut RawConfig) {
    written.cassette_per_session = Some(true);
}

async fn ramtape(stage: &Stage, mode: RecordMode) -> Ramtape {
    stage.ramtape_with("tapes", mode, per_session).await
}

fn own() -> String {
    json!({ "resourceOwner": "SELF" }).to_string()
}

async fn list(ramtape: &Caller, session: &str) -> Answer {
    ramtape.ask(LISTING, own(), Asking::session(session)).await
}

fn folders(root: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_is_recorded_under_once_while_the_others_replay() {
    let mut stage = Stage::new().await;
    let first = ramtape(&stage, RecordMode::Once).await;
    let (a, unnamed) = (list(&first, "test_A[1]").await, first.post(LISTING, json!({ "resourceOwner": "SELF" })).await);
    assert_eq!((a.status.as_u16(), unnamed.status.as_u16()), (200, 200));
    assert_eq!(first.stop().await.recorded, 2);
    assert_eq!(folders(&stage.cassette("tapes")), ["default", "test_A-1--t7hbmpht"].map(str::to_owned).into());

    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "later"));
    let asked = stage.endpoint().requests();
    let second = ramtape(&stage, RecordMode::Once).await;
    assert!(second.base.contains('~'), "what is new can be recorded, so the key is needed");
    assert_eq!(list(&second, "test_A[1]").await.body, a.body);
    let b = list(&second, "test_B").await;
    assert!(String::from_utf8_lossy(&b.body).contains("later"));
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.recorded, stage.endpoint().requests() - asked), (1, 1, 1));

    stage.stop_endpoint().await;
    let third = ramtape(&stage, RecordMode::None).await;
    assert!(!third.base.contains('~'));
    assert_eq!(list(&third, "test_A[1]").await.body, a.body);
    assert_eq!(list(&third, "test_B").await.body, b.body);
    assert_eq!(third.post(LISTING, json!({ "resourceOwner": "SELF" })).await.body, unnamed.body);
    let summary = third.stop().await;
    assert_eq!((summary.replayed, summary.missed, summary.upstream_connections), (3, 0, 0));
    let names: Vec<_> = summary.sessions.iter().map(|session| session.name.as_deref()).collect();
    assert_eq!(names, [None, Some("test_A-1--t7hbmpht"), Some("test_B")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_one_session_again_touches_one_folder() {
    let stage = Stage::new().await;
    let first = ramtape(&stage, RecordMode::Once).await;
    list(&first, "a").await;
    list(&first, "b").await;
    first.stop().await;
    let before = stage.texts("tapes/b");
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "later"));
    std::fs::remove_dir_all(stage.cassette("tapes/a")).unwrap();
    let second = ramtape(&stage, RecordMode::Once).await;
    list(&second, "a").await;
    list(&second, "b").await;
    let summary = second.stop().await;
    assert_eq!((summary.replayed, summary.recorded), (1, 1));
    assert!(stage.texts("tapes/a")[0].1.contains("later"));
    assert_eq!(stage.texts("tapes/b"), before);
    // The same by mode all, which leaves alone what no session asks for.
    let third = ramtape(&stage, RecordMode::All).await;
    list(&third, "b").await;
    third.stop().await;
    assert_ne!(stage.texts("tapes/b"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_requests_at_the_same_time_open_one_cassette() {
    let stage = Stage::new().await;
    let recording = ramtape(&stage, RecordMode::Once).await;
    let creating = (0..24).map(|number| {
        let body = json!({ "name": format!("share-{number}") }).to_string();
        recording.ask("CreateResourceShare", body, Asking::session(["a", "b"][number % 2]))
    });
    let answers = futures(creating).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.refused.len()), (24, 0));
    assert_eq!((stage.texts("tapes/a").len(), stage.texts("tapes/b").len()), (12, 12));
}

/// Drives them all at the same time.
async fn futures(all: impl Iterator<Item = impl Future<Output = Answer>>) -> Vec<Answer> {
    let mut pending: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (one, done) in pending.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(answer) = one.as_mut().poll(context) {
                *done = Some(answer);
            }
        }
        if pending.iter().all(|(_, done)| done.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending.into_iter().filter_map(|(_, done)| done).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_out_of_the_parent() {
    let stage = Stage::new().await;
    let recording = ramtape(&stage, RecordMode::Once).await;
    for name in [".", "..", ".store", "..%2F..%2Fescaped"] {
        let by_header = Asking::default().header("x-ramtape-session", name);
        for asking in [by_header, Asking::session(&name.replace('.', "%2E"))] {
            let answer = recording.ask(LISTING, own(), asking).await;
            assert_eq!(answer.status, 400, "{name}");
            assert_eq!(answer.error().as_deref(), Some("RamtapeSessionException"), "{name}");
            assert!(answer.message().contains("begins with a dot"), "{}", answer.message());
        }
    }
    let odd = Asking::default().header("x-ramtape-session", "a/../../b c");
    assert_eq!(recording.ask(LISTING, own(), odd).await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.refused.iter().map(|(_, count)| count).sum::<u64>(), summary.recorded), (8, 1));
    assert_eq!(folders(&stage.cassette("tapes")), ["a-..-..-b-c-hr7lr2cl".to_owned()].into());
    assert_eq!(folders(stage.folder()), ["tapes".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_may_not_record_creates_no_folder() {
    let stage = Stage::new().await;
    let recording = ramtape(&stage, RecordMode::Once).await;
    let stranger = Caller::of(recording.base.split("/~").next().unwrap());
    let answer = stranger.ask(LISTING, own(), Asking::default().header("x-ramtape-session", "a")).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (403, Some("RamtapeCallerNotProvedException")));
    assert!(!stage.cassette("tapes").exists());
    assert_eq!(list(&recording, "a").await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.refused.len(), summary.unsigned), (1, 1));
    assert_eq!(stage.endpoint().requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cassette_fails_its_session_alone() {
    let stage = Stage::new().await;
    let first = ramtape(&stage, RecordMode::Once).await;
    list(&first, "a").await;
    list(&first, "b").await;
    first.stop().await;
    std::fs::write(stage.cassette("tapes/a/cassette.json"), "{}").unwrap();
    let second = ramtape(&stage, RecordMode::Once).await;
    let answer = list(&second, "a").await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (400, Some("CassetteDamagedException")));
    assert!(answer.message().contains("session a") && answer.message().contains("cassette.json"), "{answer:?}");
    assert_eq!(list(&second, "b").await.status, 200);
    let summary = second.stop().await;
    assert!(summary.refused[0].0.contains("cassette.json"), "{summary:?}");
    assert_eq!((summary.replayed, summary.requests, summary.damaged), (1, 2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_names_the_sessions_cassette_and_the_command_that_records_it() {
    let stage = Stage::new().await;
    let replaying = ramtape(&stage, RecordMode::None).await;
    let answer = list(&replaying, "a").await;
    assert_eq!(answer.error().as_deref(), Some("CassetteMissException"));
    let tapes = stage.cassette("tapes");
    let upstream = stage.endpoint().base_url();
    let command = format!(
        "--record-mode new_episodes --upstream {upstream} --cassette-per-session --cassette {} --",
        tapes.display()
    );
    for part in [tapes.join("a").to_str().unwrap(), command.as_str()] {
        assert!(answer.message().contains(part), "{part} in {}", answer.message());
    }
    assert_eq!(replaying.stop().await.missed, 1);
    assert!(!tapes.exists(), "a replay makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_reports_the_progress_of_sealing() {
    for per_session in [false, true] {
        let stage = Stage::new().await;
        let switch = |written: &mut RawConfig| written.cassette_per_session = Some(per_session);
        // In this mode the text is written at the end, and not before.
        let recording = stage.ramtape_with("c", RecordMode::All, switch).await;
        for (operation, session) in [(LISTING, "a"), ("ListPrincipals", "a"), ("ListResources", "b")] {
            assert_eq!(recording.ask(operation, own(), Asking::session(session)).await.status, 200);
        }
        assert_eq!(recording.stop_listening().await, [3, 3, 3], "{per_session}");
    }
}
