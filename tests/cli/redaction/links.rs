//! What one recorded request needs of another: the write whose value it holds, and the answer that gave what it asks.

use crate::support::binary::{Finished, Server, folder, ramtape, run};
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::{Caller, Stage};
use ramtape::cassette::TakeHead;
use ramtape::simulator::Credential;
use serde_json::json;
use std::path::Path;

const WRITE: &str = "create-resource-share/d2uf5w6ohq3zjxne#1";

/// Records a read past the proxy, and with `write` the write that it hangs from; seals with `ramtape seal`.
fn sealed(request: &str, after: Option<&str>, write: bool) -> (Finished, bool) {
    let folder = folder();
    let root = folder.path().join("c");
    let cassette = recording(&root);
    if write {
        let take = TakeHead { id: Some(WRITE.to_owned()), ..TakeHead::default() };
        plant(&cassette, &asked("CreateResourceShare", "{}"), take, 200, "{}");
    }
    let take = TakeHead { after: after.map(str::to_owned), ..TakeHead::default() };
    plant(&cassette, &asked("GetResourceShares", request), take, 200, "{}");
    drop(cassette);
    (run(folder.path(), &["seal", "--cassette", "c"]), root.join("get-resource-shares").exists())
}

#[test]
fn a_value_of_a_missing_write_is_not_sealed() {
    let request = format!("{{\"name\":{{\"$volatile\":\"{WRITE}:/name\"}}}}");
    let (finished, written) = sealed(&request, None, false);
    assert!(finished.code == Some(5) && !written, "{finished:?}");
    assert!(
        finished.stderr.contains(&format!("/takes/0: it holds a value of the write {WRITE}, which")),
        "{finished:?}"
    );
    let (finished, written) = sealed(&request, Some(WRITE), true);
    assert!(finished.code == Some(0) && written, "{finished:?}");
}

#[test]
fn a_take_after_a_missing_write_is_sealed_and_reported() {
    let (finished, written) = sealed("{}", Some(WRITE), false);
    assert!(finished.code == Some(5) && written, "{finished:?}");
    assert!(finished.stderr.contains("was recorded after a write that is missing from the cassette"), "{finished:?}");
    assert_eq!(sealed("{}", Some(WRITE), true).0.code, Some(0));
}

fn record(folder: &Path, stage: &Stage) -> Server {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.args(["serve", "--record-mode", "new_episodes", "--cassette", "c", "--upstream", stage.url()]);
    command.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    Server::start(&mut command)
}

async fn stopped(server: Server) -> Finished {
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_redacted_in_an_answer_cannot_be_requested() {
    let stage = Stage::new().await;
    let rule = |more: &str| format!("[[redact.rules]]\nmember = 'name'\n{more}\n");
    // Whether the client knew the name by itself, whether the rule tells answers from requests, and what comes of it.
    for (by_itself, more, code) in [
        (false, "in = 'response'", 5),
        (true, "in = 'response'", 0),
        (false, "operations = ['ListPermissions']", 0),
        (false, "", 0),
    ] {
        let folder = folder();
        std::fs::write(folder.path().join("ramtape.toml"), rule(more)).unwrap();
        let server = record(folder.path(), &stage);
        let caller = Caller::of(&server.url);
        let all = caller.post("GetResourceShares", json!({ "resourceOwner": "SELF" }));
        let name = if by_itself {
            "transit-hub".to_owned()
        } else {
            all.await.json()["resourceShares"][0]["name"].as_str().unwrap().to_owned()
        };
        caller.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": name })).await;
        caller.post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await;
        let finished = stopped(server).await;
        assert_eq!(finished.code, Some(code), "{more}: {finished:?}");
        let warned =
            finished.stderr.contains("the redaction rule for \"name\" applies only to answers, but requests can");
        assert_eq!(warned, more.starts_with("in"), "{finished:?}");
        if code == 5 {
            assert!(finished.stderr.contains("/request/name: an answer has this value redacted"), "{finished:?}");
            assert!(!finished.stderr.contains(&name), "{finished:?}");
            // Once the answer is text it is the same, and nothing is lost.
            let again = run(folder.path(), &["seal", "--cassette", "c"]);
            assert!(again.code == Some(5) && again.stderr.contains("1 request is only in the store"), "{again:?}");
        }
    }
}
