//! Where the key is, and whose rules are in force.

use crate::support::binary::{Finished, Server, folder, ramtape, run};
use crate::support::secrets::committed;
use crate::support::stage::{Asking, Caller, Stage};
use ramtape::config::{RawConfig, RecordMode};
use ramtape::simulator::Credential;
use serde_json::{Value, json};
use std::path::Path;

const MAIL: &str = concat!("jane", "@corp.co.uk");
const KEY: &str = "a-key-that-is-long-enough-to-be-random";

/// `ramtape VERB` over `folder`/c, with the owner's keys and these variables.
fn server(folder: &Path, verb: &str, upstream: &str, variables: &[(&str, &str)]) -> Server {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.args([verb, "--upstream", upstream, "--cassette", "c"]).envs(variables.iter().copied());
    command.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    Server::start(&mut command)
}

async fn asked(server: Server, name: &str) -> (Value, Finished) {
    let caller = Caller::of(&server.url);
    let answer = caller.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": name })).await.json();
    (answer, tokio::task::spawn_blocking(move || server.stop()).await.unwrap())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("c").join(name)).unwrap()
}

fn texts(folder: &Path) -> String {
    let entries = committed(&folder.join("c")).into_iter().filter(|(path, _)| path.parent() != Some(&folder.join("c")));
    entries.map(|(path, text)| format!("{}\n{text}", path.strip_prefix(folder).unwrap().display())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_made_beside_the_cassette_when_it_is_needed() {
    let (stage, folder) = (Stage::new().await, folder());
    let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), "plain").await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!folder.path().join("c/redaction.key").exists());
    let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), MAIL).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let key = read(folder.path(), "redaction.key");
    assert!(!texts(folder.path()).contains(MAIL) && !read(folder.path(), "cassette.json").contains(key.trim()));
    // Recorded again with the same key nothing changes; replayed, it is found.
    let before = texts(folder.path());
    asked(server(folder.path(), "record", stage.url(), &[]), MAIL).await;
    assert_eq!((read(folder.path(), "redaction.key"), texts(folder.path())), (key, before));
    let (_, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // A mark that an editor put before it makes no other key of it.
    let marked = format!("\u{feff}{}", read(folder.path(), "redaction.key"));
    std::fs::write(folder.path().join("c/redaction.key"), marked).unwrap();
    let (_, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // Without the key it is not, and the miss says so and not the address.
    std::fs::remove_file(folder.path().join("c/redaction.key")).unwrap();
    let (answer, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("the redaction key is missing") && message.contains("/name"), "{message}");
    assert!(!message.contains(MAIL) && !finished.stderr.contains(MAIL), "{finished:?}");
    assert_eq!(finished.code, Some(3));
    let (_, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), "plain").await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_deleted_while_it_is_recorded_with_is_there_again() {
    let (stage, folder) = (Stage::new().await, folder());
    let recording = server(folder.path(), "record", stage.url(), &[]);
    let asked = json!({ "resourceOwner": "SELF", "name": MAIL });
    Caller::of(&recording.url).post("GetResourceShares", asked).await;
    let files = || ["redaction.key", "cassette.json"].map(|name| read(folder.path(), name));
    let before = files();
    for name in ["redaction.key", "cassette.json"] {
        std::fs::remove_file(folder.path().join("c").join(name)).unwrap();
    }
    let finished = tokio::task::spawn_blocking(move || recording.stop()).await.unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(files(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_not_replaced() {
    let (stage, folder) = (Stage::new().await, folder());
    // Without a pseudonym there is no key to lose.
    for name in ["plain", MAIL] {
        let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), name).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    let (file, before) = (folder.path().join("c/redaction.key"), texts(folder.path()));
    let key = std::fs::read_to_string(&file).unwrap();
    let recorded = |mode: &str, given: Option<&str>| {
        let mut command = ramtape(folder.path());
        command.args(["run", "--record-mode", mode, "--cassette", "c", "--", "true"]);
        Finished::from(command.envs(given.map(|key| ("RAMTAPE_REDACT_KEY", key))).output().unwrap())
    };
    std::fs::remove_file(&file).unwrap();
    for mode in ["all", "new_episodes"] {
        let refused = recorded(mode, None);
        assert_eq!(refused.code, Some(5), "{refused:?}");
        for part in ["c: the redaction key that it was recorded with is missing", "Restore its redaction.key", "again"]
        {
            assert!(refused.stderr.contains(part), "{part} in {refused:?}");
        }
        assert!(!file.exists() && texts(folder.path()) == before);
    }
    // The same key, wherever it is, will do; another one will not.
    assert_eq!(recorded("new_episodes", Some(key.trim())).code, Some(0));
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let refused = recorded("all", None);
    assert!(refused.code == Some(5) && refused.stderr.contains("not the key named in cassette.json"), "{refused:?}");
    let (answer, _) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
    assert!(answer["message"].as_str().unwrap().contains("the redaction key is missing"), "{answer}");
    std::fs::write(&file, key).unwrap();
    assert_eq!(recorded("all", None).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cassettes_of_all_sessions_have_one_key() {
    let stage = Stage::new().await;
    let switch = |written: &mut RawConfig| written.cassette_per_session = Some(true);
    let recording = stage.ramtape_with("tapes", RecordMode::Once, switch).await;
    let asked = || json!({ "resourceOwner": "SELF", "name": MAIL }).to_string();
    let sessions = ["one", "two", "three"];
    let ask = async |session| recording.ask("GetResourceShares", asked(), Asking::session(session)).await.status;
    let (one, two, three) = tokio::join!(ask(sessions[0]), ask(sessions[1]), ask(sessions[2]));
    assert!([one, two, three].iter().all(|status| status.is_success()));
    assert_eq!(recording.stop().await.not_recorded, [""; 0]);
    let key = |name: &str| std::fs::read_to_string(stage.cassette("tapes").join(name).join("redaction.key")).unwrap();
    assert!(sessions.iter().all(|session| key(session) == key("")));
    assert_eq!(run(stage.folder(), &["scan", "tapes/redaction.key"]).code, Some(0));
    let merged = run(stage.folder(), &["merge", "whole", "tapes/one", "tapes/two", "tapes/three"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    // One that is recorded anew has the same key again.
    std::fs::remove_dir_all(stage.cassette("tapes/one")).unwrap();
    let recording = stage.ramtape_with("tapes", RecordMode::Once, switch).await;
    recording.ask("GetResourceShares", asked(), Asking::session("one")).await;
    recording.stop().await;
    assert_eq!(key("one"), key("two"));
    // And where only theirs are left of it.
    std::fs::remove_file(stage.cassette("tapes/redaction.key")).unwrap();
    std::fs::remove_dir_all(stage.cassette("tapes/one")).unwrap();
    let recording = stage.ramtape_with("tapes", RecordMode::Once, switch).await;
    recording.ask("GetResourceShares", asked(), Asking::session("one")).await;
    recording.stop().await;
    assert_eq!((key("one"), key("")), (key("two"), key("two")));
    // So has one that comes from elsewhere, or is recorded alone.
    assert_eq!(run(stage.folder(), &["export", "--har", "two.har", "--cassette", "tapes/two"]).code, Some(0));
    let har = std::fs::read_to_string(stage.folder().join("two.har")).unwrap();
    let other_mail = har.replace("redacted-", "nobody@corp.co.uk redacted-");
    assert_ne!(har, other_mail);
    std::fs::write(stage.folder().join("two.har"), other_mail).unwrap();
    let imported = run(stage.folder(), &["import", "two.har", "--cassette", "tapes/four"]);
    assert!(imported.code == Some(0) && key("four") == key(""), "{imported:?}");
    let recording = stage.ramtape("tapes/five", RecordMode::Once).await;
    recording.ask("GetResourceShares", asked(), Asking::default()).await;
    recording.stop().await;
    assert_eq!(key("five"), key(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_has_the_key_of_those_before_or_is_not_recorded() {
    let stage = Stage::new().await;
    let asked = json!({ "resourceOwner": "SELF", "name": MAIL });
    let kept = stage.folder().join("key");
    let record = async |session: &str, key: Option<&str>| {
        key.iter().for_each(|key| std::fs::write(&kept, key).unwrap());
        let recording = stage.ramtape_with("tapes", RecordMode::Once, |written| {
            written.cassette_per_session = Some(true);
            written.redact.key_file = key.map(|_| kept.clone());
        });
        let recording = recording.await;
        let asking = Asking::session(session);
        let answer = recording.ask("GetResourceShares", asked.to_string(), asking).await;
        (recording.stop().await, answer.json()["message"].as_str().unwrap_or_default().to_owned())
    };
    let tapes = stage.cassette("tapes");
    let has_key = |name: &str| tapes.join(name).join("redaction.key").exists();
    // Kept elsewhere: neither without it, nor with another one, nor with one that stands there by mistake.
    assert_eq!(record("one", Some(KEY)).await.0.recorded, 1);
    for (key, told) in
        [(None, "is missing"), (Some("another-key-that-is-long-enough-too"), "a redaction key other than")]
    {
        let (summary, message) = record("two", key).await;
        assert!((summary.recorded, summary.damaged) == (0, 1) && message.contains(told), "{summary:?} {message}");
        assert!(!has_key("") && !has_key("two"));
    }
    std::fs::write(tapes.join("redaction.key"), "yet-another-key-that-is-long-enough\n").unwrap();
    assert_eq!(record("two", None).await.0.recorded, 0);
    std::fs::write(tapes.join("redaction.key"), KEY).unwrap();
    assert_eq!(record("two", None).await.0.recorded, 1);
    let merged = run(stage.folder(), &["merge", "whole", "tapes/one", "tapes/two"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    // Of the keys beside it is the one that is named that counts.
    std::fs::write(tapes.join("redaction.key"), "yet-another-key-that-is-long-enough\n").unwrap();
    assert_eq!(record("three", None).await.0.recorded, 1);
    assert_eq!(std::fs::read_to_string(tapes.join("three/redaction.key")).unwrap(), KEY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_key_gives_everybody_the_same_text() {
    let stage = Stage::new().await;
    let mut recorded = Vec::new();
    for variable in ["RAMTAPE_REDACT_KEY", "RAMTAPE_REDACT_KEY_FILE"] {
        let folder = folder();
        std::fs::write(folder.path().join("key"), format!("{KEY}\n")).unwrap();
        let value = if variable.ends_with("FILE") { "key" } else { KEY };
        let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[(variable, value)]), MAIL).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(!folder.path().join("c/redaction.key").exists());
        recorded.push((read(folder.path(), "cassette.json"), texts(folder.path())));
        // Nobody goes on recording without it, or with another one.
        for other in [None, Some("another-key-that-is-long-enough-too")] {
            let mut command = ramtape(folder.path());
            command
                .args(["run", "--record-mode", "all", "--cassette", "c"])
                .envs(other.map(|other| ("RAMTAPE_REDACT_KEY", other)));
            let refused = Finished::from(command.args(["--", "true"]).output().unwrap());
            assert!(
                refused.code == Some(5) && refused.stderr.contains("a redaction key other than") == other.is_some(),
                "{refused:?}"
            );
        }
        // It replays without the key what needs none.
        let (answer, _) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
        assert!(answer["message"].as_str().unwrap().contains("RAMTAPE_REDACT_KEY"), "{answer}");
        let (_, finished) =
            asked(server(folder.path(), "replay", stage.url(), &[("RAMTAPE_REDACT_KEY", KEY)]), MAIL).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    assert_eq!(recorded[0], recorded[1]);
    assert!(recorded[0].0.contains("\"key\": \""), "{}", recorded[0].0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_file_is_made_readable_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (stage, folder) = (Stage::new().await, folder());
    std::fs::write(folder.path().join("ramtape.toml"), "[redact]\nkey_file = 'own.key'\n").unwrap();
    let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), MAIL).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mode = std::fs::metadata(folder.path().join("own.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (_, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), MAIL).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cassettes_rules_win_and_a_message_says_so() {
    let (stage, folder) = (Stage::new().await, folder());
    let rule = "[redact]\npseudonymize = 'accounts'\n[[redact.rules]]\nmember = 'status'\n";
    std::fs::write(folder.path().join("ramtape.toml"), rule).unwrap();
    let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), "transit-hub").await;
    assert!(finished.code == Some(0) && !finished.stderr.contains("in force"), "{finished:?}");
    let rules = read(folder.path(), "cassette.json");
    assert!(rules.contains("\"pseudonymize\": \"accounts\"") && rules.contains("\"member\": \"status\""), "{rules}");
    assert!(texts(folder.path()).contains("\"status\": \"redacted-"), "{}", texts(folder.path()));
    // Other rules, and none.
    std::fs::write(folder.path().join("ramtape.toml"), "[[redact.rules]]\nmember = 'name'\n").unwrap();
    let (_, finished) = asked(server(folder.path(), "record", stage.url(), &[]), "transit-hub").await;
    for part in ["c/cassette.json apply", "1 rule is only in the configuration", "the cassette pseudonymises accounts"]
    {
        assert!(finished.stderr.contains(part), "{part} in {finished:?}");
    }
    assert!(texts(folder.path()).contains("\"name\": \"transit-hub\""));
    std::fs::write(folder.path().join("ramtape.toml"), "").unwrap();
    let (_, finished) = asked(server(folder.path(), "replay", stage.url(), &[]), "transit-hub").await;
    assert!(finished.code == Some(0) && !finished.stderr.contains("in force"), "{finished:?}");
    // So it is where nothing is recorded any more.
    std::fs::remove_dir_all(folder.path().join("c/get-resource-shares")).unwrap();
    std::fs::write(folder.path().join("ramtape.toml"), "[[redact.rules]]\nmember = 'name'\n").unwrap();
    asked(server(folder.path(), "record", stage.url(), &[]), "transit-hub").await;
    let rules = read(folder.path(), "cassette.json");
    assert!(rules.contains("accounts") && !rules.contains("\"member\": \"name\""), "{rules}");
}
