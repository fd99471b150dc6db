//! Files as mitmproxy and Chromium write them.

use crate::support::binary::{Finished, run};
use crate::support::stage::{Answer, Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const LISTING: &str = "GetResourceShares";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/har").join(name)
}

fn import(stage: &Stage, arguments: &[&str]) -> Finished {
    run(stage.folder(), &[&["import", "--service", "ram", "--cassette", "tape"], arguments].concat())
}

/// The bodies of the sample's answers, by their place in the file.
fn answers(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_slice(&std::fs::read(sample(name)).unwrap()).unwrap();
    let entries = file["log"]["entries"].as_array().unwrap();
    entries.iter().map(|entry| entry["response"]["content"]["text"].clone()).collect()
}

async fn ask(ramtape: &Ramtape, region: &str, session: Option<&str>, operation: &str, body: Value) -> Answer {
    let asking = Asking { session: session.map(str::to_owned), ..Asking::region(region) };
    ramtape.ask(operation, body.to_string(), asking).await
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

#[tokio::test]
async fn a_mitmproxy_archive_is_imported_and_replays() {
    let mut stage = Stage::new().await;
    stage.stop_endpoint().await;
    let file = sample("mitmproxy.har");
    let imported = import(&stage, &[file.to_str().unwrap()]);
    assert_eq!(imported.code, Some(6), "{imported:?}");
    for told in [
        "skipped: entry 12, POST https://ram.us-west-2.amazonaws.com/listprincipals: it has no answer (peer closed",
        "skipped: entry 13, POST https://ram.us-west-2.amazonaws.com/listresources: earlier pages of its listing",
        "2 entries for other services: chat.example.test (1), sts.us-west-2.amazonaws.com (1)",
        "2 answers that recordings do not keep",
        "1 retry of an answered request",
        "7 takes added to tape, for 5 requests",
    ] {
        assert!(imported.stderr.contains(told), "{told}: {imported:?}");
    }
    let texts = stage.texts("tape");
    for secret in
        ["UpstreamToken", "0b7a3c1e-5d2f", "AKIAIOSFODNN7EXAMPLE", "SESSIONTOKEN", "Signature", "GetCallerIdentity"]
    {
        assert!(texts.iter().all(|(_, text)| !text.contains(secret)), "{secret}");
    }

    let sent = answers("mitmproxy.har");
    let ramtape = stage.ramtape("tape", RecordMode::None).await;
    let region = "us-west-2";
    let listing = |token: Option<String>| {
        let token = token.map_or(Value::Null, Value::from);
        json!({ "resourceOwner": "SELF", "maxResults": 2, "nextToken": token })
    };
    let mut token = None;
    for (number, sent) in sent.iter().take(3).enumerate() {
        let page = ask(&ramtape, region, None, LISTING, listing(token)).await;
        let mut expected: Value = serde_json::from_str(sent.as_str().unwrap()).unwrap();
        expected.as_object_mut().unwrap().remove("nextToken");
        let mut given = page.json();
        given.as_object_mut().unwrap().remove("nextToken");
        assert_eq!(given, expected);
        token = page.next_token();
        assert_eq!(token.is_none(), number == 2);
    }
    let (session, poll) = (Some("test_create"), json!({ "resourceOwner": "SELF", "name": "made" }));
    let before = ask(&ramtape, region, session, LISTING, poll.clone()).await;
    assert_eq!(text(&before), sent[4]);
    let create = json!({ "name": "made", "clientToken": "another" });
    let created = ask(&ramtape, region, session, "CreateResourceShare", create).await;
    let token = "0b7a3c1e-5d2f-4a80-9b11-6f0c2d3e4a51";
    assert_eq!(text(&created), sent[6].as_str().unwrap().replace(token, "another"));
    for number in [8, 9, 9] {
        assert_eq!(text(&ask(&ramtape, region, session, LISTING, poll.clone()).await), sent[number]);
    }
    let refused = ask(&ramtape, region, None, LISTING, json!({ "resourceOwner": "ASLEEP" })).await;
    assert_eq!(
        (refused.error().as_deref(), text(&refused)),
        (Some("InvalidParameterException"), "{\"message\":\"no\"}")
    );
    let bytes = ask(&ramtape, region, None, "download", json!({})).await;
    assert!(bytes.body.iter().copied().eq(0..=255), "the file has it as base64");
    assert_eq!(ramtape.stop().await.missed, 0);
}

#[tokio::test]
async fn a_chromium_archive_is_read_by_time_and_incomplete_entries_are_reported() {
    let mut stage = Stage::new().await;
    stage.stop_endpoint().await;
    let file = sample("chromium.har");
    let imported = import(&stage, &[file.to_str().unwrap(), "--json"]);
    assert_eq!(imported.code, Some(6), "{imported:?}");
    let lines: Vec<Value> = imported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<(u64, &str)> = lines
        .iter()
        .filter(|line| line["leftOut"].is_string())
        .map(|line| (line["entry"].as_u64().unwrap(), line["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        reasons,
        [
            (4, "its answer's body is not in the file"),
            (5, "its answer's body is truncated: 26 of 4096 bytes"),
            (6, "it has no answer (net::ERR_BLOCKED_BY_CLIENT)"),
            (9, "its request's body is not in the file"),
        ]
    );
    assert!(lines.iter().any(|line| line["otherService"] == "telemetry.example.test"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line["fingerprint"].is_string()).count(), 2, "{lines:?}");

    let ramtape = stage.ramtape("tape", RecordMode::None).await;
    let (region, session) = ("eu-west-1", Some("page"));
    let first = ask(&ramtape, region, session, LISTING, json!({ "resourceOwner": "SELF", "maxResults": 1 })).await;
    let next = json!({ "resourceOwner": "SELF", "maxResults": 1, "nextToken": first.next_token().unwrap() });
    let second = ask(&ramtape, region, session, LISTING, next).await;
    assert_eq!((text(&second), second.next_token()), (answers("chromium.har")[1].as_str().unwrap(), None));
    let enabled = ramtape
        .ask(
            "EnableSharingWithAwsOrganization",
            "",
            Asking { session: session.map(str::to_owned), ..Asking::region(region) },
        )
        .await;
    assert_eq!(text(&enabled), "{\"returnValue\":true}");
    assert_eq!(ramtape.stop().await.missed, 0);
}

#[tokio::test]
async fn importing_again_adds_nothing_and_a_dry_run_writes_nothing() {
    let stage = Stage::new().await;
    let file = sample("mitmproxy.har");
    let file = file.to_str().unwrap();
    let dry = import(&stage, &[file, "--dry-run"]);
    assert!(dry.code == Some(6) && !stage.cassette("tape").exists(), "{dry:?}");
    let imported = import(&stage, &[file]);
    assert_eq!((imported.code, &imported.stdout), (Some(6), &dry.stdout));
    let texts = stage.texts("tape");
    let again = import(&stage, &[file]);
    assert!(
        again.stderr.contains("nothing was added: tape already has the rest") && again.stdout.is_empty(),
        "{again:?}"
    );
    assert_eq!(stage.texts("tape"), texts);
    let more = run(stage.folder(), &["import", "--service", "ram", "--cassette", "errors", file, "--record-errors"]);
    assert!(more.stderr.contains("9 takes added to errors"), "{more:?}");
}

#[tokio::test]
async fn other_files_and_a_cassette_in_use_are_refused() {
    let stage = Stage::new().await;
    std::fs::write(stage.folder().join("x.har"), "{\"log\": {}}").unwrap();
    let refused = import(&stage, &["x.har"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("x.har: not a HAR file"), "{refused:?}");
    let absent = import(&stage, &["y.har"]);
    assert!(absent.code == Some(1) && absent.stderr.contains("cannot read y.har"), "{absent:?}");
    assert!(!stage.cassette("tape").exists());
    let recording = stage.ramtape("tape", RecordMode::All).await;
    recording.post("ListPermissions", json!({})).await;
    let busy = import(&stage, &[sample("chromium.har").to_str().unwrap()]);
    assert!(busy.code == Some(1) && busy.stderr.contains("in use by another ramtape"), "{busy:?}");
    recording.stop().await;
}

#[tokio::test]
async fn an_import_that_adds_nothing_says_why() {
    let stage = Stage::new().await;
    let entries = |file: &str, picked: &[usize]| {
        let mut har: Value = serde_json::from_slice(&std::fs::read(sample(file)).unwrap()).unwrap();
        let all = har["log"]["entries"].take();
        har["log"]["entries"] = picked.iter().map(|at| all[at - 1].clone()).collect();
        std::fs::write(stage.folder().join("some.har"), har.to_string()).unwrap();
    };
    let told = |arguments: &[&str], code: i32, part: &str| {
        let imported = import(&stage, arguments);
        assert_eq!((imported.code, imported.stdout.as_str()), (Some(code), ""), "{imported:?}");
        let last = imported.stderr.lines().last().unwrap();
        assert_eq!(last, format!("ramtape: {part}"), "{imported:?}");
    };
    entries("mitmproxy.har", &[]);
    told(&["some.har", "--dry-run"], 0, "nothing to add: the file has no entries");
    told(&["some.har"], 0, "nothing to add: the file has no entries");
    let others = answers("mitmproxy.har").len();
    let other = (1..=others).find(|at| {
        entries("mitmproxy.har", &[*at]);
        std::fs::read_to_string(stage.folder().join("some.har")).unwrap().contains("chat.example.test")
    });
    assert!(other.is_some());
    told(&["some.har"], 0, "nothing to add: the file has no RAM answer that recordings keep");
    entries("mitmproxy.har", &[12, 13]);
    told(&["some.har"], 6, "nothing was added to tape: all RAM entries were skipped");
    entries("mitmproxy.har", &[1, 2, 3]);
    assert_eq!(import(&stage, &["some.har"]).code, Some(0));
    told(&["some.har"], 0, "nothing to add: tape already has everything");
    entries("mitmproxy.har", &[1, 2, 3, 12]);
    told(&["some.har"], 6, "nothing was added: tape already has the rest");
}
