//! boto3: every listing, recorded and replayed.

use ramtape::simulator::PageSizes;

use serde_json::{Value, json};

use crate::support::clients::{Call, Finished, boto3, python};
use crate::support::scene::{Endpoint, Tape, as_nobody, as_owner, stop_offline, words};
use crate::support::steps::{Known, batch, by_step, every_listing, parsed, step};

#[test]
fn every_listing_replays_byte_for_byte_in_any_order_from_a_clone() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let known = Known::of(&endpoint, boto3(&python));
    for (operation, _) in known.listings() {
        // Short pages, and an empty one in the middle.
        endpoint.running().set_page_sizes(PageSizes::new(&operation, &[1, 0, 1]));
    }
    let mut steps = every_listing(&known);
    let recorded = by_step(&tape.record(&endpoint.url(), batch(boto3(&python), &steps)));
    endpoint.stop();
    let pages = recorded.values().map(|lines| parsed(lines, "page").len());
    assert_eq!(recorded.len(), 28);
    assert!(pages.clone().all(|pages| pages >= 3), "{:?}", pages.collect::<Vec<_>>());

    let replayed = tape.replay(batch(boto3(&python), &steps));
    assert_eq!(by_step(&replayed), recorded);

    let clone = tape.git_clone();
    let server = clone.replay_server();
    steps.reverse();
    let elsewhere = as_nobody(batch(boto3(&python), &steps), &server.url).finish().success();
    assert_eq!(by_step(&elsewhere), recorded);
    stop_offline(server);
}

/// A listing in pages of two, as a paginator reads it with these further words.
fn listing(python: &std::path::Path, operation: &str, more: &[&str]) -> Call {
    let own = json!({ "resourceOwner": "SELF" });
    batch(boto3(python), &[[step("list", operation, &own), words(&["--page-size", "2"]), words(more)].concat()])
}

fn resume_token(finished: &Finished) -> String {
    let lines = finished.lines();
    parsed(&lines, "resumeToken")[0].as_str().unwrap().to_owned()
}

/// The ARNs of the shares in all pages, in order.
fn shares(finished: &Finished) -> Vec<Value> {
    let lines = finished.lines();
    let of_page = |page: &&Value| page["resourceShares"].as_array().unwrap().clone();
    parsed(&lines, "page").iter().flat_map(of_page).map(|share| share["resourceShareArn"].clone()).collect()
}

#[test]
fn a_paginator_resumes_after_ramtape_has_restarted() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let url = endpoint.url();
    let first = tape.record(&url, listing(&python, "GetResourceShares", &["--max-items", "4"]));
    let token = resume_token(&first);
    let rest = || listing(&python, "GetResourceShares", &["--starting-token", &token]);
    let resumed = as_owner(rest()).under(tape.run("new_episodes", &["--upstream", &url])).finish().success();
    endpoint.stop();

    // As from now on nobody can ask upstream: all of it, the first part, and the rest.
    let whole = tape.git_clone().replay(listing(&python, "GetResourceShares", &[]));
    assert_eq!(shares(&whole).len(), 10);
    assert_eq!([shares(&first), shares(&resumed)].concat(), shares(&whole));
    assert_eq!(tape.replay(rest()).stdout, resumed.stdout);
    assert_eq!(tape.replay(listing(&python, "GetResourceShares", &["--max-items", "4"])).stdout, first.stdout);
}

#[test]
fn a_token_of_another_listing_region_or_cassette_is_refused_as_ram_does() {
    let Some(python) = python() else { return };
    let (endpoint, tape, other) = (Endpoint::start(), Tape::new(), Tape::new());
    let url = endpoint.url();
    let both = [("GetResourceShares", "SELF"), ("ListPrincipals", "SELF"), ("ListResources", "SELF")]
        .map(|(operation, owner)| step("pages", operation, &json!({ "resourceOwner": owner, "maxResults": 2 })));
    let recorded = by_step(&tape.record(&url, batch(boto3(&python), &both)));
    // The same listing, of which another cassette has another first page.
    let renamed = endpoint.running().change("us-east-1", |world| {
        let first = world.share_arns("111122223333").remove(0);
        world.rename_share(&first, "renamed")
    });
    assert_eq!(renamed, Some(true));
    let elsewhere = by_step(&other.record(&url, batch(boto3(&python), &both[..1])));

    let token = |lines: &[Value]| parsed(lines, "page")[0]["nextToken"].as_str().unwrap().to_owned();
    let own = token(&recorded[&json!(both[0]).to_string()]);
    let garbled = own.replacen(&own[20..21], if &own[20..21] == "a" { "b" } else { "a" }, 1);
    let asked =
        |token: &str| step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF", "nextToken": token }));
    let steps = [
        asked(&token(&recorded[&json!(both[1]).to_string()])),
        asked(&token(elsewhere.values().next().unwrap())),
        asked(&garbled),
        asked("b3BhcXVl+token/1=="),
    ];
    let refused = tape.try_replay(batch(boto3(&python), &steps));
    let lines = refused.lines();
    let errors = parsed(&lines, "error");
    assert_eq!(errors.len(), 4, "{refused}");
    for error in errors {
        let told = (&error["code"], &error["status"], &error["retryAttempts"]);
        assert_eq!(told, (&json!("InvalidNextTokenException"), &json!(400), &json!(0)), "{error}");
    }

    let server = tape.replay_server();
    let abroad = as_nobody(batch(boto3(&python), &[asked(&own)]), &server.url).region("eu-west-1").finish();
    assert_eq!(parsed(&abroad.lines(), "error")[0]["code"], "InvalidNextTokenException");
    let at_home = as_nobody(batch(boto3(&python), &[asked(&own)]), &server.url).finish();
    assert_eq!(at_home.code, Some(0), "{at_home}");
}
