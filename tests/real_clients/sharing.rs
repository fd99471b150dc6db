//! One cassette for every client: the same call has one fingerprint, whoever makes it.

use serde_json::{Value, json};

use crate::clients::{Call, boto3, node, python};
use crate::rust_sdk::{RustSdk, nobody};
use crate::scene::{Endpoint, Tape, recording, stop_offline, words};
use crate::steps::{Step, batch, by_step, parsed, step};
use ramtape::simulator::Credential;

const LISTING: &str = "GetResourceShares";
const NAME: &str = "données-partagées";

/// What every client asks: a listing in pages, and one share by a name that SDKs escape differently.
fn steps() -> [Step; 2] {
    let paged = [step("list", LISTING, &json!({ "resourceOwner": "SELF" })), words(&["--page-size", "3"])].concat();
    [paged, step("list", LISTING, &json!({ "resourceOwner": "SELF", "name": NAME }))]
}

/// The same through the CLI.
fn by_cli(python: &std::path::Path) -> Call {
    let script = "cli() { \"$PYTHON\" -m awscli ram get-resource-shares --resource-owner SELF \"$@\"; }
        cli --page-size 3 && cli --name \"$NAME\"";
    Call::new("sh").args(["-c", script]).env("PYTHON", python).env("NAME", NAME)
}

/// The ARNs in all of a client's pages, in order.
fn arns<'a>(pages: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let shares = pages.into_iter().flat_map(|page| page["resourceShares"].as_array().unwrap());
    shares.map(|share| share["resourceShareArn"].as_str().unwrap().to_owned()).collect()
}

fn rust_arns(url: &str, keys: &Credential) -> Vec<String> {
    let sdk = RustSdk::new(url, keys);
    let pages = [sdk.own_shares(None, Some(3)), sdk.own_shares(Some(NAME), None)].concat();
    let shares = pages.iter().flat_map(|page| page.resource_shares());
    shares.map(|share| share.resource_share_arn().unwrap().to_owned()).collect()
}

#[test]
fn what_boto3_recorded_replays_for_all() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recorded = tape.record(&endpoint.url(), batch(boto3(&python), &steps()));
    endpoint.stop();
    let lines = recorded.lines();
    let expected = arns(parsed(&lines, "page"));
    assert_eq!((expected.len(), recorded.bodies().len()), (11, 5));

    let javascript = tape.replay(batch(node.ram(), &steps()));
    assert_eq!(javascript.bodies(), recorded.bodies());

    let cli = tape.replay(by_cli(&python));
    let printed: Vec<Value> =
        serde_json::Deserializer::from_slice(&cli.stdout).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(arns(&printed), expected);

    let server = tape.replay_server();
    assert_eq!(rust_arns(&server.url, &nobody()), expected);
    stop_offline(server);
}

#[test]
fn what_each_records_has_the_same_names_and_text() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let endpoint = Endpoint::start();
    let url = endpoint.url();
    let tapes = [Tape::new(), Tape::new(), Tape::new(), Tape::new()];
    tapes[0].record(&url, batch(boto3(&python), &steps()));
    tapes[1].record(&url, batch(node.ram(), &steps()));
    tapes[2].record(&url, by_cli(&python));
    let server = recording(&tapes[3], "serve --record-mode once", &url, &Credential::owner());
    rust_arns(&server.url, &Credential::owner());
    assert_eq!(server.stop().code, Some(0));

    let names = tapes[0].files();
    assert_eq!(names.len(), 2);
    let text = |tape: &Tape, name: &String| std::fs::read_to_string(tape.path().join(name)).unwrap();
    for other in &tapes[1..] {
        assert_eq!(other.files(), names);
        for name in &names {
            assert_eq!(text(other, name), text(&tapes[0], name));
        }
    }
}

#[test]
fn a_life_of_writes_and_reads_replays() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let life = || batch(boto3(&python), &[words(&["life", "Größe \"1\""])]);
    let recorded = by_step(&tape.record(&endpoint.url(), life()));
    endpoint.stop();
    let answers = recorded.values().next().unwrap();
    let states: Vec<_> = parsed(answers, "answer")
        .iter()
        .filter_map(|answer| answer["resourceShares"].as_array())
        .map(|shares| shares.first().map(|share| share["name"].as_str().unwrap()))
        .collect();
    assert_eq!(states.len(), 3);
    assert_ne!(states[0], states[1], "renamed");

    assert_eq!(by_step(&tape.replay(life())), recorded);
    assert_eq!(by_step(&tape.git_clone().replay(life())), recorded);
    assert_eq!(by_step(&tape.replay(life())), recorded, "as often as asked");
}

#[test]
fn throttling_is_the_clients_to_retry_and_never_recorded() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let throttled = ramtape::simulator::Fault::next(ramtape::simulator::Effect::Throttled).times(2);
    endpoint.running().inject(throttled);
    let asked = || batch(boto3(&python), &[step("call", LISTING, &json!({ "resourceOwner": "SELF" }))]);
    let recorded = tape.record(&endpoint.url(), asked());
    assert_eq!(endpoint.running().requests(), 3);
    endpoint.stop();
    assert!(recorded.stderr.contains("1 recorded, 0 missed, 2 passed on without being recorded"), "{recorded}");
    assert_eq!(recorded.lines().last().unwrap()["retryAttempts"], 2);
    let [file] = tape.files().try_into().unwrap();
    let text = std::fs::read_to_string(tape.path().join(file)).unwrap();
    assert!(text.matches("\"status\"").count() > 0 && !text.contains("hrottl"), "{text}");
    assert_eq!(text.matches("\"pages\"").count(), 1, "{text}");

    let replayed = tape.replay(asked());
    assert_eq!(replayed.lines().last().unwrap()["retryAttempts"], 0);
    assert_eq!(replayed.bodies()[..], recorded.bodies()[2..]);
}
