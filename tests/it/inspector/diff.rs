//! What differs from another cassette, and from what git has.

use super::{ask, fingerprint, page, record_a_run};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::json;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").current_dir(folder).args(who).args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_is_compared_with_one_beside_it_by_name_alone() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let recording = stage.ramtape("other", RecordMode::All).await;
    ask(&recording, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    ask(&recording, None, "ListResourceTypes", json!({})).await;
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let choice = page(&replaying, "diff").await;
    assert!(choice.contains("<option value=\"other\">") && !choice.contains("git:HEAD"), "{choice}");
    let shown = page(&replaying, "diff?with=other").await;
    assert!(shown.contains("3 added, 1 gone, 1 changed since other"), "{shown}");
    for part in ["ListResourceTypes", "Take 2 was added", "&lt;b&gt;bold&lt;/b&gt;", "<th scope=\"col\">In other</th>"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for name in ["none", "..%2Fother", "%2Fetc", "c", "git:HEAD"] {
        let answer = replaying.look(&format!("diff?with={name}")).await;
        assert_eq!(answer.status, 404, "{name}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_the_last_commit_is_told() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    git(stage.folder(), &["init", "-q"]);
    let no_commit = stage.ramtape("c", RecordMode::None).await;
    let answer = no_commit.look("diff?with=git:HEAD").await;
    assert!(answer.status == 500 && answer.text().contains("git does not know the revision"), "{answer:?}");
    page(&no_commit, "recorded").await;
    no_commit.stop().await;

    git(stage.folder(), &["add", "c"]);
    git(stage.folder(), &["commit", "-q", "-m", "recorded"]);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert!(page(&replaying, "diff?with=git:HEAD").await.contains("No differences."));
    let write = fingerprint(&stage, "create-resource-share");
    let file = stage.cassette("c").join("create-resource-share").join(format!("{write}.json"));
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("\"allowExternalPrincipals\": true", "\"allowExternalPrincipals\": \"<i>odd</i>\"");
    assert_ne!(changed, text);
    std::fs::write(&file, changed).unwrap();
    let shown = page(&replaying, "diff?with=git:HEAD").await;
    assert!(shown.contains("0 added, 0 gone, 1 changed since git:HEAD"), "{shown}");
    for part in ["/resourceShare/allowExternalPrincipals", "<code>true</code>", "&lt;i&gt;odd&lt;/i&gt;"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    std::fs::write(&file, "{").unwrap();
    let damaged = replaying.look("diff?with=git:HEAD").await;
    assert!(damaged.status == 500 && damaged.text().contains(&write), "{damaged:?}");
}
