//! Real clients over TLS: they trust the bundle that `ramtape run` hands them, or the authority of `ramtape ca`.

use super::rust_sdk;
use crate::support::binary::{Server, folder, ramtape};
use crate::support::clients::{Call, Finished, aws, boto3, node, python};
use crate::support::scene::{Endpoint, REGION, Tape, as_owner, assert_offline, recording, stop_offline};
use ramtape::ca::{AuthorityStore, CertificateAuthority};
use ramtape::simulator::Credential;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// For clients that read HTTP_PROXY and HTTPS_PROXY.
const PROXIES: &[&str] = &["proxy", "intercept"];

/// Records `call` over TLS and gives what it printed; then replays it over TLS, in clear, and through these `doors`, without an
/// endpoint.
fn plays_over_tls(call: &Call, doors: &[&str]) -> Finished {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let record = tape.run("once", &["--tls", "--upstream", &endpoint.url()]);
    let recorded = as_owner(call.clone()).under(record).finish().success();
    assert!(recorded.stderr.contains(" 0 replayed") && recorded.stderr.contains(", 0 missed"), "{recorded}");
    endpoint.stop();
    let doors = doors.iter().map(|door| vec!["--door", door]);
    for flags in [vec!["--tls"], vec![]].into_iter().chain(doors) {
        let replayed = call.clone().under(tape.run("none", &flags)).finish().success();
        assert_offline(&replayed.stderr);
        assert_eq!(replayed.stdout, recorded.stdout, "{flags:?}");
    }
    recorded
}

const LISTING: [&str; 5] = ["list", "GetResourceShares", r#"{"resourceOwner":"SELF"}"#, "--page-size", "2"];

#[test]
fn boto3_speaks_tls() {
    let Some(python) = python() else { return };
    assert!(plays_over_tls(&boto3(&python).args(LISTING), PROXIES).lines().len() > 2);
}

#[test]
fn the_aws_cli_speaks_tls() {
    let Some(python) = python() else { return };
    let words = ["ram", "get-resource-shares", "--resource-owner", "SELF", "--page-size", "2"];
    plays_over_tls(&aws(&python).args(words), PROXIES);
}

#[test]
fn the_javascript_sdk_speaks_tls() {
    let Some(node) = node() else { return };
    assert!(plays_over_tls(&node.ram().args(LISTING), &[]).lines().len() > 2);
}

/// `ramtape` in `home`, its words to stand behind `--ca-folder` where they are a server's.
fn authority(home: &Path) -> String {
    let made = ramtape(home).args(["ca", "--ca-folder", "ca"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read_to_string(home.join("ca/ca.pem")).unwrap()
}

#[test]
fn the_rust_sdk_speaks_tls_to_servers() {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let trusted = authority(tape.folder());
    let server = recording(&tape, "record --tls --ca-folder ca", &endpoint.url(), &Credential::owner());
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let recorded = rust_sdk::shares(&rust_sdk::over_tls(&trusted, None), &server.url);
    assert_eq!(server.stop().code, Some(0));
    endpoint.stop();
    assert!(recorded.len() > 2, "{recorded:?}");

    let mut replay = ramtape(tape.folder());
    replay.args(["replay", "--tls", "--ca-folder", "ca", "--cassette"]).arg(tape.path());
    let server = Server::start(&mut replay);
    assert_eq!(rust_sdk::shares(&rust_sdk::over_tls(&trusted, None), &server.url), recorded);
    stop_offline(server);
}

#[test]
fn cmd_gets_an_https_endpoint_and_a_bundle_that_goes_with_it() {
    let folder = folder();
    let seen = |keep: &[&str]| {
        let mut run = ramtape(folder.path());
        run.args(["run", "--record-mode", "none", "--tls"]).args(keep).args(["--", "sh", "-c"]);
        run.arg("env; grep -c BEGIN \"$AWS_CA_BUNDLE\"");
        let output = run.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = seen(&[]);
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
    };
    assert!(value("AWS_ENDPOINT_URL_RAM").starts_with("https://127.0.0.1:"), "{text}");
    let bundle = value("AWS_CA_BUNDLE");
    for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
        assert_eq!(value(name), bundle);
    }
    assert!(text.lines().last().unwrap().parse::<u32>().unwrap() > 100, "{text}");
    assert!(!Path::new(&bundle).exists(), "the bundle outlives the run");
    // Nothing of an authority that is made for one run is kept.
    assert!(!folder.path().join(".local").exists());
}

fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_server_without_a_good_authority_does_not_start_and_says_why() {
    let folder = folder();
    let replay = || {
        let mut replay = ramtape(folder.path());
        replay.args(["replay", "--tls", "--ca-folder", "ca"]);
        replay
    };
    let absent = refused(&mut replay());
    assert!(absent.contains("there is no certificate authority in ca: `ramtape ca` makes one"), "{absent}");

    let expired = CertificateAuthority::make(&[], Duration::ZERO).unwrap();
    AuthorityStore::at(folder.path().join("ca")).keep(&expired).unwrap();
    let over = refused(&mut replay());
    assert!(over.contains("expired on 20") && over.contains("`ramtape ca` makes a new one"), "{over}");
    // `run` must not fall back silently to another authority: CMD may trust this one by other means.
    let mut run = ramtape(folder.path());
    run.args(["run", "--tls", "--ca-folder", "ca", "--", "true"]);
    assert!(refused(&mut run).contains("expired on 20"));
}

#[test]
fn a_client_without_the_bundle_is_reported_in_the_log() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    authority(tape.folder());
    let mut replay = ramtape(tape.folder());
    replay.args(["replay", "--tls", "--ca-folder", "ca", "--cassette"]).arg(tape.path());
    let server = Server::start(&mut replay);
    let plain = server.url.replace("https://", "http://");
    for (url, said) in
        [(&server.url, "CERTIFICATE_VERIFY_FAILED"), (&plain, "use an endpoint that begins with https://")]
    {
        let call = boto3(&python).args(LISTING).endpoint(url).credentials("AKIDNOBODY0000000000", "nothing");
        let failed = call.region(REGION).env("AWS_MAX_ATTEMPTS", "1").finish();
        assert_eq!(failed.code, Some(1), "{failed}");
        assert!(failed.to_string().contains(said), "{said} in {failed}");
    }
    let stopped = server.stop();
    for part in ["a client does not trust ramtape's certificate for localhost", "sent plain HTTP to the TLS port"] {
        assert!(stopped.stderr.contains(part), "{part} in {stopped:?}");
    }
}
