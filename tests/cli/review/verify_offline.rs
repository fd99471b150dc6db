//! `verify` without anybody to ask.

use super::setup::{json_lines, over, recorded};
use crate::support::binary::run;
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::Stage;
use ramtape::cassette::TakeHead;
use std::path::Path;

/// Replaces the first `from` in the files of `folder` that have it.
fn edit(stage: &Stage, folder: &str, from: &str, to: &str) {
    let mut edited = 0;
    for (name, text) in stage.texts("c").into_iter().filter(|(name, _)| name.starts_with(folder)) {
        if text.contains(from) {
            std::fs::write(stage.cassette("c").join(name), text.replacen(from, to, 1)).unwrap();
            edited += 1;
        }
    }
    assert!(edited > 0, "{from} is nowhere in {folder}");
}

/// Records an answer as it never came from RAM.
fn planted(root: &Path, operation: &str, request: &str, status: u16, body: &str) {
    let cassette = recording(root);
    plant(&cassette, &asked(operation, request), TakeHead::default(), status, body.to_owned());
    assert_eq!(cassette.seal().unwrap().failed, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_recording_passes() {
    let stage = recorded().await;
    let well = over(&stage, &["verify"]);
    assert_eq!((well.code, well.stdout.as_str()), (Some(0), ""), "{well:?}");
    assert!(well.stderr.contains("5 requests read, 0 wrong in them"), "{well:?}");
    assert_eq!(over(&stage, &["verify", "--offline", "-q"]).stderr, "");
}

#[test]
fn the_committed_cassette_passes() {
    let folder = crate::support::binary::folder();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("cassettes/quickstart");
    let finished = run(folder.path(), &["verify", "--cassette", from.to_str().unwrap()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_from_the_model_are_named_with_their_place() {
    for (folder, from, to, told) in [
        (
            "create-resource-share",
            "\"creationTime\": ",
            "\"creationTime\": \"x\" ,\"y\": ",
            "/resourceShare/creationTime",
        ),
        ("create-resource-share", "\"owningAccountId\"", "\"owner\"", "/resourceShare/owner is not a known member"),
        ("get-resource-shares", "\"resourceShares\": [", "\"shares\": [", "/resourceShares is missing"),
        (
            "get-resource-shares",
            "\"status\": 400",
            "\"status\": 409",
            "InvalidParameterException should have status 400",
        ),
        (
            "get-resource-shares",
            "{\"$token\": 1}",
            "{\"$token\": 2}",
            "the chain of pages is broken: its token should be 1",
        ),
        (
            "get-resource-shares",
            "{\"$token\": 1}",
            "null",
            "page 1: the chain of pages is broken: it leads to no next page",
        ),
        (
            "list-permissions",
            "\"content-type\":",
            "\"retry-after\": \"1\", \"content-type\":",
            "header \"retry-after\": ",
        ),
        ("list-permissions", "\"complete\": false,", "", "it leads to a next page, but is marked complete"),
        ("get-resource-shares", "\"after\": ", "\"id\": ", "a read with an id"),
        ("create-resource-share", "\"id\": ", "\"after\": ", "a write without an id"),
        ("list-permissions", "\"takes\"", "\"take\"", "member \"takes\" is missing"),
    ] {
        let stage = recorded().await;
        edit(&stage, folder, from, to);
        let wrong = over(&stage, &["verify"]);
        assert_eq!(wrong.code, Some(5), "{from}: {wrong:?}");
        assert!(wrong.stdout.contains(told), "{told} in {wrong:?}");
        let lines = json_lines(&over(&stage, &["verify", "--json"]));
        assert!(lines.iter().all(|line| line["check"] == "offline"), "{lines:?}");
        assert!(lines.iter().any(|line| line["level"] == "wrong"), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_checked_if_their_answer_was_no_error() {
    let stage = recorded().await;
    let root = stage.cassette("c");
    planted(&root, "ListPrincipals", r#"{"owner":"SELF"}"#, 200, r#"{"principals":[]}"#);
    planted(&root, "ListResources", r#"{"owner":"SELF"}"#, 400, r#"{"message":"no"}"#);
    planted(&root, "Unheard", "{}", 200, "{}");
    let wrong = over(&stage, &["verify"]);
    assert_eq!(wrong.code, Some(5), "{wrong:?}");
    let about = |operation: &str| wrong.stdout.lines().filter(|line| line.contains(operation)).collect::<Vec<_>>();
    let principals = about("ListPrincipals");
    assert!(principals[0].ends_with("request: /owner is not a known member"), "{principals:?}");
    assert!(principals[1].ends_with("request: /resourceOwner is missing"), "{principals:?}");
    assert!(about("ListResources").iter().all(|line| line.starts_with("note")), "{wrong:?}");
    assert!(about("Unheard")[0].starts_with("note"), "{wrong:?}");
    // The user's own file can know more.
    let more = "[operations.ListPrincipals]\nmembers = ['owner']\nvolatile = ['resourceOwner']\n";
    std::fs::write(stage.folder().join("ramtape.toml"), more).unwrap();
    let well = over(&stage, &["verify"]);
    assert_eq!(well.code, Some(0), "{well:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dangling_link_is_reported() {
    let stage = recorded().await;
    // Nothing of ramtape's leaves one behind.
    std::fs::remove_dir_all(stage.cassette("c").join("create-resource-share")).unwrap();
    let wrong = over(&stage, &["verify"]);
    assert_eq!(wrong.code, Some(5), "{wrong:?}");
    let lines: Vec<&str> = wrong.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{wrong:?}");
    assert!(lines[0].contains("take 2: it refers to the write create-resource-share/"), "{wrong:?}");
}
