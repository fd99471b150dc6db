//! What is exported and imported again is the same cassette, byte for byte: the same fingerprints, the same answers.

use crate::support::binary::run;
use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::{RawConfig, RecordMode};
use ramtape::simulator::{Effect, Fault};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const LISTING: &str = "GetResourceShares";

/// Every file of a cassette but its store, by path.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.ends_with(".store") {
                continue;
            } else if entry.is_dir() {
                folders.push(entry);
            } else {
                let name = entry.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(entry).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// Exports the cassette, imports it into an empty one, and compares.
fn there_and_back(folder: &Path, cassette: &Path) {
    let cassette_text = cassette.to_str().unwrap();
    let exported = run(folder, &["export", "--har", "out.har", "--cassette", cassette_text]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let again = run(folder, &["export", "--har", "-", "--cassette", cassette_text]);
    let text = fs::read_to_string(folder.join("out.har")).unwrap();
    assert_eq!(again.stdout, text, "exporting twice gives the same bytes");
    assert_is_har(&text);
    let imported = run(folder, &["import", "out.har", "--cassette", "back"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    // The key is in no archive: whoever has it brings it along.
    let key = cassette.join("redaction.key");
    assert_eq!(imported.stderr.contains("copy redaction.key"), key.exists(), "{imported:?}");
    if key.exists() {
        assert!(!text.contains(fs::read_to_string(&key).unwrap().trim()));
        fs::copy(key, folder.join("back/redaction.key")).unwrap();
    }
    let (before, after) = (files(cassette), files(&folder.join("back")));
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        // Not assert_eq: whole files are no message.
        let line = before.lines().zip(after.lines()).position(|(before, after)| before != after);
        assert!(before == after, "{name} differs from line {line:?} on, after {} lines", after.lines().count());
    }
}

/// Checks the members that the format asks for.
fn assert_is_har(text: &str) {
    let file: Value = serde_json::from_str(text).unwrap();
    assert_eq!(file["log"]["version"], "1.2");
    assert!(file["log"]["creator"]["name"] == "ramtape" && file["log"]["creator"]["version"].is_string());
    let entries = file["log"]["entries"].as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        for member in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[member].is_null(), "{member} in {entry}");
        }
        for member in ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"] {
            assert!(!entry["request"][member].is_null(), "{member} in {entry}");
        }
        for member in [
            "status",
            "statusText",
            "httpVersion",
            "cookies",
            "headers",
            "content",
            "redirectURL",
            "headersSize",
            "bodySize",
        ] {
            assert!(!entry["response"][member].is_null(), "{member} in {entry}");
        }
        assert!(entry["response"]["content"]["size"].is_u64() && entry["response"]["content"]["mimeType"].is_string());
    }
}

#[test]
fn the_quickstart_cassette_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    // A copy, so that nothing is written where it comes from.
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("cassettes/quickstart");
    let copy = folder.path().join("quickstart");
    for (name, text) in files(&from) {
        fs::create_dir_all(copy.join(&name).parent().unwrap()).unwrap();
        fs::write(copy.join(&name), text).unwrap();
    }
    there_and_back(folder.path(), &copy);
}

/// The configuration under which everything is recorded, exported and imported.
const CONFIGURATION: &str = "[operations.CreateResourceShare]\nvolatile = [\"name\"]\n\n[actors.consumer]\nkey_ids = [\"AKIACONSUMER00000001\"]\n";

fn configured(config: &mut RawConfig) {
    let read: RawConfig = toml::from_str(CONFIGURATION).unwrap();
    config.operations = read.operations;
    config.actors = read.actors;
    config.allow_any_client = Some(true);
}

async fn say(ramtape: &Ramtape, session: Option<&str>, operation: &str, body: Value) -> crate::support::stage::Answer {
    let asking = session.map_or_else(Asking::default, Asking::session);
    ramtape.ask(operation, body.to_string(), asking).await
}

/// A life of a share with a random name: created, polled, tagged, found by its name, deleted.
async fn live(ramtape: &Ramtape, session: Option<&str>, name: &str) {
    let own = json!({ "resourceOwner": "SELF" });
    say(ramtape, session, LISTING, own.clone()).await;
    let created =
        say(ramtape, session, "CreateResourceShare", json!({ "name": name, "clientToken": format!("t-{name}") })).await;
    let arn = created.json()["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        say(ramtape, session, LISTING, json!({ "resourceOwner": "SELF", "name": name })).await;
    }
    let tags = json!({ "resourceShareArn": arn, "tags": [{ "key": "k", "value": "é \"q\"" }] });
    say(ramtape, session, "TagResource", tags).await;
    say(ramtape, session, LISTING, own.clone()).await;
    say(ramtape, session, "DisassociateResourceShare", json!({ "resourceShareArn": arn, "principals": [] })).await;
    // DELETE, its parameters in the query.
    let target = format!("/deleteresourceshare?resourceShareArn={}&clientToken=d-{name}", arn.replace(':', "%3A"));
    delete(ramtape, session, &target).await;
    say(ramtape, session, LISTING, own).await;
}

