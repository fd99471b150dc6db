//! An owner's and a consumer's view in one cassette.

use std::path::Path;

use ramtape::simulator::Credential;
use serde_json::Value;

use crate::support::binary::{Server, ramtape};
use crate::support::clients::{Call, Finished, python, source};
use crate::support::principals::{BY_PROFILE, configure, endpoint_knowing, profiles, temporary, texts, under_run};
use crate::support::scene::{REGION, Tape, assert_offline};

/// Owner and consumer share in one run; see `accounts.py`.
fn sharing(python: &Path) -> Call {
    Call::new(python).args([source("python/accounts.py")]).args([Credential::consumer().account])
}

/// The statuses of the association that the owner saw.
fn statuses(finished: &Finished) -> Vec<String> {
    let lines = finished.lines();
    let seen = lines.iter().filter_map(|line| line.pointer("/owner/resourceShareAssociations/0/status"));
    seen.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn one_recording_holds_both_and_replays_offline_without_any_account() {
    let Some(python) = python() else { return };
    let (owner, consumer) = (Credential::owner(), Credential::consumer());
    let (mut endpoint, tape) = (endpoint_knowing(&[&owner, &consumer]), Tape::new());
    configure(&tape, BY_PROFILE);
    let config = profiles(tape.folder(), "aws", &[("owner", &owner), ("consumer", &consumer)]);
    let record = sharing(&python).env("AWS_CONFIG_FILE", config).region(REGION);
    let recorded = under_run(&tape, "once", &["--upstream", &endpoint.url()], record).finish().success();
    assert_eq!(statuses(&recorded).last().map(String::as_str), Some("ASSOCIATED"), "{recorded}");
    let lines = recorded.lines();
    assert_ne!(lines[0]["owner"], lines[1]["consumer"], "both saw the same invitations");
    let used: Vec<String> = endpoint
        .running()
        .received()
        .iter()
        .map(|it| it.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    for keys in [&owner, &consumer] {
        assert!(used.iter().any(|header| header.contains(&keys.access_key_id)), "{used:?}");
    }
    endpoint.stop();

    // What the repository holds: the cassette's text and ramtape.toml. No profile, no key.
    for _ in 0..2 {
        let colleague = tape.text_alone();
        configure(&colleague, BY_PROFILE);
        let replayed = under_run(&colleague, "none", &[], sharing(&python)).finish().success();
        assert_offline(&replayed.stderr);
        assert_eq!(replayed.stdout, recorded.stdout);
    }
    let ls = crate::support::binary::run(tape.folder(), &["ls", "--cassette", tape.path().to_str().unwrap()]);
    let of = |actor: &str| ls.stdout.lines().filter(|line| line.split_whitespace().any(|word| word == actor)).count();
    assert_eq!((of("owner"), of("consumer"), of("default")), (4, 3, 0), "{}", ls.stdout);
}

/// Records with a server and a client that have different temporary keys of both accounts.
fn recorded_with(python: &Path, number: u8) -> (Tape, Finished) {
    let of = |number| [temporary(Credential::owner(), number), temporary(Credential::consumer(), number)];
    let ([owner, consumer], own) = (of(number), of(number + 1));
    let endpoint = endpoint_knowing(&[&own[0], &own[1]]);
    let tape = Tape::new();
    configure(&tape, BY_PROFILE);
    let servers = profiles(tape.folder(), "servers", &[("owner", &own[0]), ("consumer", &own[1])]);
    let clients = profiles(tape.folder(), "clients", &[("owner", &owner), ("consumer", &consumer)]);
    let mut server = ramtape(tape.folder());
    server.args(["record", "--upstream", &endpoint.url(), "--cassette"]).arg(tape.path());
    let server = Server::start(server.env("AWS_CONFIG_FILE", servers));
    let call = sharing(python).env("AWS_CONFIG_FILE", clients).region(REGION).endpoint(&server.url);
    let finished = call.finish().success();
    let stopped = server.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let used = endpoint.running().received();
    let as_own = |request: &ramtape::simulator::Received| {
        let header = request.headers["authorization"].to_str().unwrap();
        own.iter().any(|keys| header.contains(&keys.access_key_id))
    };
    assert!(used.iter().all(as_own), "{used:?}");
    (tape, finished)
}

#[test]
fn temporary_keys_that_change_change_nothing() {
    let Some(python) = python() else { return };
    let (first, printed) = recorded_with(&python, 1);
    let (second, again) = recorded_with(&python, 101);
    assert_eq!(printed.stdout, again.stdout);
    assert_eq!(texts(&first), texts(&second));
    let texts = texts(&first);
    assert_eq!(texts.len(), 7);
    for (file, text) in &texts {
        assert!(text.contains("\"actor\": \"owner\"") || text.contains("\"actor\": \"consumer\""), "{file}: {text}");
        for number in [1, 2] {
            for keys in [temporary(Credential::owner(), number), temporary(Credential::consumer(), number)] {
                let token = keys.session_token.unwrap();
                for secret in [&keys.access_key_id, &keys.secret, &token] {
                    assert!(!text.contains(secret.as_str()), "{secret} in {file}");
                }
            }
        }
    }
    let replayed = under_run(&first, "none", &[], sharing(&python)).finish().success();
    assert_offline(&replayed.stderr);
    assert_eq!(replayed.stdout, printed.stdout);
}
