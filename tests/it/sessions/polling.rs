//! Clients that poll.

use crate::support::stage::{Answer, Stage};
use ramtape::config::{PollSetting, RecordMode};
use serde_json::json;

const POLLS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn waiters_get_each_recorded_answer_in_turn_or_the_final_one_at_once() {
    let mut stage = Stage::new().await;
    let own = || json!({ "resourceOwner": "SELF" });
    let mut recorded: Vec<Answer> = Vec::new();
    let recording = stage.ramtape("c", RecordMode::Once).await;
    for poll in 0..POLLS {
        stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", &format!("poll-{poll}")));
        recorded.push(recording.post("GetResourceShares", own()).await);
    }
    recording.stop().await;
    stage.stop_endpoint().await;

    let in_turn = stage.ramtape_with("c", RecordMode::None, |written| written.poll = Some(PollSetting::Recorded)).await;
    for answer in &recorded {
        assert!(in_turn.post("GetResourceShares", own()).await.body == answer.body);
    }
    in_turn.stop().await;
    let at_once = stage.ramtape_with("c", RecordMode::None, |written| written.poll = Some(PollSetting::Final)).await;
    for _ in 0..3 {
        assert!(at_once.post("GetResourceShares", own()).await.body == recorded[POLLS - 1].body);
    }
}
