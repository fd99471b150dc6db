//! `kill -9` at any moment: every answer that a client has is in the cassette.

use crate::support::binary::{Server, ramtape, run};
use crate::support::stage::{Caller, Stage, bodies, owner};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const LISTING: &str = "GetResourceShares";

/// The real binary, recording what `stage`'s endpoint answers into the cassette `c`.
fn record(stage: &Stage, mode: &str) -> Server {
    let keys = owner();
    let mut command = ramtape(stage.folder());
    command.env("AWS_ACCESS_KEY_ID", &keys.access_key_id).env("AWS_SECRET_ACCESS_KEY", keys.secret.expose());
    Server::start(command.args(["serve", "--record-mode", mode, "--cassette", "c", "--upstream", stage.url()]))
}

fn replay(folder: &Path) -> Server {
    Server::start(ramtape(folder).args(["replay", "--cassette", "c"]))
}

fn own(name: usize) -> Value {
    json!({ "resourceOwner": "SELF", "name": format!("share-{name}"), "maxResults": 2 })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost() {
    for (mode, answered) in [("once", 1), ("once", 7), ("all", 5), ("new_episodes", 3)] {
        let stage = Stage::new().await;
        let server = record(&stage, mode);
        let client = Caller::of(&server.url);
        let mut recorded = Vec::new();
        for name in 0..answered {
            recorded.push(client.post(LISTING, own(name)).await);
        }
        let chain = client.pages("ListPermissions", &json!({ "maxResults": 2 }), 2).await;
        server.kill();

        // The store is the authority for what no text holds yet.
        let server = replay(stage.folder());
        let client = Caller::of(&server.url);
        for (name, recorded) in recorded.iter().enumerate() {
            assert_eq!(client.post(LISTING, own(name)).await.body, recorded.body, "{mode} {name}");
        }
        let replayed = client.pages("ListPermissions", &json!({ "maxResults": 2 }), 2).await;
        assert_eq!(bodies(&replayed), bodies(&chain), "{mode}");
        let finished = server.stop();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(finished.stderr.contains("in the store only"), "{}", finished.stderr);

        // Sealed, the text holds it all by itself.
        let sealed = run(stage.folder(), &["seal", "--cassette", "c"]);
        assert_eq!(sealed.code, Some(0), "{}", sealed.stderr);
        fs::remove_dir_all(stage.cassette("c").join(".store")).unwrap();
        let server = replay(stage.folder());
        let client = Caller::of(&server.url);
        for (name, recorded) in recorded.iter().enumerate() {
            assert_eq!(client.post(LISTING, own(name)).await.body, recorded.body, "{mode} {name}, from text");
        }
        let replayed = client.pages("ListPermissions", &json!({ "maxResults": 2 }), 2).await;
        assert_eq!(bodies(&replayed), bodies(&chain), "{mode}, from text");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_in_mode_all_is_finished_by_the_next_recording() {
    let stage = Stage::new().await;
    let server = record(&stage, "all");
    Caller::of(&server.url).post(LISTING, own(1)).await;
    server.stop();
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "share-1"));
    let server = record(&stage, "all");
    let changed = Caller::of(&server.url).post(LISTING, own(1)).await;
    server.kill();

    let server = record(&stage, "new_episodes");
    assert_eq!(Caller::of(&server.url).post(LISTING, own(1)).await.body, changed.body);
    server.stop();
    let text = &stage.texts("c")[0].1;
    assert_eq!(text.matches("\"pages\"").count(), 1, "the earlier take is dropped: {text}");
}
