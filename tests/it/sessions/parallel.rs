//! Many sessions over one cassette.

use crate::support::stage::{Answer, Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::json;
use std::collections::BTreeMap;
use tokio::task::JoinSet;

const SESSIONS: usize = 20;
const LISTING: &str = "GetResourceShares";

/// What one session does: the same listing before and after a write of its own, twice each.
async fn play(ramtape: &Ramtape, session: &str) -> Vec<(u16, String)> {
    let list = || ramtape.ask(LISTING, json!({ "resourceOwner": "SELF" }).to_string(), Asking::session(session));
    let create = json!({ "name": format!("share-of-{session}") }).to_string();
    let mut answers = vec![list().await];
    answers.push(ramtape.ask("CreateResourceShare", create, Asking::session(session)).await);
    answers.push(list().await);
    answers.push(list().await);
    answers.into_iter().map(plain).collect()
}

fn plain(answer: Answer) -> (u16, String) {
    (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap())
}

async fn all_at_once(ramtape: Ramtape) -> (BTreeMap<String, Vec<(u16, String)>>, ramtape::engine::Summary) {
    let ramtape = std::sync::Arc::new(ramtape);
    let mut playing = JoinSet::new();
    for number in 0..SESSIONS {
        let (ramtape, name) = (std::sync::Arc::clone(&ramtape), format!("test_{number}"));
        playing.spawn(async move { (name.clone(), play(&ramtape, &name).await) });
    }
    let answers = playing.join_all().await.into_iter().collect();
    let ramtape = std::sync::Arc::into_inner(ramtape).unwrap();
    (answers, ramtape.stop().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sessions_in_parallel_do_not_disturb_each_other() {
    let mut stage = Stage::new().await;
    let (recorded, summary) = all_at_once(stage.ramtape("c", RecordMode::Once).await).await;
    assert_eq!((summary.recorded, summary.sessions.len()), (SESSIONS as u64 * 4, SESSIONS));
    let sent: Vec<String> = stage.endpoint().received().into_iter().map(|request| request.target).collect();
    assert_eq!(sent.len(), SESSIONS * 4);
    assert!(sent.iter().all(|path| !path.contains('~') && !path.contains("test_")), "{sent:?}");
    stage.stop_endpoint().await;
    for _ in 0..3 {
        let (replayed, summary) = all_at_once(stage.ramtape("c", RecordMode::None).await).await;
        assert_eq!((summary.replayed, summary.missed), (SESSIONS as u64 * 4, 0));
        for (session, answers) in &recorded {
            // Not assert_eq: twenty listings are no message.
            assert!(replayed[session] == *answers, "{session} got other answers than it was recorded with");
        }
    }
}
