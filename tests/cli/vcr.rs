//! `ramtape import --vcr`: cassettes of vcrpy (`signed.yaml`, `filtered.yaml`, recorded with boto3) and of go-vcr (`go.yaml`).

use crate::support::binary::{Finished, folder, run};
use crate::support::stage::{Answer, Caller, Stage};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use ramtape::config::RecordMode;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What `AssumeRole` answered in the files, and no cassette may hold.
const SECRETS: [&str; 3] = ["ASIAY34FZKBOKMUTVV7A", "bPxRfiCYzEXAMPLEKEY", "RealTokenOfTheSuite"];

fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vcr").join(name).to_str().unwrap().to_owned()
}

fn import(folder: &Path, files: &[&str], flags: &[&str]) -> Finished {
    run(folder, &[&["import", "--cassette", "tape"], flags, &["--vcr"], files].concat())
}

/// Asks as boto3 does, with the key of `credentials`, which are a key id and a session token.
async fn ask(to: &Caller, service: &str, path: &str, body: &str, credentials: (&str, Option<&str>)) -> Answer {
    let (key_id, token) = credentials;
    let scope = format!("{key_id}/20261130/us-east-1/{service}/aws4_request");
    let signature = "0".repeat(64);
    let mut request = Request::new(Full::new(Bytes::from(body.to_owned())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("{}/~{path}", to.base).parse().unwrap();
    let kind =
        if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded; charset=utf-8" };
    let headers = [
        ("content-type", kind.to_owned()),
        (
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={signature}"),
        ),
    ];
    let token = token.map(|token| ("x-amz-security-token", token.to_owned()));
    for (name, value) in headers.into_iter().chain(token) {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    to.send(request).await
}

/// What stands between the tags called `name`.
fn element(answer: &Answer, name: &str) -> String {
    let text = std::str::from_utf8(&answer.body).unwrap();
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {text}"));
    rest.split('<').next().unwrap().to_owned()
}

fn shares(answer: &Answer) -> usize {
    answer.json()["resourceShares"].as_array().unwrap_or_else(|| panic!("{answer:?}")).len()
}

const ASSUME: &str = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeploy\
    &RoleSessionName=suite";
const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const LISTING: &str = "{\"resourceOwner\": \"SELF\"}";
const USER: (&str, Option<&str>) = ("AKIAIOSFODNN7EXAMPLE", None);

#[tokio::test]
async fn a_vcrpy_cassette_replays_and_holds_no_credentials() {
    let mut stage = Stage::new().await;
    stage.stop_endpoint().await;
    let imported = import(stage.folder(), &[&sample("signed.yaml")], &[]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    for told in ["5 takes added to tape, for 4 requests", "1 entry for other services: hooks.example.test (1)"] {
        assert!(imported.stderr.contains(told), "{told}: {imported:?}");
    }
    for (file, text) in stage.texts("tape") {
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{file}: {text}");
    }
    let ramtape = stage.ramtape("tape", RecordMode::None).await;
    let assumed = ask(&ramtape, "sts", "signed/", ASSUME, USER).await;
    let (key_id, token) = (element(&assumed, "AccessKeyId"), element(&assumed, "SessionToken"));
    assert!(key_id.starts_with("ASIA") && token.starts_with("ramtape-as-"), "{assumed:?}");
    let role = (key_id.as_str(), Some(token.as_str()));
    let who = ask(&ramtape, "sts", "signed/", WHO, role).await;
    assert!(element(&who, "Arn").ends_with("assumed-role/deploy/suite"));
    assert_eq!(shares(&ask(&ramtape, "ram", "signed/getresourceshares", LISTING, role).await), 0);
    let made = ask(&ramtape, "ram", "signed/createresourceshare", "{\"name\": \"made\"}", role).await;
    assert_eq!(made.json()["resourceShare"]["status"], "ACTIVE");
    // Its body came as gzip, in base64.
    assert_eq!(shares(&ask(&ramtape, "ram", "signed/getresourceshares", LISTING, role).await), 1);
    assert_eq!(ramtape.stop().await.missed, 0);
}

#[tokio::test]
async fn requests_without_their_signatures_are_known_by_host() {
    let text = fs::read_to_string(sample("filtered.yaml")).unwrap();
    let headers = |more: &str| text.replace("    headers:\n", &format!("    headers:\n{more}"));
    let credential =
        "AWS4-HMAC-SHA256 Credential=KEY/20261130/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0";
    let masked = text.replace(
        "    headers:\n      Content-Length:\n      - '116'\n",
        &format!("    headers:\n      Authorization: ['{credential}']\n      Content-Length:\n      - '116'\n"),
    );
    assert_ne!(masked, text);
    for filtered in [&text, &headers("      Authorization: [X]\n      X-Amz-Security-Token: [X]\n"), &masked] {
        let mut stage = Stage::new().await;
        stage.stop_endpoint().await;
        fs::write(stage.folder().join("filtered.yaml"), filtered).unwrap();
        let imported = import(stage.folder(), &["filtered.yaml"], &[]);
        assert_eq!(imported.code, Some(0), "{imported:?}");
        assert!(imported.stderr.contains("5 takes added to tape, for 4 requests"), "{imported:?}");
        let ramtape = stage.ramtape("tape", RecordMode::None).await;
        // Nobody is told apart in them: what the role asked is recorded as by who assumed it, and replays to the role.
        let assumed = ask(&ramtape, "sts", "filtered/", ASSUME, USER).await;
        let (key_id, token) = (element(&assumed, "AccessKeyId"), element(&assumed, "SessionToken"));
        let role = (key_id.as_str(), Some(token.as_str()));
        assert!(element(&ask(&ramtape, "sts", "filtered/", WHO, role).await, "Arn").ends_with("deploy/suite"));
        assert_eq!(shares(&ask(&ramtape, "ram", "filtered/getresourceshares", LISTING, role).await), 0);
        ask(&ramtape, "ram", "filtered/createresourceshare", "{\"name\": \"made\"}", role).await;
        assert_eq!(shares(&ask(&ramtape, "ram", "filtered/getresourceshares", LISTING, role).await), 1);
        assert_eq!(ramtape.stop().await.missed, 0);
    }
}

#[tokio::test]
async fn actors_and_stand_ins_survive_an_archive() {
    let stage = Stage::new().await;
    for name in ["signed", "filtered"] {
        let well = |arguments: &[&str]| assert_eq!(run(stage.folder(), arguments).code, Some(0), "{arguments:?}");
        well(&["import", "--cassette", name, "--vcr", &sample(&format!("{name}.yaml"))]);
        well(&["export", "--har", "a.har", "--cassette", name]);
        well(&["import", "a.har", "--cassette", &format!("{name}-back")]);
        assert_eq!(stage.texts(&format!("{name}-back")), stage.texts(name));
    }
}

#[tokio::test]
async fn a_go_vcr_cassette_is_imported_and_what_it_lacks_is_told() {
    let mut stage = Stage::new().await;
    stage.stop_endpoint().await;
    fs::copy(sample("go.yaml"), stage.folder().join("go.yaml")).unwrap();
    let dry = import(stage.folder(), &["go.yaml"], &["--dry-run", "--json"]);
    assert!(dry.code == Some(6) && !stage.cassette("tape").exists(), "{dry:?}");
    let lines: Vec<Value> = dry.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let skipped = lines.iter().find(|line| line["leftOut"].is_string()).unwrap();
    assert_eq!((&skipped["entry"], &skipped["file"]), (&3.into(), &"go.yaml".into()), "{dry:?}");
    let imported = import(stage.folder(), &["go.yaml"], &[]);
    assert_eq!(imported.code, Some(6), "{imported:?}");
    for told in [
        "skipped: entry 3 of go.yaml, POST https://ram.us-east-1.amazonaws.com/listprincipals: its request's body is not",
        "2 takes added to tape, for 2 requests",
    ] {
        assert!(imported.stderr.contains(told), "{told}: {imported:?}");
    }
    let ramtape = stage.ramtape("tape", RecordMode::None).await;
    assert!(element(&ask(&ramtape, "sts", "go/", WHO, USER).await, "Arn").ends_with("user/go"));
    assert_eq!(shares(&ask(&ramtape, "ram", "go/getresourceshares", LISTING, USER).await), 0);
    assert_eq!(ramtape.stop().await.missed, 0);
}

#[test]
fn each_file_is_a_session_and_can_have_a_cassette() {
    let folder = folder();
    let files = [sample("signed.yaml"), sample("filtered.yaml"), sample("go.yaml")];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let imported = import(folder.path(), &files, &["--cassette-per-session"]);
    // An entry of go.yaml lacks its body.
    assert_eq!(imported.code, Some(6), "{imported:?}");
    for name in ["signed", "filtered", "go"] {
        assert!(folder.path().join("tape").join(name).join("cassette.json").exists(), "{name}");
    }
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::copy(sample("go.yaml"), folder.path().join("other/go.yml")).unwrap();
    let refused = import(folder.path(), &[&sample("go.yaml"), "other/go.yml"], &[]);
    assert!(refused.code == Some(1) && refused.stderr.contains("would both be the session go"), "{refused:?}");
    let both = run(folder.path(), &["import", "x.har", "--vcr", "other/go.yml"]);
    assert!(both.code == Some(2) && both.stderr.contains("cannot be used with"), "{both:?}");
    let neither = run(folder.path(), &["import"]);
    assert!(neither.code == Some(2), "{neither:?}");
}

#[test]
fn a_cassette_is_data_whatever_its_tags_say() {
    let folder = folder();
    let made = folder.path().join("made");
    let call = |tag: &str| format!("!!python/object/{tag} ['touch {}']", made.display());
    let entry = |body: &str, path: &str| {
        format!(
            "- request:\n    body: {body}\n    headers: {{}}\n    method: POST\n    uri: https://ram.us-east-1.amazonaws.com/{path}\n  \
             response:\n    body: {{string: '{{\"resourceShares\": []}}'}}\n    headers: {{}}\n    status: {{code: 200}}\n"
        )
    };
    let told = |text: &str| {
        fs::write(folder.path().join("evil.yaml"), text).unwrap();
        let finished = import(folder.path(), &["evil.yaml"], &["--dry-run"]);
        assert!(!made.exists(), "{text} was executed");
        finished
    };
    let evil = entry(&call("apply:os.system"), "getresourceshares");
    let some = told(&format!("interactions:\n{evil}{}", entry("'{\"resourceOwner\": \"SELF\"}'", "getresourceshares")));
    assert_eq!(some.code, Some(6), "{some:?}");
    for part in ["entry 1 of evil.yaml", "(!!python/object/apply:os.system)", "1 take would be added"] {
        assert!(some.stderr.contains(part), "{part}: {some:?}");
    }
    let whole = told(&call("new:os.system"));
    assert!(whole.code == Some(1) && whole.stderr.contains("evil.yaml: not a cassette of vcrpy"), "{whole:?}");
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let bomb = told(&format!("{laughs}interactions: *a11\n"));
    assert!(bomb.code == Some(1) && bomb.stderr.contains("aliases"), "{bomb:?}");
    let deep = told(&format!("interactions:\n{}x", "- ".repeat(100_000)));
    assert!(deep.code == Some(1) && deep.stderr.contains("nested more than 64 deep"), "{deep:?}");
}
