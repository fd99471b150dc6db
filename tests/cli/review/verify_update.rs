//! `verify --update`: what is recorded gives way to an answer of the service's, and to nothing else.

use super::setup::{LISTING, json_lines, over, recorded};
use super::verify_online::{endpoint, verify};
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::Stage;
use bytes::Bytes;
use ramtape::cassette::TakeHead;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};
use serde_json::json;
use std::time::Duration;

const SIGN_IN: &str = "<html>sign in</html>";

/// Whatever `operation` is asked for, this is the answer.
fn answers(endpoint: &Stage, operation: &'static str, status: u16, content_type: Option<&str>, body: &str) {
    let content_type = content_type.map(str::to_owned);
    let raw = Effect::Raw { status, content_type, body: Bytes::from(body.to_owned()) };
    endpoint.endpoint().inject(Fault::next(raw).times(100).on(operation));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_unlike_the_service_replaces_nothing() {
    let stage = recorded().await;
    let before = stage.texts("c");
    for (status, content_type, body, reason) in [
        (302, "text/html", SIGN_IN, "upstream now redirects"),
        (304, "application/json", "", "upstream now redirects"),
        (200, "text/html", SIGN_IN, "the body is no longer JSON"),
        (200, "application/json", "", "the body is no longer JSON"),
        (200, "application/json", "[]", "the body is no longer a JSON object"),
        (200, "application/json", "{}", "the body has none of the operation's members"),
        (200, "application/json", r#"{"message":"sign in"}"#, "the body has none of the operation's members"),
        (
            200,
            "application/json",
            r#"{"resourceShares":null,"nextToken":null}"#,
            "the body has none of the operation's members",
        ),
    ] {
        let other = endpoint(7).await;
        answers(&other, LISTING, status, Some(content_type), body);
        let updated = verify(&stage, &other, &["--update"]);
        assert_eq!(updated.code, Some(5), "{status} {body}: {updated:?}");
        assert!(!updated.stderr.contains("recorded again"), "{status} {body}: {updated:?}");
        // An error was recorded too.
        let told = updated.stdout.lines().filter(|line| line.contains(&format!("; not recorded again: {reason}")));
        assert_eq!(told.count(), 3, "{reason}: {updated:?}");
        assert_eq!(stage.texts("c"), before, "{status} {body}");
        let json = verify(&stage, &other, &["--update", "--json"]);
        let refused = json_lines(&json).into_iter().filter(|line| line["notRecorded"].is_string());
        assert_eq!(refused.filter(|line| line["recorded"] == false).count(), 3, "{json:?}");
        assert_eq!(over(&stage, &["verify", "--offline"]).code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_other_types_replaces_nothing() {
    let stage = recorded().await;
    let before = stage.texts("c");
    for (body, told) in [
        (r#"{"resourceShares":[],"nextToken":5}"#, "/nextToken should be a string, and is a number"),
        (r#"{"resourceShares":["a","b"]}"#, "/resourceShares/0 should be an object, and is a string, and 1 more"),
        (r#"{"resourceShares":[{"name":5}]}"#, "/resourceShares/0/name should be a string, and is a number"),
        (
            r#"{"resourceShares":[{},{"status":["ACTIVE"]}]}"#,
            "/resourceShares/1/status should be a string, and is a list",
        ),
    ] {
        let other = endpoint(7).await;
        answers(&other, LISTING, 200, Some("application/json"), body);
        for arguments in [&["--update"][..], &["--update", "--ignore-values"]] {
            let updated = verify(&stage, &other, arguments);
            assert_eq!(updated.code, Some(5), "{body}: {updated:?}");
            let refused = |line: &&str| line.contains(&format!("; not recorded again: page 1: {told}"));
            // In place of a page, of several, and of an error: of another shape, each.
            let told = updated.stdout.lines().filter(|line| line.starts_with("shape ")).filter(refused);
            assert_eq!(told.count(), 3, "{body}: {updated:?}");
            assert_eq!(stage.texts("c"), before, "{body}");
        }
        assert_eq!(verify(&stage, &other, &["--ignore-values"]).code, Some(5), "{body}");
        assert_eq!(over(&stage, &["verify", "--offline"]).code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_was_already_wrong_does_not_prevent_an_update() {
    let (stage, other) = (Stage::new().await, endpoint(7).await);
    {
        let cassette = recording(&stage.cassette("c"));
        let request = asked(LISTING, r#"{"resourceOwner":"SELF"}"#);
        plant(&cassette, &request, TakeHead::default(), 200, r#"{"resourceShares":[{"name":"a"},{"name":5}]}"#);
        cassette.seal().unwrap();
    }
    answers(&other, LISTING, 200, None, r#"{"resourceShares":[{"name":7}]}"#);
    let updated = verify(&stage, &other, &["--update"]);
    assert!(updated.stderr.contains("1 read recorded again"), "{updated:?}");
    assert!(stage.texts("c")[0].1.contains("\"name\": 7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_the_user_declares_is_accepted() {
    let stage = recorded().await;
    let declared = "[operations.GetResourceShares.answer]\nresourceShares = 'any'\n";
    std::fs::write(stage.folder().join("ramtape.toml"), declared).unwrap();
    let other = endpoint(7).await;
    answers(&other, LISTING, 200, None, r#"{"resourceShares":["a","b"]}"#);
    let updated = verify(&stage, &other, &["--update"]);
    assert!(updated.stderr.contains("2 reads recorded again"), "{updated:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_middle_is_checked_too() {
    let (stage, other) = (Stage::new().await, endpoint(7).await);
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let asked = json!({ "resourceOwner": "OTHER-ACCOUNTS", "maxResults": 1 });
    assert!(recording.pages(LISTING, &asked, 100).await.len() > 1);
    drop(recording.stop().await);
    let before = stage.texts("c");
    other.endpoint().inject(Fault::next(Effect::Latency(Duration::ZERO)).on(LISTING));
    answers(&other, LISTING, 200, None, SIGN_IN);
    let updated = verify(&stage, &other, &["--update"]);
    assert!(updated.code == Some(5) && updated.stdout.contains("the body is no longer JSON"), "{updated:?}");
    assert_eq!(stage.texts("c"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_answers_are_checked_by_their_own_member() {
    let (stage, operation) = (Stage::new().await, "GetPermission");
    let request = asked(operation, r#"{"permissionArn":"a"}"#);
    {
        let cassette = recording(&stage.cassette("c"));
        plant(&cassette, &request, TakeHead::default(), 200, r#"{"permission":{"name":"n"}}"#);
        cassette.seal().unwrap();
    }
    for (body, recorded) in [
        (r#"{"message":"sign in"}"#, false),
        ("{}", false),
        (r#"{"permission":{"name":"m"}}"#, true),
        (r#"{"permission":{"name":"n","new":1}}"#, true),
    ] {
        let (other, before) = (endpoint(7).await, stage.texts("c"));
        answers(&other, operation, 200, None, body);
        let updated = verify(&stage, &other, &["--update"]);
        assert_eq!(updated.code, Some(if recorded { 0 } else { 5 }), "{body}: {updated:?}");
        assert_eq!(stage.texts("c") != before, recorded, "{body}: {updated:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_answer_that_was_no_better_is_replaced() {
    let (stage, operation) = (Stage::new().await, "GetPermission");
    let root = stage.cassette("c");
    {
        let cassette = recording(&root);
        let request = asked(operation, r#"{"permissionArn":"a"}"#);
        plant(&cassette, &request, TakeHead::default(), 200, SIGN_IN);
        cassette.seal().unwrap();
    }
    for (status, body, told, recorded) in [
        (200, SIGN_IN, "1 the same", false),
        (302, SIGN_IN, "1 of another shape", false),
        (200, "<html>sign in again</html>", "1 with other values", true),
        (200, "{}", "1 of another shape", true),
        (200, SIGN_IN, "1 of another shape", false),
        (200, r#"{"permission":{"name":"n"}}"#, "1 with other values", true),
    ] {
        let (other, before) = (endpoint(7).await, stage.texts("c"));
        answers(&other, operation, status, None, body);
        let updated = verify(&stage, &other, &["--update"]);
        assert!(updated.stderr.contains(told), "{status} {body}: {updated:?}");
        assert_eq!(stage.texts("c") != before, recorded, "{status} {body}: {updated:?}");
        assert_eq!(updated.stderr.contains("1 read recorded again"), recorded, "{updated:?}");
    }
    assert_eq!(over(&stage, &["verify"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_still_does_not_know_the_key_is_the_same() {
    let stage = Stage::new().await;
    let root = stage.cassette("c");
    let refused = r#"{"__type":"UnrecognizedClientException","message":"not known"}"#;
    {
        let cassette = recording(&root);
        let request = asked("GetPermission", r#"{"permissionArn":"a"}"#);
        plant(&cassette, &request, TakeHead::default(), 403, refused);
        cassette.seal().unwrap();
    }
    let other = endpoint(7).await;
    answers(&other, "GetPermission", 403, None, refused);
    let same = verify(&stage, &other, &[]);
    assert!(same.code == Some(0) && same.stderr.contains("1 the same"), "{same:?}");
    // Another matter of credentials tells nothing.
    let expired = endpoint(7).await;
    answers(&expired, "GetPermission", 403, None, r#"{"__type":"ExpiredTokenException"}"#);
    let failed = verify(&stage, &expired, &[]);
    assert!(failed.code != Some(0) && failed.stdout.contains("ExpiredTokenException"), "{failed:?}");
}
