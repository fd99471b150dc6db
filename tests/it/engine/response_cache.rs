//! Requests that repeat themselves byte for byte: answered from memory, and only while that is what reading them anew would
//! give.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::engine::{Engine, EngineSettings, Mode, Pages, Poll, PreparedEntry};
use ramtape::entry_file as text;
use ramtape::fingerprint::{Fingerprint, canonical_text};
use ramtape::model::{Actor, Body, Entry, OperationName, Page, Request, Secret, Take};
use ramtape::service::Service;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const HOLE: &str = r#"{"$volatile":"create-resource-share/w#1:/name"}"#;

/// A take that answers `body`; of the write `id`, if that is given.
fn take(id: Option<&str>, body: &str) -> Take {
    let body = Body::literal(Bytes::from(body.to_owned()));
    Take {
        session: None,
        after: None,
        id: id.map(str::to_owned),
        max_results: None,
        complete: true,
        times: 1,
        pages: vec![Page { status: 200, headers: Vec::new(), body }],
    }
}

/// Writes the entry of a request into the cassette in `root`, and tells where.
fn write(root: &Path, operation: &str, region: &str, actor: &str, request: &str, takes: Vec<Take>) -> PathBuf {
    let entry = Entry {
        operation: OperationName::Known(operation.to_owned()),
        region: region.to_owned(),
        actor: actor.to_owned(),
        request: request.to_owned(),
        takes,
    };
    let folder = root.join(entry.operation.folder());
    fs::create_dir_all(&folder).unwrap();
    let fingerprint = Fingerprint::hash(&canonical_text(&entry.operation, region, actor, request));
    let path = folder.join(format!("{fingerprint}.json"));
    fs::write(&path, text::write(&entry).unwrap()).unwrap();
    path
}

/// A new cassette's folder.
fn cassette() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(
        Cassette::open(folder.path(), Access::Record { replace: false }, |_, _| (), &CassetteSettings::default())
            .unwrap(),
    );
    folder
}

fn replay(root: &Path) -> Engine {
    let additions = toml::from_str("[CreateResourceShare]\nvolatile = ['name']").unwrap();
    let opened = Cassette::open(root, Access::Replay, PreparedEntry::new, &CassetteSettings::default()).unwrap();
    let actor = |label: &str| Actor { label: label.to_owned(), ..Actor::default() };
    let settings = EngineSettings {
        response_memory: 16 << 20,
        redaction: opened.redaction,
        mode: Mode::ReplayOnly,
        endpoints: ramtape::aws::ServiceEndpoints::new(vec![ramtape::aws::ServiceEndpoint::regional("ram")]),
        service: Arc::new(Service::with_additions(&additions).unwrap()),
        region: "us-east-1".to_owned(),
        actors: vec![actor("owner"), actor("consumer")],
        poll: Poll::Recorded,
        cassette: "c".to_owned(),
        record_command: "none".to_owned(),
        record_anew_command: "none".to_owned(),
        key: Secret::new("none"),
        allow_any_client: false,
        signs_for_any_account: false,
        tells_misses: false,
        record_errors: false,
        read_only: false,
        stays_pending: false,
        pages: Pages::Requested,
        inspector: std::sync::Arc::default(),
    };
    Engine::new(settings, opened.cassette, None)
}

