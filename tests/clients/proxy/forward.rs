//! Real clients whose HTTP proxy is ramtape: each signs for the real host, and the endpoint verifies that signature.

use super::intercepted::proxied;
use crate::support::binary::{Server, ramtape};
use crate::support::clients::{Call, Finished, aws, boto3, python};
use crate::support::proxied::HOST;
use crate::support::scene::{Endpoint, REGION, Tape, as_nobody, as_owner, assert_offline, stop_offline};
use crate::support::steps::{Known, Step, batch, by_step, every_listing, step};
use aws_sdk_ram::Client;
use aws_sdk_ram::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ram::types::{ResourceOwner, ResourceShare};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use ramtape::simulator::{Credential, PageSizes};
use serde_json::{Value, json};
use std::path::Path;

/// A server in `mode` that has no credentials, and finds none.
fn server(tape: &Tape, mode: &str, upstream: &str) -> Server {
    let mut server = ramtape(tape.folder());
    server.args(["serve", "--record-mode", mode, "--upstream", upstream, "--cassette"]).arg(tape.path());
    Server::start(&mut server)
}

/// Runs `call` as the owner under `ramtape run --door proxy`, which finds no credentials: CMD alone has some.
fn record(tape: &Tape, endpoint: &Endpoint, call: Call) -> Finished {
    let run = tape.run("once", &["--door", "proxy", "--upstream", &endpoint.url()]);
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let keys = [format!("AWS_ACCESS_KEY_ID={access_key_id}"), format!("AWS_SECRET_ACCESS_KEY={secret}")];
    let call = call.region(REGION).under(["env".to_owned()].into_iter().chain(keys));
    let recorded = call.under(run).finish().success();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    for received in endpoint.running().received() {
        assert_eq!(received.headers["host"], HOST, "{received:?}");
    }
    recorded
}

fn replay(tape: &Tape, door: &str, call: Call) -> Finished {
    let replayed = call.under(tape.run("none", &["--door", door])).finish().success();
    assert_offline(&replayed.stderr);
    replayed
}

/// What the steps answered, but for the bytes that tokens are in, and whose tokens those are.
fn answers(finished: &Finished) -> Vec<(String, Vec<Value>)> {
    let untold = |mut line: Value| {
        for answer in ["page", "answer"].map(|label| format!("/{label}/nextToken")) {
            if let Some(token) = line.pointer_mut(&answer).filter(|token| token.is_string()) {
                *token = json!("a token");
            }
        }
        line
    };
    let parsed = |lines: Vec<Value>| lines.into_iter().filter(|line| line.get("http").is_none()).map(untold).collect();
    by_step(finished).into_iter().map(|(step, lines)| (step, parsed(lines))).collect()
}

fn short_pages(endpoint: &Endpoint, known: &Known) {
    for (operation, _) in known.listings() {
        // An empty one in the middle.
        endpoint.running().set_page_sizes(PageSizes::new(&operation, &[1, 0, 1]));
    }
}

#[test]
fn boto3_records_every_listing_through_the_proxy_and_replays_it_through_both_doors() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let known = Known::of(&endpoint, boto3(&python));
    short_pages(&endpoint, &known);
    let steps = every_listing(&known);
    let recording = server(&tape, "once", &endpoint.url());
    let recorded = proxied(as_owner(batch(boto3(&python), &steps)), &recording).finish().success();
    let stopped = recording.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    endpoint.stop();
    let recorded = answers(&recorded);
    assert!(recorded.len() == 28 && recorded.iter().all(|(_, lines)| lines.len() >= 3), "{recorded:?}");

    let clone = tape.git_clone();
    let call = || batch(boto3(&python), &steps);
    let (proxy, endpoint) = (replay(&clone, "proxy", call()), replay(&clone, "endpoint", call()));
    assert_eq!(answers(&proxy), recorded);
    assert_eq!(by_step(&proxy), by_step(&endpoint));

    let replaying = server(&clone, "none", "http://127.0.0.1:9");
    let nobodys = as_nobody(call(), "").region(REGION);
    assert_eq!(answers(&proxied(nobodys, &replaying).finish().success()), recorded);
    stop_offline(replaying);
}

