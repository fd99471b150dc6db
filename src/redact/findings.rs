//! What should not stand in a cassette, or anywhere.

use super::account::is_account;
use super::find::{Hit, Wanted};
use super::patterns::{EMAIL, MEMBER};
use super::redaction::{Redaction, known};
use super::rule::Way;
use super::shape::{Shape, stand_ins_within};
use super::table::is_secret_header;
use crate::json;
use crate::model::{Entry, Secret};

/// Something that should not stand in a cassette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON pointer to it, in the cassette's file.
    pub pointer: String,
    /// What it is; never its value.
    pub what: String,
    /// Its value. Only to be compared with what is allowed.
    pub value: Secret,
}

impl Redaction {
    /// Whether `text` has stand-ins in it: whoever gets it cannot know what was meant.
    #[must_use]
    pub fn has_stand_ins(&self, text: &str) -> bool {
        let found = stand_ins_within(text).into_iter();
        let mut found = found.filter_map(|range| text.get(range));
        // Where accounts are left as they are, one that looks like a stand-in is an account.
        found.any(|stand_in| self.policy.accounts || !is_account(stand_in))
    }

    /// What should not stand in `json`, which a client gets and puts into requests; with its place in it.
    #[must_use]
    pub fn findings_in(&self, json: &[u8]) -> Vec<Finding> {
        let (rules, accounts) = (self.rules.as_slice(), self.policy.accounts);
        let wanted = Wanted { rules, accounts, way: Way::Request, ..Wanted::built_in() };
        wanted.in_bytes(json).into_iter().map(|hit| finding("", hit)).collect()
    }

    /// What should not stand in `entry`, with its place in the cassette's file.
    #[must_use]
    pub fn findings(&self, entry: &Entry) -> Vec<Finding> {
        let anything = Wanted { accounts: self.policy.accounts, ..Wanted::built_in() };
        let mut found = Found(Vec::new());
        for (name, text) in
            [("/operation", entry.operation.as_str()), ("/region", &entry.region), ("/actor", &entry.actor)]
        {
            found.add(name, anything.in_text(text, ""));
        }
        let request = Wanted { rules: &self.rules, operation: known(&entry.operation), way: Way::Request, ..anything };
        found.add("/request", request.in_bytes(entry.request.as_bytes()));
        let answers = self.of_answers(&entry.operation);
        for (at, take) in entry.takes.iter().enumerate() {
            let take_place = format!("/takes/{at}");
            for (name, text) in [("session", &take.session), ("after", &take.after), ("id", &take.id)] {
                let hits = text.as_ref().map(|text| anything.in_text(text, "")).unwrap_or_default();
                found.add(&format!("{take_place}/{name}"), hits);
            }
            for (at, page) in take.pages.iter().enumerate() {
                let place = format!("{take_place}/pages/{at}");
                for (name, value) in &page.headers {
                    let place = format!("{place}/headers/{}", json::pointer_step(name));
                    let hits = answers.in_text(value, "");
                    if hits.is_empty() && is_secret_header(name) {
                        found.add_whole(&place, value);
                    }
                    found.add(&place, hits);
                }
                let bytes = page.body.with_placeholders().0;
                let body = if json::parse(&bytes).is_ok() { "body" } else { "text" };
                found.add(&format!("{place}/{body}"), answers.in_bytes(&bytes));
            }
        }
        found.0
    }
}

/// The credentials in any text, e-mail addresses not counted, each with the line that it begins in. A line that says
/// `ramtape:allow` holds none.
#[must_use]
pub fn credentials_in(text: &str) -> Vec<(usize, Finding)> {
    let found = scan_text(text);
    let lines: Vec<&str> = if found.is_empty() { Vec::new() } else { text.lines().collect() };
    let allowed = |line: usize| lines.get(line - 1).is_some_and(|line| line.contains("ramtape:allow"));
    found.into_iter().filter(|(line, found)| found.what != EMAIL && !allowed(*line)).collect()
}

/// What looks like a secret in any text, with the line that it begins in, counted from 1.
#[must_use]
pub fn scan_text(text: &str) -> Vec<(usize, Finding)> {
    let (mut line, mut at) = (1, 0);
    let found = Wanted::built_in().in_text(text, "").into_iter();
    found
        .map(|hit| {
            // They are in order of place.
            let before = text.as_bytes().get(at..hit.range.start).unwrap_or_default();
            line += before.iter().filter(|byte| **byte == b'\n').count();
            at = hit.range.start;
            (line, finding("", hit))
        })
        .collect()
}

fn finding(place: &str, hit: Hit) -> Finding {
    let pointer = format!("{place}{}", hit.pointer);
    Finding { pointer, what: hit.label.into_owned(), value: Secret::new(hit.value) }
}

struct Found(Vec<Finding>);

impl Found {
    /// What is secret whatever it looks like, if it is no stand-in.
    fn add_whole(&mut self, pointer: &str, value: &str) {
        if !value.is_empty() && !Shape::of(value).is_stand_in(value) {
            let (pointer, what) = (pointer.to_owned(), MEMBER.to_owned());
            self.0.push(Finding { pointer, what, value: Secret::new(value.to_owned()) });
        }
    }

    fn add(&mut self, place: &str, hits: Vec<Hit>) {
        self.0.extend(hits.into_iter().map(|hit| finding(place, hit)));
    }
}
