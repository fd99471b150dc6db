//! `none` sends nothing: every client replays through every door that it has, where there is no network but loopback, under a
//! tracer that sees every socket.

use super::recorder::{Endpoint, owner};
use super::trace::{Trace, namespace, tracer};
use crate::support::alone::test_path;
use crate::support::clients::{Call, Finished, aws, boto3, node, python};
use aws_sdk_ram::config::{BehaviorVersion, SharedHttpClient};
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use serde_json::json;
use std::path::{Path, PathBuf};

const RAMTAPE: &str = env!("CARGO_BIN_EXE_ramtape");
const REGION: &str = "us-east-1";

/// Says that this process is the client of a ramtape.
const UNDER_RAMTAPE: &str = "UNDER_RAMTAPE";

/// Node.js knows no HTTPS_PROXY of itself; its client here looks for one in a variable of its own.
const CONNECT_PROXY: &str = "CLIENT_CONNECT_PROXY=$HTTPS_PROXY exec \"$@\"";

/// A client that is recorded and replayed, and what of its output counts.
struct Client {
    name: &'static str,
    call: Call,
    prints: fn(&Finished) -> String,
    /// The doors that it finds by what `ramtape run` sets.
    doors: &'static [&'static str],
}

const EVERY_DOOR: &[&str] = &["endpoint", "proxy", "intercept"];