#[test]
fn what_boto3_recorded_through_the_endpoint_replays_through_the_proxy_byte_for_byte() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let known = Known::of(&endpoint, boto3(&python));
    short_pages(&endpoint, &known);
    let steps = every_listing(&known);
    let recorded = tape.record(&endpoint.url(), batch(boto3(&python), &steps));
    endpoint.stop();
    let replayed = replay(&tape.git_clone(), "proxy", batch(boto3(&python), &steps));
    assert_eq!(by_step(&replayed), by_step(&recorded));
}

#[test]
fn writes_and_what_is_read_after_them_pass_the_proxy() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let life = || boto3(&python).args(["life", "by-proxy"]);
    let recorded = record(&tape, &endpoint, life());
    assert!(endpoint.running().requests_of("DeleteResourceShare") == 1, "{recorded}");
    endpoint.stop();
    let clone = tape.git_clone();
    for door in ["proxy", "endpoint"] {
        assert_eq!(replay(&clone, door, life()).stdout, recorded.stdout, "{door}");
    }
}

/// Ways to page that hand tokens from one process to the next; between two answers a line of its own.
const WAYS: &str = concat!(
    "set -e\naws() { \"$PYTHON\" -m awscli ram \"$@\" && echo ----; }\n",
    include_str!("../pinned/cli_ways.sh")
);

fn ways(python: &Path) -> Call {
    Call::new("sh").args(["-c", WAYS]).env("PYTHON", python)
}

/// The answers between the lines, their tokens aside.
fn printed(finished: &Finished) -> Vec<Value> {
    let text = String::from_utf8(finished.stdout.clone()).unwrap();
    let answer = |part: &str| {
        let mut answer: Value = serde_json::from_str(part).unwrap();
        for name in ["nextToken", "NextToken"] {
            if answer[name].is_string() {
                answer[name] = json!("a token");
            }
        }
        answer
    };
    text.split("----\n").filter(|part| !part.trim().is_empty()).map(answer).collect()
}

#[test]
fn the_aws_cli_hands_upstreams_tokens_on_and_replays_with_ramtapes() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recorded = printed(&record(&tape, &endpoint, ways(&python)));
    endpoint.stop();
    assert_eq!(recorded.len(), 5, "{recorded:?}");
    let clone = tape.git_clone();
    for door in ["proxy", "endpoint"] {
        assert_eq!(printed(&replay(&clone, door, ways(&python))), recorded, "{door}");
    }
}

#[test]
fn a_cli_without_credentials_in_ramtape_gets_upstreams_own_refusals() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let recording = server(&tape, "once", &endpoint.url());
    let call = proxied(aws(&python).args(["ram", "list-permissions"]), &recording).region(REGION);
    let refused = call.credentials("AKIDNOBODY0000000000", "nothing").finish();
    assert!(refused.code != Some(0) && refused.stderr.contains("UnrecognizedClientException"), "{refused}");
    let stopped = recording.stop();
    assert!(stopped.stderr.contains("0 recorded"), "{stopped:?}");
    assert!(!tape.path().join("list-permissions").exists());
}

/// The SDK for Rust with its own support for proxies, as its default HTTP client has it.
fn rust_sdk(server: &Server, keys: &Credential) -> Client {
    let proxy = format!("http://{}", server.authority());
    let http_client = Builder::new().build_with_connector_fn(move |settings, _| {
        let mut connector = ConnectorBuilder::default();
        connector.set_connector_settings(settings.cloned());
        connector.proxy_config(ProxyConfig::http(proxy.as_str()).unwrap()).build_http()
    });
    let config = aws_sdk_ram::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client)
        .endpoint_url(format!("http://{HOST}"))
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(&keys.access_key_id, &keys.secret, None, None, "test"))
        .build();
    Client::from_conf(config)
}

