//! A cassette for every session, polling and pruning, through the commands.

use crate::support::binary::{Server, file, folder, ramtape, ramtape_with_signals, run, signal};
use crate::support::endpoint::{Endpoint, get, post, with_keys};
use std::path::Path;

const OWN: &str = "{\"resourceOwner\":\"SELF\"}";
const OTHER: &str = "{\"resourceOwner\":\"OTHER-ACCOUNTS\"}";

/// Lists, for a session if one is named.
fn list(base_url: &str, session: Option<&str>, body: &str) -> (u16, String) {
    let session = session.map(|name| format!("/~{name}")).unwrap_or_default();
    post(&format!("{base_url}{session}"), "/getresourceshares", body)
}

#[test]
fn every_session_has_a_cassette_and_once_is_decided_for_each() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let serve = |mode: &str| {
        let mut command = with_keys(folder.path());
        command.args(["serve", "--record-mode", mode, "--cassette-per-session", "--cassette", "tapes"]);
        Server::start(command.args(["--upstream", &endpoint.url()]))
    };
    let first = serve("once");
    let a = list(&first.url, Some("a"), OWN);
    assert_eq!(a.0, 200);
    // A crash: what was acknowledged is there, and the next run of a replays it.
    first.kill();
    let second = serve("once");
    assert_eq!(list(&second.url, Some("a"), OWN), a);
    assert_eq!(list(&second.url, Some("b"), OTHER).0, 200);
    let finished = second.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in ["1 replayed, 1 recorded, 0 missed", "cassette a: answers to 1 request are"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("session b:"), "nothing is to be said of sessions that miss nothing");
    assert!(file(&folder, "tapes/b/cassette.json").exists() && !file(&folder, "tapes/cassette.json").exists());
    let third = serve("none");
    assert_eq!(list(&third.url, Some("a"), OWN), a);
    assert_eq!(list(&third.url, Some("b"), OWN).0, 400);
    assert_eq!(third.stop().code, Some(3));
}

#[test]
fn a_parent_folder_and_a_cassette_are_not_confused() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let record = |more: &[&str]| {
        let mut command = with_keys(folder.path());
        command.args(["record", "--upstream", &endpoint.url()]).args(more);
        let server = Server::start(&mut command);
        assert_eq!(list(&server.url, Some("a"), OWN).0, 200);
        assert_eq!(server.stop().code, Some(0));
    };
    record(&["--cassette", "tapes", "--cassette-per-session"]);
    record(&["--cassette", "one"]);
    let finished = run(folder.path(), &["ls", "--cassette", "tapes"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("--cassette tapes/a"), "{finished:?}");
    assert_eq!(run(folder.path(), &["ls", "--cassette", "tapes/a"]).stdout.lines().count(), 1);
    let finished = run(folder.path(), &["replay", "--cassette", "one", "--cassette-per-session"]);
    assert_ne!(finished.code, Some(0));
    assert!(finished.stderr.contains("one is itself a cassette"), "{finished:?}");
}

#[test]
fn poll_accepts_its_two_values() {
    let folder = folder();
    let refused = run(folder.path(), &["replay", "--poll", "sometimes"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("recorded") && refused.stderr.contains("final"), "{refused:?}");
    std::fs::write(file(&folder, "ramtape.toml"), "poll = 'sometimes'").unwrap();
    let refused = run(folder.path(), &["replay"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

/// The answer of a control path, as JSON.
fn control(base_url: &str, path: &str) -> serde_json::Value {
    let (_, text) = match path.strip_prefix("POST ") {
        Some(path) => post(base_url, path, ""),
        None => get(base_url, path),
    };
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
}

#[test]
fn what_a_failing_test_recorded_is_discarded_and_the_others_stays() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let create = |base_url: &str, session: &str, name: &str| {
        post(&format!("{base_url}/~{session}"), "/createresourceshare", &format!("{{\"name\":\"{name}\"}}")).0
    };
    let server =
        Server::start(with_keys(folder.path()).args(["serve", "--record-mode", "once", "--upstream", &endpoint.url()]));
    assert_eq!(list(&server.url, Some("passes"), OWN).0, 200);
    assert_eq!((list(&server.url, Some("fails"), OWN).0, create(&server.url, "fails", "x")), (200, 200));
    assert_eq!(control(&server.url, "/_ramtape/sessions/fails")["recorded"], 2);
    let without_key = server.url.rsplit_once("/~").unwrap().0;
    assert_eq!(post(without_key, "/_ramtape/sessions/fails/discard", "").0, 403);
    let discarded = control(&server.url, "POST /_ramtape/sessions/fails/discard");
    assert_eq!(discarded, serde_json::json!({ "session": "fails", "discarded": 2 }));
    let now = control(&server.url, "/_ramtape/sessions/fails");
    assert_eq!((&now["recorded"], &now["writes"]), (&0.into(), &0.into()));
    // Its next attempt is recorded, and no other is touched by what comes late.
    assert_eq!(create(&server.url, "fails", "y"), 200);
    assert_eq!(control(&server.url, "POST /_ramtape/sessions/unknown/discard")["discarded"], 0);
    let finished = server.stop();
    assert!(finished.stderr.contains("0 replayed, 2 recorded, 0 missed"), "{finished:?}");
    let takes = run(folder.path(), &["show", "*", "--json"]).stdout;
    assert!(
        takes.contains("\"passes\"") && takes.contains(r#"\"name\":\"y\""#) && !takes.contains(r#"\"name\":\"x\""#),
        "{takes}"
    );

    let replaying = Server::start(ramtape(folder.path()).args(["replay"]));
    assert_eq!(list(&replaying.url, Some("passes"), OWN).0, 200);
    assert_eq!(create(&replaying.url, "fails", "x"), 400);
    let state = control(&replaying.url, "/_ramtape/sessions/fails");
    assert_eq!((&state["requests"], &state["missed"]), (&1.into(), &1.into()));
    let miss = state["misses"][0].as_str().unwrap();
    assert!(miss.contains("no recorded answer for CreateResourceShare") && miss.contains("\"y\""), "{miss}");
    // There is nothing to discard where nothing is recorded.
    assert_eq!(control(&replaying.url, "POST /_ramtape/sessions/fails/discard")["discarded"], 0);
    assert_eq!(replaying.stop().code, Some(3));
}

#[test]
fn a_recording_of_everything_leaves_what_a_failing_test_had() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let record = |fails: bool| {
        let server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &endpoint.url()]));
        assert_eq!(list(&server.url, Some("test"), OWN).0, 200);
        if fails {
            control(&server.url, "POST /_ramtape/sessions/test/discard");
        }
        assert_eq!(server.stop().code, Some(0));
        run(folder.path(), &["show", "*", "--json"]).stdout
    };
    let first = record(false);
    assert!(first.contains("GetResourceShares"), "{first}");
    assert_eq!(record(true), first);
}

