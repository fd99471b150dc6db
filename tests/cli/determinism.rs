//! Recording what has not changed gives the same text: byte for byte, in whichever order and time zone.

use crate::support::binary::{Server, ramtape};
use crate::support::stage::{Asking, Caller, Stage, owner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

const LISTING: &str = "GetResourceShares";

/// The region of the reads: nothing is written there.
const QUIET: &str = "eu-central-1";
/// The sessions that write, each in a region of its own: upstream's answers to one do not depend on the others.
const WRITERS: [(&str, &str); 3] =
    [("test_create", "us-east-1"), ("test_change", "us-west-2"), ("test_delete", "eu-west-1")];

/// How a run goes about it.
#[derive(Clone, Copy)]
enum Order {
    OneByOne,
    BackwardsAndAtOnce,
}

/// Records everything with the binary into `cassette`, from an endpoint that begins anew with the same data.
async fn record(folder: &Path, cassette: &str, mode: &str, zone: &str, order: Order) -> BTreeMap<String, String> {
    let upstream = Stage::new().await;
    let keys = owner();
    let server = Server::start(
        ramtape(folder)
            .args(["serve", "--record-mode", mode, "--cassette", cassette, "--upstream", upstream.url()])
            .env("AWS_ACCESS_KEY_ID", &keys.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", keys.secret.expose())
            .env("TZ", zone),
    );
    let caller = Arc::new(Caller::of(&server.url));
    let work: Vec<Work> = READS.iter().copied().map(Work::Read).chain(WRITERS.map(Work::Write)).collect();
    match order {
        Order::OneByOne => {
            for work in work {
                work.done(&caller).await;
            }
        }
        Order::BackwardsAndAtOnce => {
            let mut working = JoinSet::new();
            for work in work.into_iter().rev() {
                let caller = Arc::clone(&caller);
                working.spawn(async move { work.done(&caller).await });
            }
            working.join_all().await;
        }
    }
    let left = server.stop();
    assert_eq!(left.code, Some(0), "{left:?}");
    texts(&folder.join(cassette))
}

/// A read: its session, operation and page size. The same listing is asked for by several sessions, in several sizes.
type Read = (Option<&'static str>, &'static str, Option<u32>);
const READS: [Read; 9] = [
    (None, LISTING, None),
    (None, LISTING, Some(2)),
    (None, LISTING, Some(5)),
    (Some("test_read"), LISTING, Some(2)),
    (Some("test_a_read"), LISTING, Some(2)),
    (Some("test_read"), "ListPermissions", None),
    (None, "ListPermissions", Some(7)),
    (Some("test_a_read"), "ListResourceTypes", Some(3)),
    (None, "ListPrincipals", None),
];

#[derive(Clone, Copy)]
enum Work {
    Read(Read),
    Write((&'static str, &'static str)),
}

impl Work {
    async fn done(self, caller: &Caller) {
        match self {
            Self::Read((session, operation, size)) => {
                let mut asked = if operation.contains("Permissions") || operation.contains("Types") {
                    json!({})
                } else {
                    json!({ "resourceOwner": "SELF" })
                };
                if let Some(size) = size {
                    asked["maxResults"] = json!(size);
                }
                pages(caller, session, QUIET, operation, asked).await;
            }
            Self::Write((session, region)) => live(caller, session, region).await,
        }
    }
}

/// Reads a listing to its end.
async fn pages(caller: &Caller, session: Option<&str>, region: &str, operation: &str, mut asked: Value) {
    loop {
        let asking = Asking { session: session.map(str::to_owned), ..Asking::region(region) };
        let page = caller.ask(operation, asked.to_string(), asking).await;
        assert_eq!(page.status, 200, "{page:?}");
        let Some(token) = page.next_token() else { break };
        asked["nextToken"] = json!(token);
    }
}

/// Writes with random idempotency tokens, and polls in between.
async fn live(caller: &Caller, session: &str, region: &str) {
    let own = json!({ "resourceOwner": "SELF", "maxResults": 4 });
    let asking = || Asking { session: Some(session.to_owned()), ..Asking::region(region) };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let token = format!("{}-{session}", now.as_nanos());
    pages(caller, Some(session), region, LISTING, own.clone()).await;
    let create = json!({ "name": "made", "clientToken": token });
    let created = caller.ask("CreateResourceShare", create.to_string(), asking()).await;
    assert_eq!(created.status, 200, "{created:?}");
    let arn = created.json()["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        pages(caller, Some(session), region, LISTING, own.clone()).await;
    }
    let tags = json!({ "resourceShareArn": arn, "tags": [{ "key": "k", "value": "v" }] });
    caller.ask("TagResource", tags.to_string(), asking()).await;
    pages(caller, Some(session), region, LISTING, own).await;
}

/// Every file of a cassette but its store, by path.
fn texts(root: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.ends_with(".store") {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else {
                texts.insert(path.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

fn assert_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>, what: &str) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{what}");
    for (name, text) in one {
        // Not assert_eq: whole files are no message.
        let line = text.lines().zip(other[name].lines()).position(|(one, other)| one != other);
        assert!(*text == other[name], "{what}: {name} differs from line {line:?} on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_same_key_it_is_redacted_to_the_same_text() {
    let folder = crate::support::binary::folder();
    let folder = folder.path();
    let rules = "[redact]\npseudonymize = 'accounts'\nkey_file = 'own.key'\n\
                 [[redact.rules]]\nmember = 'name'\n[[redact.rules]]\npattern = 'resource-share/([0-9a-f]{8})'\n";
    fs::write(folder.join("ramtape.toml"), rules).unwrap();
    fs::write(folder.join("own.key"), "a key of this test, long enough\n").unwrap();
    let first = record(folder, "first", "once", "Pacific/Kiritimati", Order::OneByOne).await;
    let whole: String = first.values().map(String::as_str).collect();
    assert!(
        !whole.contains("111122223333") && !whole.contains("\"made\"") && whole.contains("\"owningAccountId\": \"9999")
    );
    assert!(
        whole.contains("\"name\": \"redacted-") && whole.contains(":resource-share/redacted-"),
        "{:?}",
        first.keys()
    );
    let second = record(folder, "second", "once", "America/Anchorage", Order::BackwardsAndAtOnce).await;
    assert_same(&first, &second, "another order");
    let again = record(folder, "first", "all", "UTC", Order::BackwardsAndAtOnce).await;
    assert_same(&first, &again, "recorded over");
    fs::write(folder.join("own.key"), "another key of this test, as long\n").unwrap();
    let other = record(folder, "other", "once", "UTC", Order::OneByOne).await;
    assert!(first.keys().ne(other.keys()), "a request with a pseudonym is another one under another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_recording_gives_the_same_text_in_any_order_and_time_zone() {
    let folder = crate::support::binary::folder();
    let folder = folder.path();
    let first = record(folder, "first", "once", "Pacific/Kiritimati", Order::OneByOne).await;
    assert!(first.len() > 12, "{:?}", first.keys());
    let second = record(folder, "second", "once", "America/Anchorage", Order::BackwardsAndAtOnce).await;
    assert_same(&first, &second, "another order");
    let again = record(folder, "first", "all", "UTC", Order::BackwardsAndAtOnce).await;
    assert_same(&first, &again, "recorded over");
}