/// All of them that this machine has; in continuous integration it has all.
fn clients() -> Vec<Client> {
    let list = [json!("list"), json!("GetResourceShares")].map(|word| word.as_str().unwrap().to_owned());
    let list = move |call: Call| call.args(list.clone()).args([r#"{"resourceOwner":"SELF"}"#, "--page-size", "3"]);
    let whole = |finished: &Finished| String::from_utf8(finished.stdout.clone()).unwrap();
    let mut found = Vec::new();
    if let Some(python) = python() {
        let words = ["ram", "get-resource-shares", "--resource-owner", "SELF", "--page-size", "3"];
        found.push(Client { name: "boto3", call: list(boto3(&python)), prints: whole, doors: EVERY_DOOR });
        found.push(Client { name: "cli", call: aws(&python).args(words), prints: whole, doors: EVERY_DOOR });
    }
    if let Some(node) = node() {
        let call = list(node.ram()).under(["sh", "-c", CONNECT_PROXY, "sh"]);
        found.push(Client { name: "javascript", call, prints: whole, doors: &["endpoint", "intercept"] });
    }
    let own = std::env::current_exe().unwrap();
    let call =
        Call::new(own).args(["--exact", &test_path(module_path!(), "the_rust_sdk_lists_own_shares"), "--nocapture"]);
    let call = call.env(UNDER_RAMTAPE, "1");
    found.push(Client { name: "rust", call, prints: share_lines, doors: EVERY_DOOR });
    found
}

/// The lines of [`the_rust_sdk_lists_own_shares`], between those of the test harness.
fn share_lines(finished: &Finished) -> String {
    let text = String::from_utf8(finished.stdout.clone()).unwrap();
    text.lines().filter(|line| line.starts_with("share ")).collect::<Vec<_>>().join("\n")
}

/// `ramtape run` for `cassette`, to stand before a client.
fn run(cassette: &Path, mode: &str, more: &[&str]) -> Vec<String> {
    let cassette = cassette.to_str().unwrap();
    let words = [RAMTAPE, "run", "--record-mode", mode, "--cassette", cassette];
    words.iter().chain(more).chain(&["--"]).map(|word| (*word).to_owned()).collect()
}

/// What the SDK's default client would be, on the one TLS stack: it takes proxies and trust from the environment.
fn rust_http() -> SharedHttpClient {
    let mut trust = TrustStore::empty();
    if let Some(bundle) = std::env::var_os("SSL_CERT_FILE") {
        trust = trust.with_pem_certificate(std::fs::read(bundle).unwrap());
    }
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap();
    Builder::new().build_with_connector_fn(move |_, _| {
        let mut connector =
            Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone());
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

/// The client of the test below in other processes; alone, a test of the same listing.
#[test]
fn the_rust_sdk_lists_own_shares() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(rust_http());
    let endpoint = std::env::var_os(UNDER_RAMTAPE).is_none().then(Endpoint::start);
    if let Some(endpoint) = &endpoint {
        let keys = owner();
        let keys = aws_credential_types::Credentials::new(keys.access_key_id, keys.secret.expose(), None, None, "test");
        loader = loader.endpoint_url(endpoint.url()).region(REGION).credentials_provider(keys);
    }
    let shares = runtime.block_on(async {
        let ram = aws_sdk_ram::Client::new(&loader.load().await);
        let asked = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        let pages: Result<Vec<_>, _> = asked.into_paginator().page_size(3).send().collect().await;
        pages.unwrap().into_iter().flat_map(|page| page.resource_shares.unwrap_or_default()).collect::<Vec<_>>()
    });
    for share in &shares {
        println!("share {:?} {:?}", share.name, share.resource_share_arn);
    }
    assert_eq!(shares.len(), 10);
}

#[test]
fn every_client_replays_through_every_door_without_a_network_and_ramtape_connects_to_nobody() {
    let (Some(namespace), Some(tracer)) = (namespace(), tracer()) else { return };
    let (endpoint, folder) = (Endpoint::start(), tempfile::tempdir().unwrap());
    for client in clients() {
        let cassette = folder.path().join(client.name);
        let keys = owner();
        let recorded = client.call.clone().credentials(&keys.access_key_id, keys.secret.expose()).region(REGION);
        let recorded = recorded.under(run(&cassette, "once", &["--upstream", &endpoint.url()])).finish().success();
        // One, or more where the first was not yet given back when the next request came.
        let connected = recorded.stderr.contains(" upstream connection") && !recorded.stderr.contains(" 0 upstream");
        assert!(connected, "{}: {recorded}", client.name);

        assert!((client.prints)(&recorded).contains("network-subnets"), "{}: {recorded}", client.name);

        for door in client.doors {
            let replay = format!("{} through {door}", client.name);
            let traces = new_folder(&folder, &replay);
            let replayed = client.call.clone().under(run(&cassette, "none", &["--door", door]));
            let replayed = replayed.under(tracer(&traces)).under(namespace.clone()).finish().success();
            assert_eq!((client.prints)(&replayed), (client.prints)(&recorded), "{replay}");
            assert!(replayed.stderr.contains(" 0 missed; 0 upstream connections"), "{replay}: {replayed}");

            let trace = Trace::read(&traces);
            assert_eq!(trace.connected_by_ramtape(), Vec::<String>::new(), "{replay}");
            // It made one socket, to listen on; and nobody else asked anybody but that one.
            assert_eq!(trace.sockets_of_ramtape(), 1, "{replay}");
            let asked = trace.connected_by_others();
            let own = format!("127.0.0.1:{}", trace.port_of_ramtape());
            assert!(!asked.is_empty() && asked.iter().all(|address| *address == own), "{replay}: {asked:?}");
        }
    }
}

#[test]
fn the_tracer_sees_a_recording_connect() {
    let (Some(tracer), Some(python)) = (tracer(), python()) else { return };
    let (endpoint, folder) = (Endpoint::start(), tempfile::tempdir().unwrap());
    let traces = new_folder(&folder, "traces");
    let url = endpoint.url();
    let keys = owner();
    let call = boto3(&python).args(["call", "GetResourceShares", r#"{"resourceOwner":"SELF"}"#]);
    let call = call.credentials(&keys.access_key_id, keys.secret.expose()).region(REGION);
    call.under(run(&folder.path().join("tape"), "once", &["--upstream", &url]))
        .under(tracer(&traces))
        .finish()
        .success();
    let trace = Trace::read(&traces);
    assert_eq!(trace.connected_by_ramtape(), [url.strip_prefix("http://").unwrap()]);
    assert_eq!(trace.connected_by_others(), [format!("127.0.0.1:{}", trace.port_of_ramtape())]);
}

#[test]
fn the_namespace_has_no_way_out() {
    let (Some(namespace), Some(python)) = (namespace(), python()) else { return };
    let (endpoint, folder) = (Endpoint::start(), tempfile::tempdir().unwrap());
    let keys = owner();
    let call = boto3(&python).args(["call", "GetResourceShares", r#"{"resourceOwner":"SELF"}"#]);
    let call = call.credentials(&keys.access_key_id, keys.secret.expose()).region(REGION).env("AWS_MAX_ATTEMPTS", "1");
    let recording = run(&folder.path().join("tape"), "once", &["--upstream", &endpoint.url()]);
    let failed = call.under(recording).under(namespace).finish();
    assert_eq!(failed.code, Some(1), "{failed}");
    assert!(String::from_utf8_lossy(&failed.stdout).contains("refused the connection"), "{failed}");
    endpoint.assert_untouched();
}

fn new_folder(parent: &tempfile::TempDir, name: &str) -> PathBuf {
    let folder = parent.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    folder
}