/// All shares of the account, page by page, and whether each page has a token.
fn listed(client: &Client) -> Vec<(Vec<ResourceShare>, bool)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = client.get_resource_shares().resource_owner(ResourceOwner::SelfValue).max_results(3);
    let pages: Result<Vec<_>, _> = runtime.block_on(asked.into_paginator().send().collect());
    let page = |page: aws_sdk_ram::operation::get_resource_shares::GetResourceSharesOutput| {
        let goes_on = page.next_token.is_some();
        (page.resource_shares.unwrap_or_default(), goes_on)
    };
    pages.unwrap().into_iter().map(page).collect()
}

#[test]
fn the_rust_sdk_records_and_replays_through_the_proxy() {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recording = server(&tape, "once", &endpoint.url());
    let recorded = listed(&rust_sdk(&recording, &Credential::owner()));
    let stopped = recording.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    endpoint.stop();
    assert_eq!(recorded.len(), 4);
    let clone = tape.git_clone();
    let replaying = server(&clone, "none", "http://127.0.0.1:9");
    assert_eq!(listed(&rust_sdk(&replaying, &Credential::consumer())), recorded);
    stop_offline(replaying);
}

/// Entries that clients could take as covering the host, or not.
const ENTRIES: [&str; 17] = [
    "*",
    "*.amazonaws.com",
    "amazonaws.com",
    ".amazonaws.com",
    ".AMAZONAWS.com",
    "aws.com",
    "com",
    "ram.us-east-1.amazonaws.com",
    "ram.us-east-1.amazonaws.com:80",
    "corp.test, .amazonaws.com",
    "corp.test .amazonaws.com",
    "corp.test",
    "10.0.0.0/8,127.0.0.1",
    "sts.us-east-1.amazonaws.com",
    "iam.amazonaws.com",
    "amazonaws.com.cn",
    ".",
];

/// Asks Python's own reading of NO_PROXY, and that of the package `requests`, for the services that are recorded.
const BYPASSES: &str = "
import json, os, sys, urllib.request, requests.utils
for entry in json.load(sys.stdin):
    os.environ['no_proxy'] = entry
    hosts = ['ram.us-east-1.amazonaws.com', 'sts.us-east-1.amazonaws.com']
    by_requests = [requests.utils.should_bypass_proxies(f'http://{host}/', None) for host in hosts]
    print(json.dumps(any(map(urllib.request.proxy_bypass, hosts)) or any(by_requests)))
";

#[test]
fn wherever_python_would_go_past_the_proxy_cmd_is_not_started() {
    let Some(python) = python() else { return };
    let asked = Call::new(&python).args(["-c", BYPASSES]).input(json!(ENTRIES).to_string()).finish().success();
    let bypassed = asked.lines();
    assert_eq!(bypassed.len(), ENTRIES.len());
    assert!(bypassed.contains(&json!(true)) && bypassed.contains(&json!(false)));
    let tape = Tape::new();
    for (entry, bypassed) in ENTRIES.into_iter().zip(bypassed) {
        let run = tape.run("none", &["--door", "proxy"]);
        let started = Call::new("true").env("no_proxy", entry).under(run).finish().code == Some(0);
        assert!(!(started && bypassed == json!(true)), "{entry:?}");
        let harmless = ["corp.test", "10.0.0.0/8,127.0.0.1", "iam.amazonaws.com", "amazonaws.com.cn", "."];
        assert_eq!(started, harmless.contains(&entry), "{entry:?}");
    }
}

#[test]
fn a_step_that_was_not_recorded_is_a_miss_that_names_the_door() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let own: [Step; 1] = [step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" }))];
    record(&tape, &endpoint, batch(boto3(&python), &own));
    let other = [step("call", "GetResourceShares", &json!({ "resourceOwner": "OTHER-ACCOUNTS" }))];
    let missed = batch(boto3(&python), &other).under(tape.run("none", &["--door", "proxy"])).finish();
    assert!(missed.stderr.contains("--record-mode new_episodes --door proxy --cassette"), "{missed}");
}
