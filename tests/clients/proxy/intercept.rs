//! Real clients whose HTTPS proxy is ramtape: what they record through tunnels replays through every door, and the reverse.

use super::intercepted::{authority, bundle, intercepted, items, proxied, server};
use super::other_host::{ARN, OtherHost};
use super::rust_sdk;
use crate::support::clients::{Call, aws, boto3, node, python, source};
use crate::support::scene::{Endpoint, REGION, Tape, as_nobody, as_owner, recording, stop_offline};
use crate::support::steps::{Known, batch, by_step, every_listing};
use ramtape::simulator::Credential;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

fn nobody(call: Call) -> Call {
    call.credentials("AKIDNOBODY0000000000", "nothing").region(REGION)
}

/// Records every listing through tunnels, and replays it through all three doors.
fn plays_through_all_doors(client: &Call, has_http_proxy: bool) {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let steps = every_listing(&Known::of(&endpoint, client.clone()));
    let recorder = server(&tape, "all", &endpoint.url(), &[]);
    let recorded = intercepted(as_owner(batch(client.clone(), &steps)), &recorder, &tape).finish().success();
    let stopped = recorder.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(stopped.stderr.contains("0 replayed, ") && !stopped.stderr.contains(" 0 recorded"), "{stopped:?}");
    assert!(endpoint.running().requests() > 28);
    endpoint.stop();

    let replayer = server(&tape, "none", NOWHERE, &[]);
    let call = || nobody(batch(client.clone(), &steps));
    let through_tunnels = intercepted(call(), &replayer, &tape).finish().success();
    assert_eq!(items(&through_tunnels), items(&recorded));
    let by_endpoint = call().endpoint(&replayer.url).finish().success();
    assert_eq!(by_step(&by_endpoint), by_step(&through_tunnels), "byte for byte, tokens included");
    if has_http_proxy {
        let by_proxy = proxied(call(), &replayer).finish().success();
        assert_eq!(by_step(&by_proxy), by_step(&through_tunnels));
    }
    stop_offline(replayer);
}

#[test]
fn boto3_records_through_tunnels_and_replays_through_every_door() {
    let Some(python) = python() else { return };
    plays_through_all_doors(&boto3(&python), true);
}

#[test]
fn the_javascript_sdk_records_through_tunnels_with_an_agent() {
    let Some(node) = node() else { return };
    plays_through_all_doors(&node.ram(), false);
}

#[test]
fn what_the_endpoint_recorded_replays_through_tunnels() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let steps = every_listing(&Known::of(&endpoint, boto3(&python)));
    let recorder = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    let recorded = as_nobody(batch(boto3(&python), &steps), &recorder.url).finish().success();
    recorder.stop();
    endpoint.stop();
    let replayer = server(&tape, "none", NOWHERE, &[]);
    let replayed = intercepted(nobody(batch(boto3(&python), &steps)), &replayer, &tape).finish().success();
    assert_eq!(by_step(&replayed), by_step(&recorded));
    stop_offline(replayer);
}

#[test]
fn the_aws_cli_records_through_tunnels_and_replays_through_every_door() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let call = aws(&python).args(["ram", "get-resource-shares", "--resource-owner", "SELF", "--page-size", "2"]);
    let recorder = server(&tape, "all", &endpoint.url(), &[]);
    let recorded = intercepted(as_owner(call.clone()), &recorder, &tape).finish().success();
    recorder.stop();
    endpoint.stop();
    let replayer = server(&tape, "none", NOWHERE, &[]);
    for (door, replayed) in [
        ("intercept", intercepted(nobody(call.clone()), &replayer, &tape)),
        ("endpoint", nobody(call.clone()).endpoint(&replayer.url)),
        ("proxy", proxied(nobody(call), &replayer)),
    ] {
        assert_eq!(replayed.finish().success().stdout, recorded.stdout, "{door}");
    }
    stop_offline(replayer);
}

