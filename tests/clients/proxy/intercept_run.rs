//! `ramtape run --door intercept`: what CMD gets, and when it is not started at all.

use super::intercepted::items;
use crate::support::binary::{Finished, folder, ramtape};
use crate::support::clients::{Call, boto3, python};
use crate::support::scene::{Endpoint, Tape, as_owner, assert_offline};
use crate::support::steps::{Known, batch, every_listing};
use std::collections::BTreeMap;
use std::path::Path;

/// `ramtape run --door intercept` with these flags and variables.
fn run(folder: &Path, flags: &[&str], variables: &[(&str, &str)], cmd: &[&str]) -> Finished {
    let mut command = ramtape(folder);
    command.args(["run", "--door", "intercept"]).args(flags).arg("--").args(cmd).envs(variables.iter().copied());
    Finished::from(command.output().unwrap())
}

fn seen(folder: &Path, flags: &[&str], variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let finished = run(folder, flags, variables, &["env"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    finished.stdout.lines().filter_map(pair).collect()
}

#[test]
fn cmd_gets_a_proxy_and_a_bundle_and_no_endpoint() {
    let folder = folder();
    let config = folder.path().join("aws");
    std::fs::write(&config, "[profile mine]\nregion = eu-central-1\n").unwrap();
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    let mine =
        [config, ("AWS_PROFILE", "mine"), ("HTTPS_PROXY", "http://corp.test"), ("AWS_ENDPOINT_URL_RAM", "http://x")];
    let recording = seen(folder.path(), &["--record-mode", "all"], &mine);
    let replaying = seen(folder.path(), &["--record-mode", "none"], &mine);
    for seen in [&recording, &replaying] {
        assert!(seen["HTTPS_PROXY"].starts_with("http://127.0.0.1:"), "{seen:?}");
        assert_eq!(seen["HTTPS_PROXY"], seen["https_proxy"]);
        for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
            assert_eq!(seen[name], seen["AWS_CA_BUNDLE"]);
        }
        assert!(!seen.contains_key("AWS_ENDPOINT_URL_RAM") && seen.values().all(|value| !value.contains("key-")));
    }
    assert_eq!(recording["AWS_PROFILE"], "mine");
    assert!(!replaying.contains_key("AWS_PROFILE") && replaying["AWS_ACCESS_KEY_ID"] == "ramtape");
}

#[test]
fn cmd_is_not_started_where_it_would_go_past_ramtape() {
    let folder = folder();
    for (flags, name, value, part) in [
        (&[][..], "NO_PROXY", ".amazonaws.com", "covers ram.us-east-1.amazonaws.com"),
        (&[], "AWS_ENDPOINT_URL", "http://127.0.0.1:4566", "AWS_ENDPOINT_URL makes CMD bypass ramtape"),
        (&["--tls"], "X", "x", "--tls works only with --door endpoint"),
    ] {
        let refused = run(folder.path(), flags, &[(name, value)], &["touch", "started"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(part), "{part} in {refused:?}");
    }
    assert!(!folder.path().join("started").exists());
}

#[test]
fn boto3_records_and_replays_without_any_set_up_and_over_tls_too() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let steps = every_listing(&Known::of(&endpoint, boto3(&python)));
    let call: Call = batch(boto3(&python), &steps);
    let flags = ["--door", "intercept", "--upstream", &endpoint.url()];
    let recorded = as_owner(call.clone()).under(tape.run("once", &flags)).finish().success();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    endpoint.stop();
    for flags in [&["--door", "intercept"][..], &["--tls"], &[]] {
        let replayed = call.clone().under(tape.run("none", flags)).finish().success();
        assert_offline(&replayed.stderr);
        assert_eq!(items(&replayed), items(&recorded), "{flags:?}");
    }
}

#[test]
fn what_else_cmd_asks_is_counted_on_replay() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let script = "import boto3; boto3.client('iam').list_users()";
    let call = Call::new(&python).args(["-c", script]).env("AWS_MAX_ATTEMPTS", "1");
    let failed = call.under(tape.run("none", &["--door", "intercept"])).finish();
    assert_eq!(failed.code, Some(1), "{failed}");
    for part in [
        "there is no tunnel to iam.amazonaws.com:443: ramtape replays and sends nothing",
        "refused 1 request: no tunnel to iam.amazonaws.com:443",
        "0 replayed, 0 recorded, 0 missed; 0 upstream connections",
    ] {
        assert!(failed.stderr.contains(part), "{part} in {failed}");
    }
}
