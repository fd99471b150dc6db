//! Page sizes: the clients' own paginators yield every item, whatever the size and however nasty the pages.

use std::collections::BTreeMap;
use std::path::Path;

use ramtape::simulator::PageSizes;
use serde_json::{Value, json};

use crate::support::clients::{Call, Finished, boto3, node, python};
use crate::support::scene::{Endpoint, Tape, assert_offline, words};
use crate::support::steps::{Known, Step, batch, by_step, parsed, step};

/// Page sizes that nobody recorded, and none.
const SIZES: [Option<u32>; 4] = [None, Some(1), Some(3), Some(500)];
const NASTY: [&str; 2] = ["--pages", "adversarial"];

/// The same listing through the client's paginator in pages of `size`.
fn listed(operation: &str, parameters: &Value, size: Option<u32>) -> Step {
    let mut listed = step("list", operation, parameters);
    listed.extend(size.into_iter().flat_map(|size| ["--page-size".to_owned(), size.to_string()]));
    listed
}

/// An endpoint whose every listing has short pages and an empty one, and the listings there.
fn endpoint(client: Call) -> (Endpoint, Vec<(String, Value)>) {
    let endpoint = Endpoint::start();
    let listings = Known::of(&endpoint, client).listings();
    for (operation, _) in &listings {
        endpoint.running().set_page_sizes(PageSizes::new(operation, &[1, 0, 1]));
    }
    (endpoint, listings)
}

fn replay(tape: &Tape, client: Call, flags: &[&str]) -> Finished {
    let replayed = client.under(tape.run("none", flags)).finish().success();
    assert_offline(&replayed.stderr);
    replayed
}

/// What a paginator yielded in all its pages, by the member it stands in.
fn yielded(lines: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for page in parsed(lines, "page") {
        for (name, items) in page.as_object().unwrap() {
            if let Some(items) = items.as_array() {
                all.entry(name.clone()).or_default().extend_from_slice(items);
            }
        }
    }
    assert_eq!(all.len(), 1, "{all:?}");
    all
}

/// Records every listing with `client` in pages of two and holds its paginators to the same items in every other cut.
fn every_item_in_every_cut(client: impl Fn() -> Call) {
    let (mut endpoint, listings) = endpoint(client());
    let tape = Tape::new();
    let steps = |size| listings.iter().map(|(name, with)| listed(name, with, size)).collect::<Vec<_>>();
    let recorded = by_step(&tape.record(&endpoint.url(), batch(client(), &steps(Some(2)))));
    endpoint.stop();

    let asked: Vec<Step> = SIZES.into_iter().flat_map(steps).collect();
    let requested = by_step(&replay(&tape, batch(client(), &asked), &[]));
    let nasty = by_step(&replay(&tape, batch(client(), &asked), &NASTY));
    let mut with_items = 0;
    for (operation, parameters) in &listings {
        let expected = yielded(&recorded[&json!(listed(operation, parameters, Some(2))).to_string()]);
        let count = expected.values().map(Vec::len).sum::<usize>();
        with_items += usize::from(count > 1);
        for size in SIZES {
            let step = json!(listed(operation, parameters, size)).to_string();
            assert_eq!(yielded(&requested[&step]), expected, "{step}");
            assert_eq!(yielded(&nasty[&step]), expected, "{step}, adversarial");
            let pages = |of: &BTreeMap<String, Vec<Value>>| parsed(&of[&step], "page").len();
            match size {
                Some(size) => assert_eq!(pages(&requested), count.div_ceil(size as usize).max(1), "{step}"),
                // As recorded, the empty page included.
                None => assert!(pages(&requested) >= 3, "{step}"),
            }
            assert!(pages(&nasty) >= 3, "two empty pages, those with items, an empty one: {step}");
        }
    }
    assert!(with_items >= 8, "only {with_items} of 14 listings have several items");
}

#[test]
fn boto3s_paginators_yield_every_item_in_every_cut() {
    let Some(python) = python() else { return };
    every_item_in_every_cut(|| boto3(&python));
}

#[test]
fn the_javascript_paginators_yield_every_item_in_every_cut() {
    let Some(node) = node() else { return };
    every_item_in_every_cut(|| node.ram());
}

/// The CLI's ways to page; `SIZE` may name a page size.
const WAYS: &str = r#"
aws() { "$PYTHON" -m awscli ram "$@"; }
token() { "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["NextToken"])'; }
items() { "$PYTHON" -c 'import json, sys; print([x["arn"] for x in json.load(sys.stdin)["resources"]])'; }
set -e
aws get-resource-shares --resource-owner SELF $SIZE
aws list-principals --resource-owner SELF $SIZE
first=$(aws list-resources --resource-owner SELF --max-items 3 $SIZE)
printf '%s' "$first" | items
aws list-resources --resource-owner SELF $SIZE --starting-token "$(printf '%s' "$first" | token)" | items
"#;

fn script(python: &Path, size: &str) -> Call {
    Call::new("sh").args(["-c", WAYS]).env("PYTHON", python).env("SIZE", size)
}

#[test]
fn the_cli_prints_every_item_in_every_cut() {
    let Some(python) = python() else { return };
    let (mut endpoint, _) = endpoint(boto3(&python));
    let tape = Tape::new();
    let recorded = tape.record(&endpoint.url(), script(&python, "--page-size 2"));
    endpoint.stop();
    let printed = recorded.stdout;
    assert!(!printed.is_empty());
    for (size, flags) in
        [("", &[][..]), ("--page-size 3", &[]), ("--page-size 500", &[]), ("", &NASTY), ("--page-size 2", &NASTY)]
    {
        let replayed = replay(&tape, script(&python, size), flags);
        assert_eq!(replayed.stdout, printed, "{:?} {flags:?}", words(&[size]));
    }
}
