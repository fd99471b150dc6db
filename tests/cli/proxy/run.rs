//! `ramtape run --door proxy`: what CMD gets, and when it is not started at all.

use crate::support::binary::{Finished, folder, ramtape};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs CMD under `ramtape run` in `folder`, with `variables`.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], cmd: &[&str]) -> Finished {
    let mut command = ramtape(folder);
    command.arg("run").args(arguments).arg("--").args(cmd).envs(variables.iter().copied());
    Finished::from(command.output().unwrap())
}

/// What CMD sees.
fn seen(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let finished = run(folder, arguments, variables, &["env"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    finished.stdout.lines().filter_map(pair).collect()
}

#[test]
fn recording_leads_cmd_to_the_proxy_and_to_the_regions_host() {
    let folder = folder();
    let config = folder.path().join("aws");
    std::fs::write(&config, "[profile mine]\nregion = eu-central-1\n").unwrap();
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    let mine =
        [config, ("AWS_PROFILE", "mine"), ("AWS_REGION", "eu-central-1"), ("HTTP_PROXY", "http://corp.test:3128")];
    let seen = seen(folder.path(), &["--record-mode", "all", "--door", "proxy"], &mine);
    assert_eq!(seen["AWS_ENDPOINT_URL_RAM"], "http://ram.eu-central-1.amazonaws.com");
    assert!(seen["HTTP_PROXY"].starts_with("http://127.0.0.1:"), "{seen:?}");
    assert_eq!(seen["HTTP_PROXY"], seen["http_proxy"]);
    assert_eq!((seen["AWS_PROFILE"].as_str(), seen["AWS_REGION"].as_str()), ("mine", "eu-central-1"));
    let loopback = "127.0.0.1,localhost,::1,[::1],127.0.0.0/8";
    assert_eq!((seen["NO_PROXY"].as_str(), seen["no_proxy"].as_str()), (loopback, loopback));
    assert!(seen.values().all(|value| !value.contains("key-")), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_the_host_is_that_of_the_cassettes_region() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("tape", RecordMode::Once).await;
    let asking = crate::support::stage::Asking::region("eu-west-1");
    recording.ask("GetResourceShares", json!({ "resourceOwner": "SELF" }).to_string(), asking).await;
    recording.stop().await;
    let arguments = ["--record-mode", "none", "--door", "proxy", "--cassette", "tape"];
    let folder = stage.folder().to_owned();
    let seen = tokio::task::spawn_blocking(move || seen(&folder, &arguments, &[("AWS_REGION", "us-west-2")]));
    let seen = seen.await.unwrap();
    assert_eq!(seen["AWS_ENDPOINT_URL_RAM"], "http://ram.eu-west-1.amazonaws.com");
    assert_eq!((seen["AWS_REGION"].as_str(), seen["AWS_ACCESS_KEY_ID"].as_str()), ("eu-west-1", "ramtape"));
}

#[test]
fn file_and_variable_choose_the_door_too_and_it_is_never_the_default() {
    let folder = folder();
    let endpoint = |arguments: &[&str], variables: &[(&str, &str)]| {
        seen(folder.path(), &[&["--record-mode", "all"], arguments].concat(), variables)["AWS_ENDPOINT_URL_RAM"].clone()
    };
    assert!(endpoint(&[], &[]).starts_with("http://127.0.0.1:"));
    assert!(endpoint(&[], &[("RAMTAPE_DOOR", "proxy")]).starts_with("http://ram."));
    std::fs::write(folder.path().join("ramtape.toml"), "door = \"proxy\"").unwrap();
    assert!(endpoint(&[], &[]).starts_with("http://ram."));
    assert!(endpoint(&["--door", "endpoint"], &[]).starts_with("http://127.0.0.1:"));
}

#[test]
fn cmd_is_not_started_where_its_requests_would_go_past_the_proxy() {
    let folder = folder();
    for mode in ["none", "once", "all"] {
        for (name, value) in [
            ("NO_PROXY", "*"),
            ("no_proxy", "corp.test, .amazonaws.com"),
            ("NO_PROXY", "ram.us-east-1.amazonaws.com:80"),
            ("no_proxy", "us-east-1.amazonaws.com"),
        ] {
            let arguments = ["--record-mode", mode, "--door", "proxy"];
            let finished = run(folder.path(), &arguments, &[(name, value)], &["touch", "started"]);
            assert_eq!(finished.code, Some(2), "{finished:?}");
            assert!(!folder.path().join("started").exists(), "{name}={value}");
            for part in [name, "ram.us-east-1.amazonaws.com", "clear text"] {
                assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
            }
            let finished = run(folder.path(), &arguments[..2], &[(name, value)], &["true"]);
            assert_eq!(finished.code, Some(0), "{finished:?}");
        }
        let elsewhere = [("NO_PROXY", "corp.test,10.0.0.0/8,.eu-west-1.amazonaws.com")];
        let finished = run(folder.path(), &["--record-mode", mode, "--door", "proxy"], &elsewhere, &["true"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
}

#[test]
fn a_cmd_without_proxy_support_gets_a_warning() {
    let finished = run(folder().path(), &["--door", "proxy"], &[], &["true"]);
    for part in ["sent nothing", "HTTP_PROXY", "JavaScript", "clear text"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
}
