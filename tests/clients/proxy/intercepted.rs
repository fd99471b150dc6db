//! How tests come through a tunnel whose TLS ends at ramtape: a server with an authority, and clients of its proxy.

use crate::support::binary::{Server, ramtape};
use crate::support::clients::{Call, Finished};
use crate::support::proxied::HOST;
use crate::support::scene::Tape;
use crate::support::steps::by_step;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A server over `tape` in `mode`, without credentials of its own, with the authority in `ca` beside the cassette.
pub(crate) fn server(tape: &Tape, mode: &str, upstream: &str, more: &[&str]) -> Server {
    authority(tape, &[]);
    let mut server = ramtape(tape.folder());
    server.args(["serve", "--record-mode", mode, "--upstream", upstream, "--ca-folder", "ca"]).args(more);
    Server::start(server.arg("--cassette").arg(tape.path()))
}

/// Makes the authority, if it is not there yet; `variables` are set meanwhile.
pub(crate) fn authority(tape: &Tape, variables: &[(&str, &str)]) {
    let mut ca = ramtape(tape.folder());
    let made = ca.args(["ca", "--ca-folder", "ca"]).envs(variables.iter().copied()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

pub(crate) fn bundle(tape: &Tape) -> PathBuf {
    tape.folder().join("ca/bundle.pem")
}

/// `call` through the server's tunnels, as `ramtape ca` and the README say to set it up.
pub(crate) fn intercepted(call: Call, server: &Server, tape: &Tape) -> Call {
    let proxy = format!("http://{}", server.authority());
    let call = call.env("HTTPS_PROXY", &proxy).env("https_proxy", &proxy).env("CLIENT_CONNECT_PROXY", &proxy);
    let names = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
    names.into_iter().fold(call, |call, name| call.env(name, bundle(tape)))
}

/// `call` with ramtape as its HTTP proxy for plain HTTP.
pub(crate) fn proxied(call: Call, server: &Server) -> Call {
    let proxy = format!("http://{}", server.authority());
    call.endpoint(&format!("http://{HOST}")).env("HTTP_PROXY", &proxy).env("http_proxy", proxy)
}

/// What each step got, without the tokens: those depend on the door while recording.
pub(crate) fn items(finished: &Finished) -> BTreeMap<String, Vec<Value>> {
    let mut steps = by_step(finished);
    for lines in steps.values_mut() {
        lines.retain(|line| line.get("page").or(line.get("answer")).is_some());
        assert!(!lines.is_empty(), "a step without answers: {finished}");
        for answer in lines.iter_mut().filter_map(|line| line.as_object_mut()).flat_map(|line| line.values_mut()) {
            answer.as_object_mut().map(|answer| answer.remove("nextToken"));
        }
    }
    steps
}