/// Two requests recorded.
fn recorded(folder: &Path) {
    let endpoint = Endpoint::start();
    let server = Server::start(with_keys(folder).args(["record", "--upstream", &endpoint.url()]));
    assert_eq!(list(&server.url, None, OWN).0, 200);
    assert_eq!(list(&server.url, None, OTHER).0, 200);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn prune_removes_what_the_latest_complete_replay_did_not_use() {
    let folder = folder();
    recorded(folder.path());
    let prune = |more: &[&str]| run(folder.path(), &[&["prune"], more].concat());
    let none = prune(&[]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("no complete replay"), "{none:?}");

    // A replay with a miss shows nothing.
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    list(&server.url, None, OWN);
    list(&server.url, None, "{\"resourceOwner\":\"SELF\",\"name\":\"x\"}");
    assert_eq!(server.stop().code, Some(3));
    assert_eq!(prune(&[]).code, Some(1));

    // Nor does one that skips what a waiter would see.
    let server = Server::start(ramtape(folder.path()).args(["replay", "--poll", "final"]));
    list(&server.url, None, OWN);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(prune(&[]).code, Some(1));

    let server = Server::start(ramtape(folder.path()).arg("replay"));
    list(&server.url, None, OWN);
    let busy = prune(&[]);
    assert!(busy.code == Some(1) && busy.stderr.contains("stop it first"), "{busy:?}");
    assert_eq!(server.stop().code, Some(0));

    let dry = prune(&["--dry-run", "--json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    let object: serde_json::Value = serde_json::from_str(dry.stdout.trim()).unwrap();
    assert_eq!((&object["unused"], &object["fileGoes"]), (&serde_json::json!([1]), &serde_json::json!(true)));
    assert_eq!(run(folder.path(), &["ls"]).stdout.lines().count(), 2);
    let done = prune(&[]);
    assert!(done.stdout.contains("its take") && done.stderr.contains("1 take removed"), "{done:?}");
    assert_eq!(run(folder.path(), &["ls"]).stdout.lines().count(), 1);
    let server = Server::start(ramtape_with_signals(folder.path()).arg("replay"));
    assert_eq!(list(&server.url, None, OWN).0, 200);
    signal(server.id(), "INT");
    assert_eq!(server.wait().code, Some(0));
    let finished = prune(&[]);
    assert!(finished.stderr.contains("nothing to remove"), "{finished:?}");
}

#[test]
fn a_failed_cmd_counts_no_use_and_secrets_of_its_line_are_not_kept() {
    let folder = folder();
    recorded(folder.path());
    // A client that a shell can be: bash speaks TCP.
    let script = format!(
        "a=${{AWS_ENDPOINT_URL_RAM#http://}}; exec 3<>/dev/tcp/${{a%:*}}/${{a#*:}}; \
         printf 'POST /getresourceshares HTTP/1.1\\r\\nHost: %s\\r\\nContent-Type: application/json\\r\\n\
         Content-Length: {}\\r\\nConnection: close\\r\\n\\r\\n%s' \"$a\" '{OWN}' >&3; cat <&3 >/dev/null; exit $0",
        OWN.len()
    );
    let replay = |code: &str| {
        run(folder.path(), &["run", "--record-mode", "none", "--", "bash", "-c", &script, code, "token=hidden"])
    };
    assert_eq!(replay("7").code, Some(7));
    assert_eq!(run(folder.path(), &["prune", "--dry-run"]).code, Some(1));
    let good = replay("0");
    assert!(good.code == Some(0) && good.stderr.contains("1 replayed"), "{good:?}");
    let dry = run(folder.path(), &["prune", "--dry-run"]);
    assert!(dry.code == Some(0) && dry.stderr.contains("1 take would be removed"), "{dry:?}");
    assert!(dry.stderr.contains("bash -c") && !dry.stderr.contains("hidden"), "{dry:?}");
}
