//! `ramtape doctor`: what it finds, what it advises, what it never shows.

use crate::support::binary::{Finished, folder, ramtape};
use std::collections::BTreeMap;

const SECRET: &str = "wJalrXUtnFEMIexamplesecret";
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)];

/// Runs the doctor and gives its exit code and, by check, the verdicts and what was found.
fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, BTreeMap<String, (String, String)>) {
    let folder = folder();
    let mut command = ramtape(folder.path());
    command.args(["doctor", "--json"]).args(arguments).envs(variables.iter().copied());
    let finished = Finished::from(command.output().unwrap());
    let checks = finished.stdout.lines().map(|line| {
        let check: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |member: &str| check[member].as_str().unwrap().to_owned();
        (text("check"), (text("verdict"), text("found")))
    });
    (finished.code, checks.collect())
}

fn verdict<'a>(checks: &'a BTreeMap<String, (String, String)>, name: &str) -> &'a str {
    &checks[name].0
}

#[test]
fn with_credentials_every_check_passes() {
    let (code, checks) = doctor(&[], &KEYS);
    assert_eq!(code, Some(0), "{checks:?}");
    for name in ["configuration", "environment", "credentials", "upstream", "port"] {
        assert_eq!(verdict(&checks, name), "ok", "{checks:?}");
    }
    assert!(checks["upstream"].1.contains("not tried"), "{checks:?}");
}

#[test]
fn missing_credentials_are_a_failure_before_recording() {
    let (code, checks) = doctor(&[], &[]);
    assert_eq!((code, verdict(&checks, "credentials")), (Some(1), "fail"), "{checks:?}");
    let (code, checks) = doctor(&[], &[("CI", "true")]);
    assert_eq!((code, verdict(&checks, "credentials")), (Some(0), "warn"), "{checks:?}");
}

#[test]
fn upstream_is_connected_to_where_it_is_given() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (code, checks) = doctor(&["--upstream", &url], &KEYS);
    assert_eq!((code, verdict(&checks, "upstream")), (Some(0), "ok"), "{checks:?}");
    // Bound, so that nobody else gets the port, and not listened at.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", bound.local_addr().unwrap());
    let (code, checks) = doctor(&["--upstream", &url], &KEYS);
    assert_eq!((code, verdict(&checks, "upstream")), (Some(1), "fail"), "{checks:?}");
}

#[test]
fn a_taken_port_is_a_failure() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (code, checks) = doctor(&["--listen", &address], &KEYS);
    assert_eq!((code, verdict(&checks, "port")), (Some(1), "fail"), "{checks:?}");
}

#[test]
fn an_invalid_configuration_is_a_finding() {
    let (code, checks) = doctor(&[], &[("RAMTAPE_LISTEN", "nowhere")]);
    assert_eq!((code, verdict(&checks, "configuration")), (Some(1), "fail"), "{checks:?}");
    assert!(checks["configuration"].1.contains("RAMTAPE_LISTEN"), "{checks:?}");
}

#[test]
fn no_secret_is_shown() {
    let folder = folder();
    for arguments in [&["doctor"][..], &["doctor", "--json"], &["-vvv", "doctor"]] {
        let output = ramtape(folder.path()).args(arguments).envs(KEYS).env("AWS_SESSION_TOKEN", SECRET).output();
        let finished = Finished::from(output.unwrap());
        assert!(finished.stdout.contains("AKIA…MPLE"), "{finished:?}");
        for shown in [&finished.stdout, &finished.stderr] {
            assert!(!shown.contains(SECRET) && !shown.contains("AKIAIOSFODNN7EXAMPLE"), "{finished:?}");
        }
    }
}

#[test]
fn actors_are_checked_with_the_credentials_that_sign_for_them() {
    let folder = folder();
    let path = folder.path();
    let aws = format!("[other]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = {SECRET}\n");
    std::fs::write(path.join("credentials"), aws).unwrap();
    let doctor = |toml: &str| {
        std::fs::write(path.join("ramtape.toml"), toml).unwrap();
        let mut command = ramtape(path);
        command.arg("doctor").envs(KEYS).env("AWS_SHARED_CREDENTIALS_FILE", path.join("credentials"));
        Finished::from(command.output().unwrap())
    };
    let well = doctor("[actors.consumer]\nprofile = 'other'\n[actors.keys]\naccount = '444455556666'\n");
    assert_eq!(well.code, Some(0), "{well:?}");
    assert!(well.stdout.contains("actor: consumer is profile other; the profile gives key AKIA…MPLE"), "{well:?}");
    assert!(well.stdout.contains("actor: keys is account …6666; it has no profile"), "{well:?}");
    let absent = doctor("[actors.consumer]\nprofile = 'absent'\n");
    assert_eq!(absent.code, Some(1), "{absent:?}");
    assert!(absent.stdout.contains("correct profile in [actors.consumer]"), "{absent:?}");
    let wrong = doctor("[actors.default]\nprofile = 'other'\n");
    assert!(wrong.stdout.contains("/ramtape.toml: [actors.default] cannot be used"), "{wrong:?}");
    for shown in [well, absent, wrong] {
        assert!(!shown.stdout.contains(SECRET) && !shown.stderr.contains(SECRET), "{shown:?}");
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    let folder = folder();
    let finished = Finished::from(ramtape(folder.path()).arg("doctor").output().unwrap());
    assert!(finished.stdout.starts_with("ok    configuration: ") && !finished.stdout.contains('\x1b'), "{finished:?}");
}
