//! The part of the check that asks nobody: format, members and types, links, chains.

use super::finding::{Level, OfflineFinding};
use crate::cassette::{is_of_newer, links};
use crate::command::takes::recorded::{Recorded, unkept_header};
use crate::entry_file::spelled;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Entry, Hole, Page, Take};
use crate::redact::unkept_headers;
use crate::service::{Operation, OperationKind, Service};
use std::collections::HashSet;
use std::path::Path;

/// What is found while the cassette is looked through.
pub(super) struct Audit<'a> {
    service: &'a Service,
    findings: Vec<OfflineFinding>,
    /// The writes that are there.
    writes: HashSet<String>,
    /// Whether a later ramtape may have kept what this one does not.
    is_of_newer: bool,
    /// The writes that takes lead back to, and where that stands in `findings`.
    links: Vec<(String, OfflineFinding)>,
}

impl<'a> Audit<'a> {
    /// Of the cassette in the folder `root`.
    pub(super) fn new(service: &'a Service, root: &Path) -> Self {
        let is_of_newer = is_of_newer(root);
        Self { service, findings: Vec::new(), writes: HashSet::new(), is_of_newer, links: Vec::new() }
    }

    /// A file that cannot be read.
    pub(super) fn damaged(&mut self, folder: &str, fingerprint: Fingerprint, reason: String) {
        self.findings.push(OfflineFinding {
            level: Level::Problem,
            operation: folder.to_owned(),
            fingerprint,
            take: None,
            page: None,
            text: reason,
        });
    }

    /// What is wrong with one request and its answers.
    pub(super) fn look_at(&mut self, recorded: &Recorded) {
        let entry = &recorded.entry;
        let mut at = Spot { recorded, take: None, page: None, found: &mut self.findings };
        let operation = self.service.operation_named(entry.operation.as_str());
        match operation {
            None if entry.operation.service().is_some() => {
                at.note("of a service without a model: its members are not checked");
            }
            None => at.note("not one of the service's operations: its members are not checked"),
            Some(operation) => request(&mut at, self.service, operation, entry),
        }
        for (number, take) in (1..).zip(&entry.takes) {
            at.take = Some(number);
            chain(&mut at, take);
            if !self.is_of_newer {
                headers(&mut at, take);
            }
            if let Some(operation) = operation {
                answers(&mut at, self.service, operation, take);
            }
            self.writes.extend(take.id.clone());
            for write in links(&entry.request, take) {
                let text = format!("it refers to the write {write}, which is missing");
                self.links.push((write, at.finding(Level::Problem, text)));
            }
        }
    }

    /// Everything that was found: what is wrong in the files, then the links that lead nowhere.
    pub(super) fn findings(self) -> Vec<OfflineFinding> {
        let Self { mut findings, writes, links, .. } = self;
        let mut nowhere: Vec<OfflineFinding> =
            links.into_iter().filter(|(write, _)| !writes.contains(write)).map(|(_, finding)| finding).collect();
        // A value can stand in many places of one take.
        nowhere.dedup();
        findings.extend(nowhere);
        findings
    }
}

/// Where in the cassette something is found.
struct Spot<'a> {
    recorded: &'a Recorded,
    take: Option<usize>,
    page: Option<usize>,
    found: &'a mut Vec<OfflineFinding>,
}

impl Spot<'_> {
    fn finding(&self, level: Level, text: String) -> OfflineFinding {
        OfflineFinding {
            level,
            operation: self.recorded.entry.operation.as_str().to_owned(),
            fingerprint: self.recorded.fingerprint,
            take: self.take,
            page: self.page,
            text,
        }
    }

    fn note(&mut self, text: &str) {
        self.found.push(self.finding(Level::Note, text.to_owned()));
    }

    fn problem(&mut self, text: impl Into<String>) {
        self.found.push(self.finding(Level::Problem, text.into()));
    }
}

fn succeeded(page: &Page) -> bool {
    (200..300).contains(&page.status)
}

/// A request that the service answered well has the members that it knows. What it refused may be wrong in any way.
fn request(at: &mut Spot<'_>, service: &Service, operation: &Operation, entry: &Entry) {
    if !entry.takes.iter().flat_map(|take| take.pages.first()).any(succeeded) {
        return;
    }
    match json::parse(entry.request.as_bytes()) {
        Ok(node) => {
            for flaw in service.flaws_of_request(operation, &node) {
                at.problem(format!("request: {flaw}"));
            }
        }
        Err(_) => at.problem("the request is not JSON"),
    }
}

/// Every page but the last leads to the next one; the last does where the chain was recorded in part only.
fn chain(at: &mut Spot<'_>, take: &Take) {
    for (number, page) in (1..).zip(&take.pages) {
        at.page = (take.pages.len() > 1).then_some(number);
        let leads: Vec<u32> = page
            .body
            .holes()
            .filter_map(|hole| match hole {
                Hole::Token(position) => Some(*position),
                _ => None,
            })
            .collect();
        let next = u32::try_from(number).unwrap_or(u32::MAX);
        let goes_on = number < take.pages.len() || !take.complete;
        match (goes_on, leads.as_slice()) {
            (false, []) => {}
            (true, [one]) if *one == next => {}
            (true, []) => at.problem("the chain of pages is broken: it leads to no next page"),
            (false, _) => at.problem("the chain of pages is broken: it leads to a next page, but is marked complete"),
            (true, _) => at.problem(format!("the chain of pages is broken: its token should be {next}")),
        }
    }
    at.page = None;
}

/// Only what recording keeps can have been recorded.
fn headers(at: &mut Spot<'_>, take: &Take) {
    for (number, page) in (1..).zip(&take.pages) {
        at.page = (take.pages.len() > 1).then_some(number);
        for name in unkept_headers(page) {
            at.problem(format!("header {name:?}: {}", unkept_header()));
        }
    }
    at.page = None;
}

fn answers(at: &mut Spot<'_>, service: &Service, operation: &Operation, take: &Take) {
    match (operation.kind, &take.id) {
        (OperationKind::Write, None) => at.problem("a write without an id: nothing can be recorded after it"),
        (OperationKind::Read, Some(_)) => at.problem("a read with an id, which only writes have"),
        _ => {}
    }
    if operation.page_items.is_none() && (take.pages.len() > 1 || !take.complete) {
        at.problem("several or incomplete pages of an operation that has no pages");
    }
    for (number, page) in (1..).zip(&take.pages) {
        at.page = (take.pages.len() > 1).then_some(number);
        if succeeded(page) { success(at, service, operation, page) } else { error(at, service, page) }
    }
    at.page = None;
}

fn success(at: &mut Spot<'_>, service: &Service, operation: &Operation, page: &Page) {
    let body = spelled(&page.body);
    if body.is_empty() && operation.answer.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
        return;
    }
    match json::parse(&body) {
        Ok(node) => {
            for flaw in service.flaws_of_answer(operation, &node) {
                at.problem(flaw.to_string());
            }
        }
        Err(error) => at.problem(format!("the body is not JSON: {}", error.reason)),
    }
}

fn error(at: &mut Spot<'_>, service: &Service, page: &Page) {
    let Some(kind) = page.error_kind() else { return at.note("an error without a name") };
    match service.errors.get(&kind) {
        Some(status) if *status != page.status => {
            at.problem(format!("{kind} should have status {status}, not {}", page.status));
        }
        _ => {}
    }
}
