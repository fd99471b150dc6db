//! Whom a recording refuses, and what it says.

use std::path::Path;

use ramtape::simulator::Credential;
use serde_json::{Value, json};

use crate::support::clients::{Call, Finished, boto3, python};
use crate::support::principals::{configure, endpoint_knowing, profiles, temporary, under_run};
use crate::support::scene::{REGION, Tape};

fn invitations(python: &Path, config: &str, profile: &str) -> Call {
    let call = boto3(python).args(["call", "GetResourceShareInvitations"]).region(REGION);
    call.env("AWS_CONFIG_FILE", config).env("AWS_PROFILE", profile)
}

fn error(finished: &Finished) -> Value {
    finished.lines().into_iter().find_map(|line| line.get("error").cloned()).unwrap_or_else(|| panic!("{finished}"))
}

/// Two runs of a client, one as each profile, in one run of ramtape.
fn both(one: &Call, other: &str) -> Call {
    let script = "\"$@\"; AWS_PROFILE=\"$OTHER\" exec \"$@\"";
    one.clone().env("OTHER", other).under(["sh", "-c", script, "sh"])
}

#[test]
fn a_second_account_without_an_actor_gets_the_lines_to_add() {
    let Some(python) = python() else { return };
    let (first, second) = (temporary(Credential::owner(), 1), temporary(Credential::consumer(), 1));
    let (endpoint, tape) = (endpoint_knowing(&[&first, &second]), Tape::new());
    let config = profiles(tape.folder(), "aws", &[("first", &first), ("second", &second)]);
    let record = |tape: &Tape| {
        let call = both(&invitations(&python, &config, "first"), "second");
        under_run(tape, "all", &["--upstream", &endpoint.url()], call).finish()
    };
    let refused = record(&tape);
    let error = error(&refused);
    assert_eq!((&error["code"], &error["status"]), (&json!("RamtapeUnclaimedAccountException"), &json!(403)));
    assert_eq!(error["retryAttempts"], 0);
    assert_eq!(endpoint.running().requests(), 1, "{refused}");
    let texts = crate::support::principals::texts(&tape);
    assert_eq!(texts.len(), 1);
    assert!(texts.iter().all(|(_, text)| !text.contains("\"actor\": \"second\"")), "{texts:?}");

    // A client that swallows the refusal does not hide it.
    let swallowing = invitations(&python, &config, "second").under(["sh", "-c", "\"$@\" || true", "sh"]);
    let swallowing = both(&swallowing.env("AWS_PROFILE", "first"), "second");
    let hidden = under_run(&Tape::new(), "all", &["--upstream", &endpoint.url()], swallowing).finish();
    assert_eq!(hidden.code, Some(1), "{hidden}");

    // The lines as they were printed are all that was missing.
    let message = error["message"].as_str().unwrap();
    assert!(refused.stderr.contains("[actors.second]"), "{refused}");
    let lines = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with("[actors.")).take_while(|line| !line.is_empty());
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert!(lines(message).contains("account = \"444455556666\"\n"), "{message}");
    configure(&tape, &lines(message));
    let recorded = record(&tape).success();
    assert_eq!(endpoint.running().requests(), 4);
    assert_eq!(crate::support::principals::texts(&tape).len(), 2, "{recorded}");
}

#[test]
fn an_actor_without_a_profile_is_not_signed_for_by_another_account() {
    let Some(python) = python() else { return };
    let (own, other) = (temporary(Credential::owner(), 1), temporary(Credential::consumer(), 1));
    let (endpoint, tape) = (endpoint_knowing(&[&own, &other]), Tape::new());
    let config = profiles(tape.folder(), "aws", &[("own", &own), ("other", &other)]);
    let record = |profile: &str| {
        let run = ["--upstream", &endpoint.url(), "--profile", "own"];
        // The profile that the command picks itself, not the one that it is given.
        let picking = format!("AWS_PROFILE={profile} exec \"$@\"");
        let call = invitations(&python, &config, profile).under(["sh", "-c", &picking, "sh"]);
        under_run(&tape, "all", &run, call).finish()
    };
    for claim in ["account = \"444455556666\"".to_owned(), format!("key_ids = [{:?}]", other.access_key_id)] {
        configure(&tape, &format!("[actors.consumer]\n{claim}\n[actors.owner]\naccount = \"111122223333\"\n"));
        let error = error(&record("other"));
        assert_eq!((&error["code"], &error["status"]), (&json!("RamtapeActorWithoutProfileException"), &json!(403)));
        assert!(error["message"].as_str().unwrap().contains("set `profile` in [actors.consumer]"), "{error}");
        assert_eq!(endpoint.running().requests(), 0);
    }
    record("own").success();
    assert_eq!(endpoint.running().requests(), 1);
}

#[test]
fn keys_without_an_account_are_not_a_second_account() {
    let Some(python) = python() else { return };
    let own = temporary(Credential::owner(), 1);
    let (endpoint, tape) = (endpoint_knowing(&[&own]), Tape::new());
    let config = profiles(
        tape.folder(),
        "aws",
        &[
            ("first", &own),
            ("test", &Credential { access_key_id: "AKIDEXAMPLE".to_owned(), ..Credential::consumer() }),
            ("old", &Credential::consumer()),
        ],
    );
    let client = both(&invitations(&python, &config, "test"), "old");
    let call = both(&client.env("AWS_PROFILE", "first"), "test");
    let run = under_run(&tape, "once", &["--upstream", &endpoint.url(), "--profile", "first"], call);
    run.finish().success();
}

#[test]
fn with_an_actors_profile_that_cannot_be_loaded_nobody_becomes_default() {
    let Some(python) = python() else { return };
    let own = temporary(Credential::owner(), 1);
    let (endpoint, tape) = (endpoint_knowing(&[&own]), Tape::new());
    configure(&tape, "[actors.consumer]\nprofile = \"absent\"\n[actors.owner]\nkey_ids = [\"owners-key\"]\n");
    let config = profiles(tape.folder(), "aws", &[("first", &own)]);
    let record =
        |call: Call| under_run(&tape, "all", &["--upstream", &endpoint.url(), "--profile", "first"], call).finish();
    let refused = record(invitations(&python, &config, "first"));
    let error = error(&refused);
    assert_eq!((&error["code"], &error["status"]), (&json!("RamtapeActorUnknownException"), &json!(403)));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("[actors.consumer]") && message.contains("absent"), "{message}");
    assert_eq!(endpoint.running().requests(), 0);
    // Whoever is known by other means is not held up.
    let keys = "AWS_ACCESS_KEY_ID=owners-key AWS_SECRET_ACCESS_KEY=nothing exec \"$@\"";
    let known = invitations(&python, &config, "first").under(["sh", "-c", keys, "sh"]);
    record(known).success();
    assert_eq!(endpoint.running().requests(), 1);
}
