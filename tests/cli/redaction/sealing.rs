//! What is written as text has been proved: no secret in it, and an answer to every one of its requests.

use crate::support::binary::{Server, folder, ramtape, run};
use crate::support::pending::{asked, recording};
use crate::support::secrets::{SECRETS, committed};
use crate::support::stage::{Asking, Caller, Stage};
use ramtape::cassette::{RecordingPolicy, TakeHead};
use ramtape::model::{Body, Hole, Page};
use ramtape::redact::Scrubbed;
use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::json;
use std::path::Path;
use std::process::Command;

fn with_keys(folder: &Path, arguments: &[&str]) -> Command {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.args(arguments).env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_stops_the_sealing_and_nothing_is_lost() {
    let (stage, folder) = (Stage::new().await, folder());
    // The one place that is not redacted: a session is found by its name.
    let session = SECRETS[0].1;
    let server =
        Server::start(&mut with_keys(folder.path(), &["record", "--upstream", stage.url(), "--cassette", "c"]));
    let caller = Caller::of(&server.url);
    let asked = json!({ "resourceOwner": "SELF" }).to_string();
    let answer = caller.ask("GetResourceShares", asked.clone(), Asking::session(session)).await;
    let other = caller.ask("ListPrincipals", asked, Asking::session("plain")).await;
    assert_eq!((answer.status, other.status), (http::StatusCode::OK, http::StatusCode::OK));
    let finished = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let told =
        finished.stderr.lines().find(|line| line.contains("access key id")).unwrap_or_else(|| panic!("{finished:?}"));
    assert!(told.contains("/takes/0/session") && told.contains("get-resource-shares/"), "{told}");
    assert!(
        told.contains("`ramtape seal --cassette c`") && told.contains("`ramtape rm --refused --cassette c`"),
        "{told}"
    );
    // The other request is text, this one is in the store, and stays there however often it is tried.
    assert!(folder.path().join("c/list-principals").exists() && !folder.path().join("c/get-resource-shares").exists());
    for _ in 0..2 {
        let sealed = run(folder.path(), &["seal", "--cassette", "c"]);
        assert_eq!(sealed.code, Some(4), "{sealed:?}");
    }
    let shown = run(folder.path(), &["ls", "--cassette", "c"]);
    assert!(shown.stdout.contains("GetResourceShares"), "{shown:?}");
    // Allowed, with a reason, it is written.
    let allow = format!("[[scan.allow]]\npattern = '^{session}$'\nreason = 'the key of a test, nobody has it'\n");
    std::fs::write(folder.path().join("ramtape.toml"), allow).unwrap();
    let sealed = run(folder.path(), &["seal", "--cassette", "c"]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert!(folder.path().join("c/get-resource-shares").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_whose_base64_looks_like_a_key_are_not_a_secret() {
    let (stage, folder) = (Stage::new().await, folder());
    let server =
        Server::start(&mut with_keys(folder.path(), &["record", "--upstream", stage.url(), "--cassette", "c"]));
    let key = SECRETS[2].1;
    let body = data_encoding::BASE64.decode(key.as_bytes()).unwrap();
    assert!(String::from_utf8(body.clone()).is_err(), "no text");
    stage.endpoint().inject(Fault::next(Effect::Raw { status: 200, content_type: None, body: body.into() }));
    let caller = Caller::of(&server.url);
    assert_eq!(caller.post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await.status, 200);
    let finished = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let text = committed(&folder.path().join("c")).into_iter().find(|(_, text)| text.contains("GetResourceShares"));
    assert!(text.is_some_and(|(_, text)| text.contains(&format!("\"base64\": \"{key}\""))));
    let scan = run(folder.path(), &["scan", "c"]);
    assert_eq!((scan.code, scan.stdout.as_str()), (Some(0), ""), "{scan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remaining_account_number_stops_the_sealing() {
    let (stage, folder) = (Stage::new().await, folder());
    std::fs::write(folder.path().join("ramtape.toml"), "[redact]\npseudonymize = 'accounts'\n").unwrap();
    let record = || {
        Server::start(&mut with_keys(
            folder.path(),
            &["serve", "--record-mode", "new_episodes", "--upstream", stage.url(), "--cassette", "c"],
        ))
    };
    let ask = async |server: Server, size: u32| {
        let asked = json!({ "resourceOwner": "SELF", "maxResults": size });
        Caller::of(&server.url).pages("GetResourceShares", &asked, 2).await;
        tokio::task::spawn_blocking(move || server.stop()).await.unwrap()
    };
    assert_eq!(ask(record(), 2).await.code, Some(0));
    // Somebody puts a real one back by hand; the next take of the same request would be written beside it.
    let file = std::fs::read_dir(folder.path().join("c/get-resource-shares")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let edited = text.replacen("\"owningAccountId\": \"9999", "\"owningAccountId\": \"1234", 1);
    assert_ne!(edited, text);
    std::fs::write(&file, &edited).unwrap();
    let finished = ask(record(), 3).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let place = "account number at /takes/0/pages/0/body/resourceShares/0/owningAccountId";
    assert!(finished.stderr.contains(place), "{finished:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), edited, "the text stays as it is");
    // Put right, nothing was lost.
    std::fs::write(&file, &text).unwrap();
    assert_eq!(run(folder.path(), &["seal", "--cassette", "c"]).code, Some(0));
    assert_ne!(std::fs::read_to_string(&file).unwrap(), text);
}

/// Records one answer past the proxy, and seals with `ramtape seal`.
fn sealed(request: &str, pages: Vec<Body>, max_results: Option<u32>) -> crate::support::binary::Finished {
    let folder = folder();
    let root = folder.path().join("c");
    let cassette = recording(&root);
    let take = TakeHead { complete: true, max_results, ..TakeHead::default() };
    let page = |body: Body| Scrubbed::from_cassette(Page { status: 200, headers: Vec::new(), body });
    cassette.begin(&asked("GetResourceShares", request), &take, pages.into_iter().map(page).collect(), None).unwrap();
    drop(cassette);
    let finished = run(folder.path(), &["seal", "--cassette", "c"]);
    let written = root.join("get-resource-shares").exists();
    assert_eq!(written, finished.code == Some(0), "{finished:?}");
    finished
}

fn page(next: Option<u32>) -> Body {
    let mut body = Body::literal("{\"resourceShares\":[]".into());
    if let Some(next) = next {
        body.push_literal(",\"nextToken\":".into());
        body.push_hole(Hole::Token(next));
    }
    body.push_literal("}".into());
    body
}

#[test]
fn an_entry_that_no_request_finds_is_not_sealed() {
    for (request, pages, part) in [
        ("{\"b\":1,\"a\":1}", vec![page(None)], "/request"),
        ("{\"a\":1.0}", vec![page(None)], "/request/a"),
        (
            "{\"resourceOwner\":\"SELF\"}",
            vec![page(None), page(None)],
            "/takes/0/pages/0: it has no token that leads to the next page",
        ),
        ("{\"resourceOwner\":\"SELF\"}", vec![page(Some(2)), page(None)], "/takes/0/pages/0: it has no token"),
    ] {
        let finished = sealed(request, pages, None);
        assert_eq!(finished.code, Some(5), "{request}: {finished:?}");
        assert!(finished.stderr.contains(part), "{part} in {finished:?}");
    }
    let good = sealed("{\"resourceOwner\":\"SELF\"}", vec![page(Some(1)), page(Some(2)), page(None)], Some(1));
    assert_eq!(good.code, Some(0), "{good:?}");
    let escaped = "{\"o\":{\"$$x\":\"y\"}}";
    assert_eq!(sealed(escaped, vec![page(None)], None).code, Some(0));
}

#[test]
fn a_cassette_without_a_recording_policy_seals_no_secret() {
    let folder = folder();
    let cassette = recording(folder.path());
    let body = Body::literal(format!("{{\"a\":\"{}\"}}", SECRETS[0].1).into());
    let page = Scrubbed::from_cassette(Page { status: 200, headers: Vec::new(), body });
    let take = TakeHead { complete: true, ..TakeHead::default() };
    cassette.begin(&asked("GetResourceShares", "{}"), &take, vec![page], None).unwrap();
    let report = cassette.seal().unwrap();
    assert_eq!((report.failed.len(), report.secrets, report.broken), (1, 1, 0));
    assert!(report.failed[0].2.contains("access key id at /takes/0/pages/0/body/a"), "{report:?}");
    assert!(!ramtape::cassette::DefaultPolicy.allows(Path::new("x"), "y"));
}
