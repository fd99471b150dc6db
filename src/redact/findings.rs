//! Scans entries, variables and other texts for secrets.

use super::account::is_account;
use super::patterns::{EMAIL, MEMBER};
use super::redaction::{Redaction, known_name};
use super::rule::Direction;
use super::scanner::{ScanMatch, Scanner};
use super::table::is_secret_header;
use super::value_kind::{ValueKind, find_pseudonyms};
use crate::json;
use crate::model::{Entry, Secret, SecretMembers};

/// A secret that was found: where, and of which kind.
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
    /// Whether `text` has pseudonyms in it: whoever gets it cannot know what was meant.
    #[must_use]
    pub fn has_pseudonyms(&self, text: &str) -> bool {
        let found = find_pseudonyms(text).into_iter();
        let mut found = found.filter_map(|range| text.get(range));
        // Where accounts are left as they are, one that looks like a pseudonym is an account.
        found.any(|pseudonym| self.spec.accounts || !is_account(pseudonym))
    }

    /// What should not stand in `json`, which a client gets and puts into requests; with its place in it.
    #[must_use]
    pub fn scan_json(&self, json: &[u8]) -> Vec<Finding> {
        let (rules, accounts) = (self.rules.as_slice(), self.spec.accounts);
        let scanner = Scanner { rules, accounts, direction: Direction::Request, ..Scanner::built_in() };
        scanner.find_in_bytes(json).into_iter().map(|found| finding("", found)).collect()
    }

    /// What should not stand in `entry`, the members that are `secrets` included; with its place in the cassette's file.
    #[must_use]
    pub fn scan_entry(&self, entry: &Entry, secrets: SecretMembers<'_>) -> Vec<Finding> {
        let anything = Scanner { accounts: self.spec.accounts, ..Scanner::built_in() };
        let mut found = FindingList(Vec::new());
        for (name, text) in
            [("/operation", entry.operation.as_str()), ("/region", &entry.region), ("/actor", &entry.actor)]
        {
            found.add(name, anything.find_in_text(text, ""));
        }
        let request = Scanner {
            rules: &self.rules,
            operation: known_name(&entry.operation),
            direction: Direction::Request,
            secrets,
            ..anything
        };
        found.add("/request", request.find_in_bytes(entry.request.as_bytes()));
        let answers = Scanner { secrets, ..self.answer_scanner(&entry.operation) };
        for (at, take) in entry.takes.iter().enumerate() {
            let take_place = format!("/takes/{at}");
            for (name, text) in [("session", &take.session), ("after", &take.after), ("id", &take.id)] {
                let matches = text.as_ref().map(|text| anything.find_in_text(text, "")).unwrap_or_default();
                found.add(&format!("{take_place}/{name}"), matches);
            }
            for (at, page) in take.pages.iter().enumerate() {
                let place = format!("{take_place}/pages/{at}");
                for (name, value) in &page.headers {
                    let place = format!("{place}/headers/{}", json::pointer_step(name));
                    let matches = answers.find_in_text(value, "");
                    if matches.is_empty() && is_secret_header(name) {
                        found.add_whole(&place, value);
                    }
                    found.add(&place, matches);
                }
                let bytes = page.body.with_placeholders().0;
                let body = if json::parse(&bytes).is_ok() { "body" } else { "text" };
                found.add(&format!("{place}/{body}"), answers.find_in_body(&bytes));
            }
        }
        found.0
    }
}

/// The credentials in any text, e-mail addresses not counted, each with the line that it begins in. A line that says
/// `ramtape:allow` holds none.
#[must_use]
pub fn find_credentials(text: &str) -> Vec<(usize, Finding)> {
    let found = scan_text(text);
    let lines: Vec<&str> = if found.is_empty() { Vec::new() } else { text.lines().collect() };
    let allowed = |line: usize| lines.get(line - 1).is_some_and(|line| line.contains("ramtape:allow"));
    found.into_iter().filter(|(line, found)| found.what != EMAIL && !allowed(*line)).collect()
}

/// What looks like a secret in any text, with the line that it begins in, counted from 1.
#[must_use]
pub fn scan_text(text: &str) -> Vec<(usize, Finding)> {
    let (mut line, mut at) = (1, 0);
    let found = Scanner::built_in().find_in_text(text, "").into_iter();
    found
        .map(|found| {
            // They are in order of place.
            let before = text.as_bytes().get(at..found.range.start).unwrap_or_default();
            line += before.iter().filter(|byte| **byte == b'\n').count();
            at = found.range.start;
            (line, finding("", found))
        })
        .collect()
}

fn finding(place: &str, found: ScanMatch) -> Finding {
    let pointer = format!("{place}{}", found.pointer);
    Finding { pointer, what: found.label.into_owned(), value: Secret::new(found.value) }
}

struct FindingList(Vec<Finding>);

impl FindingList {
    /// What is secret whatever it looks like, if it is not a pseudonym.
    fn add_whole(&mut self, pointer: &str, value: &str) {
        if !value.is_empty() && !ValueKind::detect(value).is_pseudonym(value) {
            let (pointer, what) = (pointer.to_owned(), MEMBER.to_owned());
            self.0.push(Finding { pointer, what, value: Secret::new(value.to_owned()) });
        }
    }

    fn add(&mut self, place: &str, matches: Vec<ScanMatch>) {
        self.0.extend(matches.into_iter().map(|found| finding(place, found)));
    }
}