/// Waits until a change of what was written before would show in its times; until then every request reads its file.
fn settle(path: &Path) {
    use std::os::unix::fs::MetadataExt;
    let changed = u64::try_from(fs::metadata(path).unwrap().ctime()).unwrap();
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    while since(SystemTime::now()) < changed + 5 {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Asks `body` of the operation at `path`, for `region`, as the caller with the key id `key`, in `session`.
async fn ask_as(engine: &Engine, path: &str, (region, key): (&str, &str), session: &str, body: &str) -> String {
    let scope = format!("AWS4-HMAC-SHA256 Credential={key}/20261122/{region}/ram/aws4_request, SignedHeaders=host");
    let headers = [("authorization", scope.as_str()), ("x-ramtape-session", session)];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
    let response = engine
        .answer(Request {
            method: Method::POST,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::from_iter(headers),
            body: Bytes::from(body.to_owned()),
            signed_target: path.to_owned(),
            authority: "127.0.0.1".to_owned(),
            door: ramtape::model::Door::Endpoint,
            key: None,
            session_prefix: None,
        })
        .await;
    format!("{} {}", response.status.as_u16(), String::from_utf8_lossy(&response.body))
}

const HERE: (&str, &str) = ("us-east-1", "AKID");

async fn ask(engine: &Engine, session: &str, body: &str) -> String {
    ask_as(engine, "/getpermission", HERE, session, body).await
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test]
async fn a_change_of_the_file_shows_a_tenth_of_a_second_later() {
    let folder = cassette();
    let write = |name: &str| {
        let request = format!(r#"{{"permissionArn":"{name}"}}"#);
        let path = write(folder.path(), "GetPermission", "us-east-1", "default", &request, vec![take(None, "\"one\"")]);
        (format!(r#"{{"permissionArn": "{name}"}}"#), path)
    };
    let [edited, replaced, deleted, moved] = ["edited", "replaced", "deleted", "moved"].map(write);
    settle(&moved.1);
    let engine = replay(folder.path());
    for (body, _) in [&edited, &replaced, &deleted, &moved].into_iter().cycle().take(12) {
        assert_eq!(ask(&engine, "s", body).await, "200 \"one\"");
    }

    edit(&edited.1, "\"one\"", "\"two\"");
    let ask = async |engine: &Engine, session: &str, body: &str| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        ask(engine, session, body).await
    };
    assert_eq!(ask(&engine, "s", &edited.0).await, "200 \"two\"", "edited in place, to the same size");
    // As git and editors do it.
    let aside = folder.path().join("aside");
    fs::copy(&replaced.1, &aside).unwrap();
    edit(&aside, "\"one\"", "\"six\"");
    fs::rename(&aside, &replaced.1).unwrap();
    assert_eq!(ask(&engine, "s", &replaced.0).await, "200 \"six\"");
    fs::remove_file(&deleted.1).unwrap();
    assert!(ask(&engine, "s", &deleted.0).await.contains("CassetteMissException"));
    // The whole folder, and another one in its place.
    let operation = moved.1.parent().unwrap();
    fs::rename(operation, folder.path().join("elsewhere")).unwrap();
    assert!(ask(&engine, "s", &moved.0).await.contains("CassetteMissException"));
    fs::rename(folder.path().join("elsewhere"), operation).unwrap();
    assert_eq!(ask(&engine, "s", &moved.0).await, "200 \"one\"");
    edit(&moved.1, "\"one\"", "{");
    assert!(ask(&engine, "s", &moved.0).await.contains("CassetteDamagedException"));
}

#[tokio::test]
async fn equal_bytes_for_another_region_or_from_another_actor_are_another_request() {
    let folder = cassette();
    let (request, mut paths) = (r#"{"permissionArn":"p"}"#, Vec::new());
    for (region, actor) in [("us-east-1", "owner"), ("us-east-1", "consumer"), ("eu-west-1", "owner")] {
        let answer = format!("\"{region} {actor}\"");
        paths.push(write(folder.path(), "GetPermission", region, actor, request, vec![take(None, &answer)]));
    }
    settle(&paths[2]);
    let engine = replay(folder.path());
    for _ in 0..3 {
        for (region, actor) in [("us-east-1", "owner"), ("us-east-1", "consumer"), ("eu-west-1", "owner")] {
            let answer = ask_as(&engine, "/getpermission", (region, actor), "s", request).await;
            assert_eq!(answer, format!("200 \"{region} {actor}\""));
        }
        let nobodys = ask_as(&engine, "/getpermission", ("eu-west-1", "consumer"), "s", request).await;
        assert!(nobodys.contains("CassetteMissException"), "{nobodys}");
    }
}

#[tokio::test]
async fn a_sessions_live_values_are_its_own() {
    let folder = cassette();
    let id = "create-resource-share/w#1";
    write(folder.path(), "CreateResourceShare", "us-east-1", "default", "{}", vec![take(Some(id), "\"made\"")]);
    let literal = r#"{"name":"n-1","resourceOwner":"SELF"}"#;
    let with_hole = format!(r#"{{"name":{HOLE},"resourceOwner":"SELF"}}"#);
    let mut last = PathBuf::new();
    for (request, answer) in [(literal, "\"literal\""), (with_hole.as_str(), "\"own\"")] {
        last = write(folder.path(), "GetResourceShares", "us-east-1", "default", request, vec![take(None, answer)]);
    }
    settle(&last);
    let engine = replay(folder.path());
    let list = |session| ask_as(&engine, "/getresourceshares", HERE, session, literal);
    let create = |session| ask_as(&engine, "/createresourceshare", HERE, session, r#"{"name":"n-1"}"#);
    for session in ["a", "b", "a", "b"] {
        assert_eq!(list(session).await, "200 \"literal\"", "{session} before it wrote");
    }
    assert_eq!(create("a").await, "200 \"made\"");
    for _ in 0..3 {
        assert_eq!(list("a").await, "200 \"own\"");
        assert_eq!(list("b").await, "200 \"literal\"");
    }
    assert_eq!(create("b").await, "200 \"made\"");
    assert_eq!(list("b").await, "200 \"own\"");
    engine.reset_session(Some("a"));
    assert_eq!(list("a").await, "200 \"literal\"");
}

#[tokio::test]
async fn polls_and_writes_advance_in_turn() {
    let folder = cassette();
    let polls = ["\"PENDING\"", "\"ASSOCIATING\"", "\"ASSOCIATED\""];
    let takes = polls.iter().map(|answer| take(None, answer)).collect();
    let path = write(folder.path(), "GetPermission", "us-east-1", "default", r#"{"permissionArn":"p"}"#, takes);
    settle(&path);
    let engine = replay(folder.path());
    for session in ["a", "b"] {
        for answer in polls.iter().chain(&[polls[2]; 3]) {
            assert_eq!(ask(&engine, session, r#"{"permissionArn":"p"}"#).await, format!("200 {answer}"));
        }
    }
    assert_eq!(engine.summary().replayed, 12);
}
