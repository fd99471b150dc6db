//! The property: for any recorded cut and any requested size, the items come back as they are spelled, each once, in order.

use super::listing::{LISTING, Style, Upstream, all_items, items, own, page};
use crate::support::stage::{Answer, Caller, Ramtape, Stage};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use ramtape::config::{PagesSetting, RecordMode};
use std::collections::HashSet;
use tokio::runtime::Runtime;

const LIMIT: usize = 400;
const MODES: [PagesSetting; 3] = [PagesSetting::Requested, PagesSetting::Recorded, PagesSetting::Adversarial];

fn item() -> impl Strategy<Value = String> {
    select(
        &[
            "1.632342984382E9",
            "1632342984.382000123456789",
            "-0",
            "1E+0300",
            "9007199254740993",
            r#""\u00e9\/""#,
            "\"é\"",
            r#""]},{[""#,
            "null",
            "[ ]",
            "[1 ,2]",
            r#"{"a":1,"a" : 2}"#,
            "{\n\t\"nextToken\": \"x\", \"resourceShares\": [ 7.0 ]\r\n}",
            r#"{"$token":1}"#,
            r#"{"resourceShareArn": "a", "creationTime": 1.50}"#,
        ][..],
    )
    .prop_map(str::to_owned)
}

fn style() -> impl Strategy<Value = Style> {
    let words = (select(&[",", ", ", " ,", ",\n  "][..]), select(&[":", ": ", " : "][..]));
    let brackets = (select(&["[", "[ ", "[\n "][..]), select(&["]", " ]", "\n ]"][..]));
    (words, brackets, any::<bool>(), any::<bool>()).prop_map(
        |((comma, colon), (open, close), token_first, null_at_the_end)| Style {
            comma,
            colon,
            open,
            close,
            token_first,
            null_at_the_end,
        },
    )
}

/// Up to six pages, many of them short or empty.
fn upstream() -> impl Strategy<Value = Upstream> {
    let page = prop_oneof![1 => Just(Vec::new()), 3 => vec(item(), 0..5)];
    (vec(page, 1..7), style()).prop_map(|(pages, style)| Upstream { pages, style })
}

fn size() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![1 => Just(None), 5 => (1..9_usize).prop_map(Some), 1 => (1..=500_usize).prop_map(Some)]
}

#[derive(Clone, Debug)]
struct Case {
    upstream: Upstream,
    recorded_with: Option<usize>,
    /// The sizes asked for in turn, by a client that changes its mind at every page.
    asked: Vec<Option<usize>>,
}

#[test]
fn every_item_once_in_order_byte_for_byte_at_any_size() {
    let runtime = Runtime::new().unwrap();
    let stage = runtime.block_on(Stage::new());
    let cases = (upstream(), size(), vec(size(), 1..5)).prop_map(|(upstream, recorded_with, asked)| Case {
        upstream,
        recorded_with,
        asked,
    });
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&cases, |case| {
        number.set(number.get() + 1);
        runtime.block_on(holds(&stage, &format!("case-{}", number.get()), &case));
        Ok(())
    });
    outcome.unwrap();
}

async fn holds(stage: &Stage, cassette: &str, case: &Case) {
    let recorded = case.upstream.record(stage, cassette, &own(case.recorded_with), LIMIT).await;
    for mode in MODES {
        let replaying = replaying(stage, cassette, mode).await;
        for size in &case.asked {
            let pages = walk(&replaying, &[*size], None).await;
            assert_walk(&pages, &case.upstream.items(), mode, &[*size]);
            resumes(&replaying, &pages, *size).await;
        }
        let pages = walk(&replaying, &case.asked, None).await;
        assert_walk(&pages, &case.upstream.items(), mode, &case.asked);
        if mode != PagesSetting::Adversarial {
            // As it was recorded, where it is asked for as it was recorded.
            let as_recorded = replaying.pages(LISTING, &own(case.recorded_with), LIMIT).await;
            assert_eq!(crate::support::stage::bodies(&as_recorded), crate::support::stage::bodies(&recorded));
            from_recorded_tokens(&replaying, case, &recorded).await;
        }
        assert_eq!(replaying.stop().await.missed, 0);
    }
}

pub(crate) async fn replaying(stage: &Stage, cassette: &str, mode: PagesSetting) -> Ramtape {
    stage.ramtape_with(cassette, RecordMode::None, |raw| raw.pages = Some(mode)).await
}

/// Follows nextToken, asking for `sizes` in turn.
async fn walk(caller: &Caller, sizes: &[Option<usize>], token: Option<String>) -> Vec<Answer> {
    let (mut pages, mut token) = (Vec::new(), token);
    for size in sizes.iter().cycle() {
        let answer = page(caller, &own(*size), token.as_deref()).await;
        token = answer.next_token();
        pages.push(answer);
        assert!(pages.len() < LIMIT, "it does not end");
        if token.is_none() {
            break;
        }
    }
    pages
}

fn assert_walk(pages: &[Answer], wanted: &[String], mode: PagesSetting, asked: &[Option<usize>]) {
    assert_eq!(all_items(pages), wanted, "{mode:?} {asked:?}");
    let tokens: Vec<String> = pages.iter().filter_map(Answer::next_token).collect();
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len(), "a token twice: {mode:?} {asked:?}");
    if mode == PagesSetting::Adversarial {
        for (page, size) in pages.iter().zip(asked.iter().cycle()) {
            assert!(items(page).len() <= size.unwrap_or(500), "more than was asked for");
        }
        assert!(pages.iter().any(|page| items(page).is_empty() && page.next_token().is_some()));
    }
}

/// Whichever token is asked for again gives the same rest.
async fn resumes(caller: &Caller, pages: &[Answer], size: Option<usize>) {
    for (at, page) in pages.iter().enumerate() {
        if let Some(token) = page.next_token() {
            let rest = walk(caller, &[size], Some(token)).await;
            assert_eq!(crate::support::stage::bodies(&rest), crate::support::stage::bodies(&pages[at + 1..]));
        }
    }
}

/// A token of the recording leads to the rest, at any other size too.
async fn from_recorded_tokens(caller: &Caller, case: &Case, recorded: &[Answer]) {
    for (at, page) in recorded.iter().enumerate() {
        if let Some(token) = page.next_token() {
            let rest = walk(caller, &case.asked, Some(token)).await;
            assert_eq!(all_items(&rest), all_items(&recorded[at + 1..]));
        }
    }
}
