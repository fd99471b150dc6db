//! `verify` with an endpoint to ask, over what a session read after its own writes: those are not repeated.

use super::setup::{LISTING, json_lines};
use super::verify_online::{endpoint, verify};
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::{Asking, Ramtape, Stage};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use ramtape::cassette::TakeHead;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault, SimulatorSettings};
use serde_json::{Value, json};

const NO_DRIFT: &str = "after the test suite's own writes";

fn own(name: &str) -> String {
    json!({ "resourceOwner": "SELF", "name": name }).to_string()
}

/// Session `s` creates a share and lists it, deletes it and lists again.
async fn create_and_delete(ramtape: &Ramtape) {
    let as_s = || Asking::session("s");
    let create = json!({ "name": "short-lived", "clientToken": "t-1" }).to_string();
    let created = ramtape.ask("CreateResourceShare", create, as_s()).await;
    let arn = created.json()["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned();
    let by_arn = json!({ "resourceOwner": "SELF", "resourceShareArns": [arn] }).to_string();
    for asked in [own("short-lived"), by_arn] {
        let listed = ramtape.ask(LISTING, asked, as_s()).await.json();
        assert_eq!(listed["resourceShares"][0]["status"], "ACTIVE", "{listed}");
    }
    let mut delete = Request::new(Full::new(Bytes::new()));
    *delete.method_mut() = Method::DELETE;
    *delete.uri_mut() = format!("{}/~s/deleteresourceshare?resourceShareArn={arn}", ramtape.base).parse().unwrap();
    assert_eq!(ramtape.send(delete).await.status, 200);
    ramtape.ask(LISTING, own("short-lived"), as_s()).await;
}

async fn recorded() -> Stage {
    let stage =
        Stage::with(SimulatorSettings { seed: Some(7), settling_reads: 0, ..SimulatorSettings::default() }).await;
    let ramtape = stage.ramtape("c", RecordMode::Once).await;
    create_and_delete(&ramtape).await;
    ramtape.post("ListResourceTypes", json!({})).await;
    assert_eq!(ramtape.stop().await.not_recorded, [""; 0]);
    stage
}

fn refuse(endpoint: &Stage) {
    let name = "UnknownResourceException".to_owned();
    let refused = Effect::Refused { status: 400, name, message: "no".to_owned() };
    endpoint.endpoint().inject(Fault::next(refused).times(100).on(LISTING));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_suite_deleted_is_not_drift() {
    let stage = recorded().await;
    let before = stage.texts("c");
    // The share is gone, from the listing too.
    let own = verify(&stage, &stage, &[]);
    assert_eq!(own.code, Some(0), "{own:?}");
    assert!(own.stdout.starts_with("own write GetResourceShares"), "{own:?}");
    assert!(own.stderr.contains("3 recorded reads: 1 the same, 0 with other values, 0 of another shape"), "{own:?}");
    let told = "2 reads after the test suite's own writes differ; the writes are not repeated, so this is not drift";
    assert!(own.stderr.contains(told), "{own:?}");

    // In another world neither read has an answer.
    let other = endpoint(7).await;
    refuse(&other);
    for arguments in [&[][..], &["--ignore-values"], &["--update"], &["--update", "--ignore-values"]] {
        let found = verify(&stage, &other, arguments);
        assert_eq!(found.code, Some(0), "{arguments:?} {found:?}");
        assert!(found.stdout.contains("  status: was 200, and is 400 UnknownResourceException"), "{found:?}");
        assert!(
            found.stderr.contains(", 0 of another shape")
                && found.stderr.contains(&format!("2 reads {NO_DRIFT} differ;"))
        );
        assert!(!found.stderr.contains("recorded again") && !found.stdout.contains("recorded again"), "{found:?}");
    }
    assert_eq!(stage.texts("c"), before);
    let lines = json_lines(&verify(&stage, &other, &["--update", "--json"]));
    let apart: Vec<_> = lines.iter().filter(|line| line["outcome"] == "own write").collect();
    assert_eq!(apart.len(), 2, "{lines:?}");
    for line in apart {
        assert_eq!(line["shape"][0]["pointer"], "status", "{line}");
        assert!(line["reason"].as_str().unwrap().contains("own writes"), "{line}");
        assert_eq!((&line["recorded"], &line["notRecorded"]), (&json!(false), &Value::Null), "{line}");
    }
}

/// A cassette with a listing that each of `takes` answered: the session, the write before, the share's name.
fn planted(stage: &Stage, takes: &[(&str, Option<&str>, &str)]) {
    let cassette = recording(&stage.cassette("c"));
    let request = asked(LISTING, r#"{"resourceOwner":"SELF"}"#);
    for (session, after, name) in takes {
        let (session, after) = (Some((*session).to_owned()), after.map(str::to_owned));
        let take = TakeHead { session, after, ..TakeHead::default() };
        plant(&cassette, &request, take, 200, shares(name));
    }
    cassette.seal().unwrap();
}

fn shares(name: &str) -> String {
    format!(r#"{{"resourceShares":[{{"name":"{name}"}}]}}"#)
}

fn answering(endpoint: &Stage, name: &str) {
    let content_type = None;
    let raw = Effect::Raw { status: 200, content_type, body: Bytes::from(shares(name)) };
    endpoint.endpoint().inject(Fault::next(raw).times(100).on(LISTING));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_reads_before_any_write_count() {
    let stage = endpoint(7).await;
    // The one that counts is not the first.
    planted(&stage, &[("s", Some("create/x#1"), "after"), ("t", None, "before")]);
    for (name, outcome) in [("before", "same"), ("after", "same"), ("else", "values")] {
        let other = endpoint(7).await;
        answering(&other, name);
        let lines = json_lines(&verify(&stage, &other, &["--json"]));
        let online: Vec<_> = lines.iter().filter(|line| line["check"] == "online").collect();
        assert_eq!(online.iter().map(|line| &line["outcome"]).collect::<Vec<_>>(), [outcome], "{lines:?}");
        let told = online[0]["values"].to_string();
        assert_eq!(told.contains("before\\\""), outcome == "values", "{told}");
        assert!(!told.contains("after\\\""), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_leaves_a_session_that_read_after_its_write() {
    let stage = endpoint(7).await;
    planted(&stage, &[("s", None, "before"), ("t", Some("create/x#1"), "after")]);
    let other = endpoint(7).await;
    answering(&other, "else");
    let updated = verify(&stage, &other, &["--update"]);
    // All that counts is recorded anew.
    assert!(updated.stdout.contains("; recorded again"), "{updated:?}");
    assert!(updated.stderr.contains("1 read recorded again"), "{updated:?}");
    let text = &stage.texts("c")[0].1;
    assert!(text.contains("\"after\"") && text.contains("\"else\"") && !text.contains("\"before\""), "{text}");
    assert!(verify(&stage, &other, &[]).stderr.contains("1 the same"));
}
