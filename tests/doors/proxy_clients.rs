//! Real clients whose HTTP proxy is ramtape.

use crate::clients::{Call, boto3, python};
use crate::proxied::HOST;
use crate::ramtape_binary::{Server, ramtape};
use crate::scene::{Endpoint, REGION, Tape, as_nobody, as_owner, stop_offline};
use crate::steps::{Known, batch, by_step, every_listing};

/// A server in `mode` that has no credentials, and finds none.
fn server(tape: &Tape, mode: &str, upstream: &str) -> Server {
    let mut server = ramtape(tape.folder());
    server.args(["serve", "--record-mode", mode, "--upstream", upstream, "--cassette"]).arg(tape.path());
    Server::start(&mut server)
}

/// `call` by way of the proxy.
fn proxied(call: Call, server: &Server) -> Call {
    let proxy = format!("http://{}", server.authority());
    call.endpoint(&format!("http://{HOST}")).env("HTTP_PROXY", &proxy).env("http_proxy", proxy)
}

#[test]
fn boto3_records_every_listing_and_replays_it() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let steps = every_listing(&Known::of(&endpoint, boto3(&python)));
    let recording = server(&tape, "all", &endpoint.url());
    let recorded = proxied(as_owner(batch(boto3(&python), &steps)), &recording).finish().success();
    let stopped = recording.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let requests = endpoint.running().requests();
    assert!(requests > 28, "{requests}");
    endpoint.stop();

    let replaying = server(&tape, "none", "http://127.0.0.1:9");
    let again = as_nobody(batch(boto3(&python), &steps), "").region(REGION);
    let replayed = proxied(again, &replaying).finish().success();
    assert_eq!(by_step(&replayed).len(), by_step(&recorded).len());
    stop_offline(replaying);
}
