//! A cassette that is deleted while it is recorded: no message says that its answers are kept.

use crate::support::binary::{Finished, Server, ramtape, run};
use crate::support::stage::{Caller, Stage, owner};
use serde_json::json;
use std::fs;

fn record(stage: &Stage, flags: &[&str]) -> Server {
    let keys = owner();
    let mut command = ramtape(stage.folder());
    command.env("AWS_ACCESS_KEY_ID", &keys.access_key_id).env("AWS_SECRET_ACCESS_KEY", keys.secret.expose());
    let recorded = ["serve", "--record-mode", "once", "--cassette", "c", "--upstream", stage.url()];
    Server::start(command.args(recorded).args(flags))
}

fn is_told(finished: &Finished, answers: &[&str]) {
    assert_eq!(finished.code, Some(6), "{finished:?}");
    assert!(finished.stderr.contains("0 replayed, 0 recorded, 0 missed"), "{finished:?}");
    for part in answers {
        let told = finished.stderr.lines().filter(|line| line.contains("answered but not recorded:"));
        assert!(told.clone().any(|line| line.contains(part)), "{part} in {finished:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_records_again() {
    for (flags, root) in [(&[][..], "c"), (&["--cassette-per-session"], "c/one")] {
        let stage = Stage::new().await;
        let server = record(&stage, flags);
        let client = Caller::of(&format!("{}/~one", server.url));
        client.post("ListPermissions", json!({})).await;
        client.post("ListResourceTypes", json!({})).await;
        assert!(stage.cassette(root).join("cassette.json").exists());
        fs::remove_dir_all(stage.cassette(root)).unwrap();
        let after = client.post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await;
        assert_eq!(after.status, 200, "{after:?}");
        let lost = format!("2 answers: the folder {root} was deleted");
        is_told(&server.stop(), &[&lost, "GetResourceShares", ".store was deleted or moved"]);
        assert!(!stage.cassette(root).exists());

        let server = record(&stage, flags);
        let again = Caller::of(&format!("{}/~one", server.url));
        assert_eq!(again.post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await.body, after.body);
        let finished = server.stop();
        assert!(finished.code == Some(0) && finished.stderr.contains("1 recorded"), "{finished:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_of_a_branch_without_the_cassette_loses_only_what_it_removed() {
    let stage = Stage::new().await;
    let server = record(&stage, &[]);
    let client = Caller::of(&server.url);
    client.post("ListPermissions", json!({})).await;
    // As git does it: `.store` is none of its own. Sealed in the background, the file may not be there yet.
    for name in ["cassette.json", ".gitignore", ".gitattributes"] {
        fs::remove_file(stage.cassette("c").join(name)).unwrap();
    }
    client.post("ListResourceTypes", json!({})).await;
    let finished = server.stop();
    assert!(finished.code == Some(0) && finished.stderr.contains("2 recorded"), "{finished:?}");
    let verified = run(stage.folder(), &["verify", "--offline", "--cassette", "c"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
