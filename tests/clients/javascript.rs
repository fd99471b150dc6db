//! The SDK for JavaScript: every listing, recorded and replayed.

use ramtape::simulator::{Credential, PageSizes};
use serde_json::json;

use crate::support::clients::node;
use crate::support::scene::{Endpoint, Tape, as_nobody, as_owner, recording, stop_offline};
use crate::support::steps::{Known, batch, by_step, every_listing, parsed, step};

#[test]
fn every_listing_replays_byte_for_byte_in_any_order_from_a_clone() {
    let Some(node) = node() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let known = Known::of(&endpoint, node.ram());
    for (operation, _) in known.listings() {
        endpoint.running().set_page_sizes(PageSizes::new(&operation, &[1, 0, 1]));
    }
    let mut steps = every_listing(&known);
    let recorded = by_step(&tape.record(&endpoint.url(), batch(node.ram(), &steps)));
    endpoint.stop();
    assert_eq!(recorded.len(), 28);
    assert!(recorded.values().all(|lines| parsed(lines, "page").len() >= 3));

    let replayed = tape.replay(batch(node.ram(), &steps));
    assert_eq!(by_step(&replayed), recorded);

    let clone = tape.git_clone();
    let server = clone.replay_server();
    steps.reverse();
    let elsewhere = as_nobody(batch(node.ram(), &steps), &server.url).finish().success();
    assert_eq!(by_step(&elsewhere), recorded);
    stop_offline(server);
}

#[test]
fn a_paginator_resumes_from_a_token_of_the_recording() {
    let Some(node) = node() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let own = json!({ "resourceOwner": "SELF" });
    let whole = [step("list", "GetResourceShares", &own), vec!["--page-size".into(), "3".into()]].concat();
    let recorded = by_step(&tape.record(&endpoint.url(), batch(node.ram(), std::slice::from_ref(&whole))));
    endpoint.stop();
    let lines = &recorded[&json!(whole).to_string()];
    let pages = parsed(lines, "page");
    let token = pages[1]["nextToken"].as_str().unwrap();

    let resumed = [whole, vec!["--starting-token".into(), token.to_owned()]].concat();
    let replayed = by_step(&tape.text_alone().replay(batch(node.ram(), std::slice::from_ref(&resumed))));
    assert_eq!(parsed(&replayed[&json!(resumed).to_string()], "page"), pages[2..]);
}

/// It puts the operation's path behind the endpoint's as it is: `//getresourceshares`. With a key the caller is proved by
/// that, without one by what it signed, slashes included.
#[test]
fn an_endpoint_that_ends_in_a_slash_asks_the_same() {
    let Some(node) = node() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let server = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    let own = json!({ "resourceOwner": "SELF", "maxResults": 3 }).to_string();
    let ask = |url: &str| as_owner(node.ram()).endpoint(url).args(["pages", "GetResourceShares", own.as_str()]);
    let keyed = ask(&format!("{}/", server.url)).finish().success();
    let bare = server.url.split("/~").next().unwrap().to_owned();
    let signed = ask(&format!("{bare}/~s/")).finish().success();
    assert_eq!(server.stop().code, Some(0));
    endpoint.stop();
    assert_eq!(keyed.bodies(), signed.bodies());
    let files = tape.files();
    assert!(files.len() == 1 && files[0].starts_with("get-resource-shares/"), "{files:?}");

    let server = tape.replay_server();
    let replayed =
        as_nobody(node.ram(), &format!("{}/~s/", server.url)).args(["pages", "GetResourceShares", own.as_str()]);
    assert_eq!(replayed.finish().success().bodies(), keyed.bodies());
    stop_offline(server);
}