#[test]
fn the_rust_sdk_speaks_http2_through_tunnels() {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recorder = server(&tape, "all", &endpoint.url(), &["-vv"]);
    let trusted = std::fs::read_to_string(tape.folder().join("ca/ca.pem")).unwrap();
    let through = |server: &crate::support::binary::Server| {
        rust_sdk::pages(&rust_sdk::over_tls(&trusted, Some(&format!("http://{}", server.authority()))), None)
    };
    let recorded = through(&recorder);
    assert!(recorded.len() > 2, "{recorded:?}");
    let stopped = recorder.stop();
    assert!(stopped.stderr.contains("version=HTTP/2.0"), "{stopped:?}");
    endpoint.stop();
    let replayer = server(&tape, "none", NOWHERE, &[]);
    assert_eq!(through(&replayer), recorded);
    stop_offline(replayer);
}

/// A call to another service, as tools make it to learn who they are.
fn identity(python: &std::path::Path, host: &OtherHost) -> Call {
    as_owner(Call::new(python).args([source("python/caller_identity.py"), format!("https://{}", host.name).into()]))
}

#[test]
fn other_services_are_reached_through_tunnels_while_recording() {
    let Some(python) = python() else { return };
    let (other, endpoint, tape) = (OtherHost::start(), Endpoint::start(), Tape::new());
    let company = tape.folder().join("company.pem");
    std::fs::write(&company, &other.authority).unwrap();
    // The bundle that `ramtape ca` makes takes the place of the company's, and holds it.
    authority(&tape, &[("AWS_CA_BUNDLE", company.to_str().unwrap())]);
    let text = std::fs::read_to_string(bundle(&tape)).unwrap();
    let recorder = server(&tape, "all", &endpoint.url(), &["--allow-tunnel", &other.name]);
    std::fs::write(bundle(&tape), text).unwrap();
    let asked = intercepted(identity(&python, &other), &recorder, &tape).finish().success();
    assert_eq!(String::from_utf8(asked.stdout).unwrap().trim(), ARN);
    assert_eq!(other.asked(), 1);
    let stopped = recorder.stop();
    assert!(stopped.stderr.contains("1 tunnel to other hosts"), "{stopped:?}");
}

#[test]
fn other_services_are_not_reached_unless_they_are_allowed_and_never_on_replay() {
    let Some(python) = python() else { return };
    let (other, endpoint, tape) = (OtherHost::start(), Endpoint::start(), Tape::new());
    for (mode, more, said) in [
        ("all", &[][..], "there is no tunnel to"),
        ("none", &["--allow-tunnel", &other.name], "ramtape replays and sends nothing"),
    ] {
        let server = server(&tape, mode, &endpoint.url(), more);
        let failed = intercepted(identity(&python, &other), &server, &tape).finish();
        assert!(failed.code == Some(1) && failed.stderr.contains(said), "{failed}");
        let stopped = server.stop();
        let count = format!("no tunnel to {}", other.name);
        assert!(stopped.stderr.contains(&count) && stopped.stderr.contains("0 upstream connections"), "{stopped:?}");
        assert!(!stopped.stderr.contains("tunnel to other hosts"), "{stopped:?}");
    }
    assert_eq!((other.asked(), endpoint.running().requests()), (0, 0));
}

#[test]
fn a_server_without_an_authority_says_what_to_run() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let mut serve = crate::support::binary::ramtape(tape.folder());
    serve.args(["serve", "--record-mode", "all", "--upstream", &endpoint.url(), "--cassette"]).arg(tape.path());
    let server = crate::support::binary::Server::start(&mut serve);
    let proxy = format!("http://{}", server.authority());
    let call = as_owner(aws(&python).args(["ram", "enable-sharing-with-aws-organization"]));
    let failed = call.env("HTTPS_PROXY", &proxy).env("AWS_MAX_ATTEMPTS", "1").finish();
    assert!(failed.code != Some(0), "{failed}");
    // The CLI keeps the reason to itself.
    let stopped = server.stop();
    assert!(stopped.stderr.contains("`ramtape ca` makes one"), "{stopped:?}");
    assert_eq!(endpoint.running().requests(), 0);
}
