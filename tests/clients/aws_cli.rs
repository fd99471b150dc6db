//! The AWS CLI: its own ways to page, recorded and replayed.

use std::path::Path;

use serde_json::Value;

use crate::support::clients::{Call, Finished, python};
use crate::support::scene::{Endpoint, Tape, as_nobody, stop_offline};

/// Every way to page; between two answers a line of its own.
const WAYS: &str = concat!(
    "set -e\naws() { \"$PYTHON\" -m awscli --debug ram \"$@\" && echo ----; }\n",
    "aws get-resource-shares --resource-owner SELF\n",
    include_str!("pinned/cli_ways.sh")
);

/// The same backwards, by tokens from elsewhere.
const BACKWARDS: &str = r#"
aws() { "$PYTHON" -m awscli --debug ram "$@" && echo ----; }
set -e
aws list-resources --resource-owner SELF --max-items 3 --starting-token "$TOKEN"
aws list-resources --resource-owner SELF --max-items 3
aws list-resource-types --no-paginate --max-results 3 --next-token "$NEXT_TOKEN"
aws list-resource-types --no-paginate --max-results 3
aws list-principals --resource-owner SELF --page-size 2
aws get-resource-shares --resource-owner SELF
"#;

#[test]
fn every_way_to_page_replays_byte_for_byte_in_any_order_from_a_clone() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let recorded = tape.record(&endpoint.url(), script(&python, WAYS));
    endpoint.stop();
    let all = answers(&recorded);
    let [shares, principals, types, more_types, first, rest] = all.each_ref();
    assert_eq!(items(shares, "resourceShares"), 10);
    assert!(items(principals, "principals") > 2 && principals.get("NextToken").is_none());
    assert!(items(types, "resourceTypes") == 3 && types["nextToken"].is_string(), "{types}");
    assert!(items(first, "resources") == 3 && items(rest, "resources") == 3);
    assert!(items(more_types, "resourceTypes") == 3 && more_types["resourceTypes"] != types["resourceTypes"]);
    let (token, next_token) = (first["NextToken"].as_str().unwrap(), types["nextToken"].as_str().unwrap());

    let replayed = tape.replay(script(&python, WAYS));
    assert_eq!(replayed.stdout, recorded.stdout);
    assert_eq!(received(&replayed), received(&recorded));

    let clone = tape.git_clone();
    let server = clone.replay_server();
    let backwards = script(&python, BACKWARDS).env("TOKEN", token).env("NEXT_TOKEN", next_token);
    let elsewhere = as_nobody(backwards, &server.url).finish().success();
    let mut backwards = answers(&elsewhere);
    backwards.reverse();
    assert_eq!(backwards, all);
    let sorted = |mut bodies: Vec<String>| {
        bodies.sort();
        bodies
    };
    assert_eq!(sorted(received(&elsewhere)), sorted(received(&recorded)));
    stop_offline(server);
}

fn script(python: &Path, text: &str) -> Call {
    Call::new("sh").args(["-c", text]).env("PYTHON", python)
}

/// What the CLI printed, one value an answer.
fn answers(finished: &Finished) -> [Value; 6] {
    let printed = String::from_utf8(finished.stdout.clone()).unwrap();
    let answers = printed.split_terminator("----\n").map(serde_json::from_str);
    let answers: Result<Vec<_>, _> = answers.collect();
    answers.unwrap_or_else(|error| panic!("{error}: {finished}")).try_into().unwrap()
}

/// The bodies of all HTTP answers, as botocore logs what it received.
fn received(finished: &Finished) -> Vec<String> {
    let mut lines = finished.stderr.lines();
    let mut bodies = Vec::new();
    while lines.by_ref().any(|line| line.ends_with("Response body:")) {
        bodies.push(lines.next().unwrap().to_owned());
    }
    assert!(bodies.len() >= 6 && bodies.iter().all(|body| body.starts_with("b'{")), "{bodies:?}");
    bodies
}

fn items(answer: &Value, list: &str) -> usize {
    answer[list].as_array().unwrap().len()
}
