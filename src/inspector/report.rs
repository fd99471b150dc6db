//! A run as a page by itself, to be kept with the run of a CI job: no server, no script, nothing loaded.

use super::assets::STYLE;
use super::calls::{describe, render_head, row};
use super::lanes::{Lanes, Look, count_sessions};
use super::picture::{self, Links, session_name};
use super::time::{clock, date};
use super::timeline::{origin, render_sessions};
use super::window::Window;
use crate::engine::{Call, CallJournal, CallOutcome, OutcomeKind, describe_waiter};
use crate::model::counted;
use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// How many different misses are shown with what they said.
const MAX_MISSES: usize = 100;
/// How many stuck waiters are shown.
const MAX_STUCK: usize = 100;
/// How many of the latest calls the list has, and how many that went wrong before those.
const MAX_LATEST: usize = 2000;
const MAX_WRONG: usize = 1000;
/// How many calls a miss names.
const MAX_NAMED: usize = 10;

/// The page of the run that `journal` is of, over the cassette called `cassette`.
#[must_use]
pub fn render_report(cassette: &str, journal: &CallJournal) -> String {
    let CallJournal { head, calls, .. } = journal;
    let listed = list(calls);
    let numbers: HashSet<u64> = listed.iter().map(|call| call.number).collect();
    let lanes = arrange(calls);
    let title = format!("Run of {}", head.by);
    let body = html! {
        (render_summary(cassette, journal))
        (render_misses(calls, &numbers))
        (render_stuck(calls, &numbers))
        h2 #timeline { "Timeline" }
        @if lanes.left_out > 0 {
            p.extent { "The " (lanes.lanes.len()) " sessions with the most calls; " (counted(lanes.left_out as u64, "other is", "others are")) " left out." }
        }
        div.picture.still { (picture::render(&lanes, &Anchors(&numbers))) }
        (picture::render_legend())
        h2 { "Sessions" }
        (render_sessions(&count_sessions(calls), &|session| html! { (session_name(session)) }))
        h2 { "Calls" }
        @if listed.len() < calls.len() {
            p.extent { "The latest of " (calls.len()) " calls, and before them what missed or was refused." }
        }
        div.scroll tabindex="0" role="region" aria-label="Calls" {
            table.calls {
                thead { (render_head()) }
                tbody { @for call in &listed { (row(call, &format!("#call-{}", call.number))) } }
            }
        }
    };
    write(&title, &body)
}

/// The picture of that run as a file by itself.
#[must_use]
pub fn render_timeline(journal: &CallJournal) -> String {
    picture::render_file(&arrange(&journal.calls)).into_string()
}

fn arrange(calls: &[Call]) -> Lanes<'_> {
    let origin = origin(calls);
    Lanes::arrange(calls, origin, Window::whole(calls, origin))
}

/// The calls that the page lists, the latest first.
fn list(calls: &[Call]) -> Vec<&Call> {
    let (earlier, latest) = calls.split_at(calls.len().saturating_sub(MAX_LATEST));
    let wrong = earlier.iter().rev().filter(|call| Look::of_call(call) >= Look::Stuck).take(MAX_WRONG);
    latest.iter().rev().chain(wrong).collect()
}

/// Marks lead to the rows of the list.
struct Anchors<'a>(&'a HashSet<u64>);

impl Links for Anchors<'_> {
    fn call(&self, call: &Call) -> Option<String> {
        self.0.contains(&call.number).then(|| format!("#call-{}", call.number))
    }

    fn window(&self, _: Window) -> Option<String> {
        None
    }

    fn session(&self, _: Option<&str>) -> Option<String> {
        None
    }
}

fn render_summary(cassette: &str, journal: &CallJournal) -> Markup {
    let CallJournal { head, calls, .. } = journal;
    let count = |kind: OutcomeKind| calls.iter().filter(|call| call.outcome.kind() == kind).count();
    let forgotten = calls.first().map_or(0, |first| first.number.saturating_sub(1));
    html! {
        dl {
            dt { "Command" } dd { code { (head.by) } }
            dt { "Cassette" } dd { (cassette) }
            dt { "Began" } dd { (date(head.began)) " " (clock(head.began)) " UTC" }
            dt { "Mode" } dd { (if head.recorded { "recorded what the cassette did not have" } else { "only replayed" }) }
            dt { "Calls" }
            dd {
                (counted(calls.len() as u64 + forgotten, "call", "calls"))
                @for kind in OutcomeKind::ALL {
                    @let count = count(kind);
                    @if count > 0 { ", " span class={ "badge " (kind.name()) } { (count) " " (describe(kind)) } }
                }
                @if forgotten > 0 { ". Only the latest " (calls.len()) " were remembered and are counted by outcome." }
            }
        }
    }
}

/// What missed, the same ones together.
fn render_misses(calls: &[Call], listed: &HashSet<u64>) -> Markup {
    let mut places: HashMap<(&str, Option<&str>, &str), usize> = HashMap::new();
    let mut misses: Vec<(&str, Vec<&Call>)> = Vec::new();
    for call in calls {
        let CallOutcome::Missed { message } = &call.outcome else { continue };
        let key = (call.operation.as_str(), call.session.as_deref(), message.as_str());
        let place = *places.entry(key).or_insert(misses.len());
        match misses.get_mut(place) {
            Some((_, same)) => same.push(call),
            None => misses.push((message, vec![call])),
        }
    }
    html! {
        h2 #misses { "Misses" }
        @if misses.is_empty() { p { "Nothing missed." } }
        @for (message, same) in misses.iter().take(MAX_MISSES) {
            @if let Some(first) = same.first() {
                section.miss {
                    h3 { (first.operation) @if let Some(session) = &first.session { " in session " (session_name(Some(session))) } }
                    p {
                        "Call "
                        @for (place, call) in same.iter().take(MAX_NAMED).enumerate() {
                            @if place > 0 { ", " } (render_number(call, listed))
                        }
                        @if same.len() > MAX_NAMED { " and " (same.len() - MAX_NAMED) " more" }
                    }
                    pre.message tabindex="0" { (message) }
                }
            }
        }
        @if misses.len() > MAX_MISSES { p { "And " (misses.len() - MAX_MISSES) " other misses." } }
    }
}

/// A call's number, which leads to its row where it has one.
fn render_number(call: &Call, listed: &HashSet<u64>) -> Markup {
    html! {
        @if listed.contains(&call.number) { a href={ "#call-" (call.number) } { (call.number) } }
        @else { (call.number) }
    }
}

fn render_stuck(calls: &[Call], listed: &HashSet<u64>) -> Markup {
    let stuck: Vec<_> = calls
        .iter()
        .filter_map(|call| match &call.outcome {
            CallOutcome::Replayed(chosen) => Some((call, chosen.stuck.as_deref()?)),
            _ => None,
        })
        .collect();
    html! {
        @if !stuck.is_empty() {
            h2 #stuck { "Waiters that got stuck" }
            ul {
                @for (call, waiter) in stuck.iter().take(MAX_STUCK) {
                    li { "Call " (render_number(call, listed)) ", " (call.operation) ": " (describe_waiter(waiter)) }
                }
            }
            @if stuck.len() > MAX_STUCK { p { "And " (stuck.len() - MAX_STUCK) " more." } }
        }
    }
}

fn write(title: &str, body: &Markup) -> String {
    let hash = BASE64.encode(&Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · ramtape" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header { span.name { "ramtape" } }
                main #main tabindex="-1" { h1 { (title) } (picture::render_shapes()) (body) }
            }
        }
    };
    page.into_string()
}