async fn delete(ramtape: &Ramtape, session: Option<&str>, target: &str) {
    let prefix = session.map(|name| format!("/~{name}")).unwrap_or_default();
    let mut request = http::Request::new(http_body_util::Full::new(bytes::Bytes::new()));
    *request.method_mut() = http::Method::DELETE;
    *request.uri_mut() = format!("{}{prefix}{target}", ramtape.base).parse().unwrap();
    let answer = ramtape.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Everything that a recording can hold.
async fn record_all_kinds(stage: &Stage) {
    let ramtape = stage.ramtape_with("tape", RecordMode::Once, configured).await;
    live(&ramtape, None, "share-of-nobody").await;
    live(&ramtape, Some("test_one"), "share-of-one").await;
    live(&ramtape, Some("test_two"), "share-of-two").await;
    // Chains: whole, in part, of other page sizes; an empty listing.
    let sized = |size: u32| json!({ "resourceOwner": "SELF", "maxResults": size });
    ramtape.pages(LISTING, &sized(3), usize::MAX).await;
    ramtape.pages("ListPrincipals", &sized(1), 2).await;
    ramtape.pages("ListPermissions", &json!({ "maxResults": 7 }), usize::MAX).await;
    ramtape.pages("ListPermissions", &json!({}), usize::MAX).await;
    ramtape.post(LISTING, json!({ "resourceOwner": "SELF", "name": "nobody's" })).await;
    // Errors, among them those for tokens and page sizes that are none.
    ramtape.post(LISTING, json!({ "resourceOwner": "ASLEEP" })).await;
    ramtape.post(LISTING, json!({ "resourceOwner": "SELF", "nextToken": "Zm9yZWlnbg+/==" })).await;
    ramtape.post(LISTING, sized(501)).await;
    ramtape.post("CreateResourceShare", json!({})).await;
    // Policies inside strings, lists without order, numbers and strings in need of escapes, objects that look like holes.
    let policy = "{ \"Effect\" : \"Allow\", \"Action\": [\"ec2:A\", \"ec2:B\"] }";
    let template = json!({ "name": "p", "resourceType": "ec2:Subnet", "policyTemplate": policy });
    ramtape.post("CreatePermission", template).await;
    ramtape.post(LISTING, json!({ "resourceOwner": "SELF", "resourceShareArns": ["b", "a", "é\u{1}"] })).await;
    ramtape
        .post(LISTING, json!({ "resourceOwner": "SELF", "tagFilters": [{ "$volatile": "x" }, { "$$a": 1.50 }] }))
        .await;
    // What is no operation of RAM's: with JSON, with something else, with a query.
    ramtape.ask("unknown", "{\"b\": [1e3, null, \"$\"], \"a\":true}", Asking::default()).await;
    ramtape.ask("unknown?x=1&y=%C3%A9", "no JSON \u{e9}", Asking::default()).await;
    ramtape.ask("unknown", &b"\xff\x00"[..], Asking::default()).await;
    ramtape.ask("unknown?x=%ff", "", Asking::default()).await;
    // Another region.
    ramtape.ask(LISTING, "{\"resourceOwner\":\"SELF\"}", Asking::region("eu-west-1")).await;
    let summary = ramtape.stop().await;
    assert_eq!((summary.not_recorded.len(), summary.refused.len()), (0, 0), "{summary:?}");
}

#[tokio::test]
async fn a_recording_of_every_kind_round_trips() {
    let stage = Stage::new().await;
    fs::write(stage.folder().join("ramtape.toml"), CONFIGURATION).unwrap();
    record_all_kinds(&stage).await;
    let text: String = stage.texts("tape").into_iter().map(|(_, text)| text).collect();
    for kind in ["$volatile", "$token", "\"complete\": false", "$$body", "\"session\"", "\"after\"", "foreign-"] {
        assert!(text.contains(kind), "the recording has {kind}");
    }
    there_and_back(stage.folder(), &stage.cassette("tape"));
}

#[tokio::test]
async fn diverging_histories_round_trip() {
    let stage = Stage::new().await;
    for (name, share) in [("a", "one"), ("b", "two")] {
        let ramtape = stage.ramtape(name, RecordMode::Once).await;
        live(&ramtape, None, share).await;
        live(&ramtape, Some("s"), share).await;
        ramtape.stop().await;
    }
    let merged = run(stage.folder(), &["merge", "a", "b"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    there_and_back(stage.folder(), &stage.cassette("a"));
}

#[tokio::test]
async fn takes_keep_their_actor() {
    let stage = Stage::new().await;
    fs::write(stage.folder().join("ramtape.toml"), CONFIGURATION).unwrap();
    let ramtape = stage.ramtape_with("tape", RecordMode::Once, configured).await;
    let credential = "AWS4-HMAC-SHA256 Credential=AKIACONSUMER00000001/20261122/us-east-1/ram/aws4_request, SignedHeaders=host, Signature=0";
    let body = "{\"resourceOwner\":\"SELF\"}";
    let answered = ramtape.ask(LISTING, body, Asking::default().header("authorization", credential)).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    ramtape.ask(LISTING, body, Asking::default()).await;
    ramtape.stop().await;
    assert!(stage.texts("tape").iter().any(|(_, text)| text.contains("\"actor\": \"consumer\"")));
    there_and_back(stage.folder(), &stage.cassette("tape"));
}

#[tokio::test]
async fn pseudonyms_and_the_name_of_their_key_round_trip() {
    let stage = Stage::new().await;
    fs::write(stage.folder().join("ramtape.toml"), "[redact]\npseudonymize = \"accounts\"\n").unwrap();
    let ramtape = stage.ramtape_with("tape", RecordMode::Once, super::keys::pseudonymous).await;
    ramtape.post(LISTING, json!({ "resourceOwner": "SELF" })).await;
    ramtape.stop().await;
    there_and_back(stage.folder(), &stage.cassette("tape"));
}

/// What a write that ramtape does not know was named by is no part of it: another run names it anew, and gets its own name back.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_write_by_its_client_token() {
    let stage = Stage::new().await;
    let entry = |method: &str, target: &str, body: Value, answer: Value| {
        json!({
            "request": {
                "method": method,
                "url": format!("https://ram.us-east-1.amazonaws.com{target}"),
                "headers": [],
                "postData": { "text": body.to_string() },
            },
            "response": { "status": 200, "headers": [], "content": { "text": answer.to_string() } },
        })
    };
    let made = |token: &str, number: u32| {
        let body = json!({ "name": "n", "clientToken": token, "again": token });
        entry("POST", "/makething", body, json!({ "number": number, "clientToken": token }))
    };
    let gone = entry("DELETE", "/dropthing?clientToken=t-3&id=1", json!({}), json!({ "clientToken": "t-3" }));
    let archive = json!({ "log": { "entries": [made("t-1", 1), made("t-2", 2), gone] } });
    fs::write(stage.folder().join("in.har"), archive.to_string()).unwrap();
    let cassette = stage.cassette("c");
    let imported = run(stage.folder(), &["import", "in.har", "--cassette", cassette.to_str().unwrap()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!(stage.texts("c").len(), 2, "{:?}", stage.texts("c"));
    there_and_back(stage.folder(), &cassette);

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let make = async |token: &str| {
        let answer = replaying.post("MakeThing", json!({ "name": "n", "again": token, "clientToken": token })).await;
        (answer.json()["number"].as_u64(), answer.json()["clientToken"].as_str().map(str::to_owned))
    };
    for (token, number) in [("a", 1), ("b", 2), ("b", 2), ("a", 1)] {
        assert_eq!(make(token).await, (Some(number), Some(token.to_owned())));
    }
    let other = replaying.post("MakeThing", json!({ "name": "n", "again": "a", "clientToken": "c" })).await;
    assert_eq!(other.error().as_deref(), Some("CassetteMissException"), "what else it says counts");
    let mut delete = http::Request::new(http_body_util::Full::default());
    *delete.method_mut() = http::Method::DELETE;
    *delete.uri_mut() = format!("{}/dropthing?id=1&clientToken=z", replaying.base).parse().unwrap();
    assert_eq!(replaying.send(delete).await.json()["clientToken"], "z");
}

/// The same of one that the user has added to the table.
#[tokio::test(flavor = "multi_thread")]
async fn an_added_write_by_its_client_token() {
    let stage = Stage::new().await;
    let added = |config: &mut RawConfig| {
        config.operations =
            toml::from_str("[MakeThing]\nmethod = 'POST'\npath = '/makething'\nkind = 'write'").unwrap();
    };
    let recording = stage.ramtape_with("c", RecordMode::All, added).await;
    let recorded = recording.post("MakeThing", json!({ "clientToken": "t-1" })).await;
    recording.stop().await;
    let replaying = stage.ramtape_with("c", RecordMode::None, added).await;
    assert_eq!(replaying.post("MakeThing", json!({ "clientToken": "t-2" })).await.body, recorded.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_a_region_that_is_not_enabled_round_trip() {
    for refused_first in [true, false] {
        let stage = Stage::new().await;
        let recording = stage.ramtape("c", RecordMode::Once).await;
        let regions = if refused_first { ["eu-central-1", "us-east-1"] } else { ["us-east-1", "eu-central-1"] };
        for region in regions {
            if region == "eu-central-1" {
                let (name, message) = ("UnrecognizedClientException".into(), "not known".into());
                stage.endpoint().inject(Fault::next(Effect::Refused { status: 403, name, message }));
            }
            recording.ask(LISTING, json!({ "resourceOwner": "SELF" }).to_string(), Asking::region(region)).await;
        }
        assert_eq!(recording.stop().await.recorded, 2);
        there_and_back(stage.folder(), &stage.cassette("c"));
    }
}
