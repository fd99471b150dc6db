//! `diff`: two recordings of one suite, and a recording against git's.

use super::setup::{LISTING, json_lines, play, recorded};
use crate::support::binary::{Finished, ramtape, run};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const OWNER: &str = "111122223333";

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main"]);
    let output = git.args(arguments).current_dir(folder).env("HOME", folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The cassette `c` as a commit of the repository that the folder becomes.
fn committed(stage: &Stage) {
    git(stage.folder(), &["init", "-q"]);
    git(stage.folder(), &["add", "c"]);
    git(stage.folder(), &["commit", "-q", "-m", "recorded"]);
}

/// Records the same calls anew, over what is there.
async fn recorded_anew(stage: &Stage) {
    let ramtape = stage.ramtape("c", RecordMode::All).await;
    play(&ramtape).await;
    ramtape.stop().await;
}

fn diff(stage: &Stage, before: &str, after: &str) -> Finished {
    run(stage.folder(), &["diff", before, after])
}

fn differing(stage: &Stage, before: &str, after: &str) -> Vec<Value> {
    let finished = run(stage.folder(), &["diff", before, after, "--json"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    json_lines(&finished)
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_cassettes_are_equal_to_git() {
    let stage = recorded().await;
    committed(&stage);
    for (before, after) in [("HEAD:c", "c"), ("main:./c/", "HEAD:c"), ("c", "main:c")] {
        let same = diff(&stage, before, after);
        assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{same:?}");
    }
    let status = Command::new("git").args(["status", "--short"]).current_dir(stage.folder()).output().unwrap();
    assert_eq!(String::from_utf8(status.stdout).unwrap(), "", "the work tree is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_read_from_any_folder_of_the_repository() {
    let stage = recorded().await;
    let top = stage.folder();
    std::fs::create_dir_all(top.join("svc/deep")).unwrap();
    std::fs::rename(stage.cassette("c"), top.join("svc/c")).unwrap();
    git(top, &["init", "-q"]);
    git(top, &["add", "svc/c"]);
    git(top, &["commit", "-q", "-m", "recorded"]);
    git(top, &["worktree", "add", "-q", "other"]);
    for (here, before, after) in [
        ("", "HEAD:svc/c", "svc/c"),
        ("svc", "HEAD:./c", "c"),
        ("svc", "HEAD:svc/c", "HEAD:./c/"),
        ("svc/deep", "HEAD:../c", "../c"),
        ("svc/c", "HEAD:./", "."),
        ("svc/c", "HEAD:../c", "HEAD:."),
        ("svc/c/get-resource-shares", "HEAD:..", "HEAD:./.."),
        ("other/svc", "HEAD:./c", "c"),
        ("other/svc/c", "HEAD:svc/c", "../../../svc/c"),
    ] {
        let same = run(&top.join(here), &["diff", before, after]);
        assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{here}: {before} {after}: {same:?}");
    }
    let file = std::fs::read_dir(top.join("svc/c/get-resource-shares")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(file).unwrap();
    let gone = run(&top.join("svc"), &["diff", "HEAD:./c", "c"]);
    assert!(gone.code == Some(5) && gone.stdout.starts_with("gone "), "{gone:?}");
    let absent = run(&top.join("svc"), &["diff", "HEAD:./deep", "c"]);
    assert!(absent.code == Some(1) && absent.stderr.contains("has no folder \"./deep\""), "{absent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_upstream_is_reported_by_take_and_json_pointer() {
    let stage = recorded().await;
    committed(&stage);
    let renamed = stage.endpoint().change("us-east-1", |world| {
        let arn = world.share_arns(OWNER)[0].clone();
        assert!(world.rename_share(&arn, "renamed"));
        arn
    });
    recorded_anew(&stage).await;

    let lines = differing(&stage, "HEAD:c", "c");
    let own = lines.iter().find(|line| line["request"] == r#"{"resourceOwner":"SELF"}"#).unwrap();
    assert_eq!((&own["change"], &own["operation"]), (&json!("changed"), &json!(LISTING)));
    let take = &own["takes"][0];
    assert_eq!((&take["change"], &take["before"], &take["after"]), (&json!("changed"), &json!(1), &json!(1)));
    assert_eq!(take["session"], "a");
    let differences = take["differences"].as_array().unwrap();
    let name = differences.iter().find(|it| it["after"]["value"] == "\"renamed\"").unwrap();
    assert_eq!(name["before"]["pointer"], name["after"]["pointer"]);
    assert!(name["after"]["pointer"].as_str().unwrap().ends_with("/name"), "{name}");
    // What nobody changed is not there.
    assert!(!lines.iter().any(|line| line["operation"] == "ListPermissions"), "{lines:?}");

    let text = diff(&stage, "HEAD:c", "c");
    assert_eq!(text.code, Some(5), "{text:?}");
    let pointer = name["after"]["pointer"].as_str().unwrap();
    assert!(text.stdout.contains(&format!("    + {pointer}: \"renamed\"\n")), "{}", text.stdout);
    assert!(text.stdout.contains("  changed: take 1, session a, 200"), "{}", text.stdout);
    assert!(!text.stdout.contains(&renamed.unwrap()), "what is the same of an item is not told: {}", text.stdout);
    assert!(text.stderr.contains("added") && text.stderr.contains("changed"), "{}", text.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn added_and_removed_requests_and_takes_are_reported() {
    let stage = recorded().await;
    committed(&stage);
    let rm = run(stage.folder(), &["rm", "ListPermissions", "--cassette", "c"]);
    assert_eq!(rm.code, Some(0), "{rm:?}");
    let ramtape = stage.ramtape("c", RecordMode::NewEpisodes).await;
    ramtape.post("ListResourceTypes", json!({})).await;
    ramtape.stop().await;

    let change = |line: &Value| (line["change"].clone(), line["operation"].clone(), line["takes"][0]["change"].clone());
    let lines = differing(&stage, "HEAD:c", "c");
    let changes: Vec<_> = lines.iter().map(change).collect();
    assert_eq!(
        changes,
        [
            (json!("gone"), json!("ListPermissions"), json!("gone")),
            (json!("added"), json!("ListResourceTypes"), json!("added"))
        ]
    );
    let other_way: Vec<_> = differing(&stage, "c", "HEAD:c").iter().map(change).collect();
    assert_eq!(other_way[0].0, "added");
    let text = diff(&stage, "HEAD:c", "c").stdout;
    assert!(text.starts_with("gone     ListPermissions ") && text.contains("\nadded    ListResourceTypes "), "{text}");
    // What `cassette.json` says counts too.
    let head = std::fs::read_to_string(stage.cassette("c").join("cassette.json")).unwrap();
    std::fs::write(stage.cassette("c").join("cassette.json"), head.replace("2.0", "2.1")).unwrap();
    let lines = differing(&stage, "HEAD:c", "c");
    assert_eq!(lines[0]["differences"][0]["after"], json!({ "pointer": "/ramtape", "value": "\"2.1\"" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_comparison_says_why() {
    let stage = recorded().await;
    let told = |before: &str, code: i32, part: &str| {
        let finished = diff(&stage, before, "c");
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{finished:?}");
        assert!(finished.stderr.contains(part), "{part} in {finished:?}");
    };
    told("main:c", 1, "git does not know the revision \"main\" here");
    committed(&stage);
    told("nobody:c", 1, "git does not know the revision \"nobody\" here");
    told("main:d", 1, "has no folder \"d\"");
    told("main:c/cassette.json", 1, "has no folder");
    told("main:c/list-permissions", 1, "is not a cassette");
    told("d", 1, "no cassette in d");

    let mut without = ramtape(stage.folder());
    let without = Finished::from(without.env("PATH", "/nowhere").args(["diff", "main:c", "c"]).output().unwrap());
    assert_eq!(without.code, Some(1), "{without:?}");
    assert!(without.stderr.contains("cannot run git"), "{without:?}");

    let (damaged, _) = stage.texts("c").pop().unwrap();
    std::fs::write(stage.cassette("c").join(&damaged), "{").unwrap();
    git(stage.folder(), &["commit", "-q", "-a", "-m", "damaged"]);
    told("main:c", 5, &format!("main:c/{damaged}:1: not JSON"));
}
