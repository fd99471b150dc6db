//! The entries of a HAR file that were skipped, and why.

use crate::aws::ServiceHost;
use crate::cassette::SealReport;
use crate::engine::{EngineError, ImportOutcome};
use crate::har::Lack;
use crate::model::{counted, with_causes};
use crate::ui::{Console, Exit, printable};
use std::collections::BTreeMap;

/// The entries that were skipped.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    /// Of this service: what a person may miss.
    entries: Vec<SkippedEntry>,
    /// How many entries of other services there were, by host.
    others: BTreeMap<String, u64>,
    /// Throttling, faults, matters of credentials.
    not_recordable: u64,
    /// Retries of what was answered already.
    repeated: u64,
}

/// An entry that could not be carried over.
#[derive(Debug)]
struct SkippedEntry {
    number: Option<usize>,
    name: String,
    reason: String,
}

impl Skipped {
    /// An entry that is no exchange. One of another service is nobody's loss.
    pub(super) fn add_unreadable(&mut self, number: usize, name: &str, lack: &Lack, service: &str) {
        let host = host(name);
        let near = !host.contains('.') || host.starts_with("127.");
        if near || ServiceHost::parse(&host, service).is_some() {
            self.skip(number, name, lack.to_string())
        } else {
            self.skip_other_service(host)
        }
    }

    /// What became of an exchange.
    pub(super) fn add_outcome(&mut self, number: usize, name: &str, outcome: Result<ImportOutcome, EngineError>) {
        match outcome {
            Ok(ImportOutcome::Recorded) => {}
            Ok(ImportOutcome::Repeated) => self.repeated += 1,
            Ok(ImportOutcome::NotRecordable) => self.not_recordable += 1,
            Ok(ImportOutcome::OtherService) => self.skip_other_service(host(name)),
            Ok(ImportOutcome::NoFirstPage) => {
                self.skip(number, name, "earlier pages of its listing are not in the file".to_owned());
            }
            Ok(ImportOutcome::NotStored(reason)) => self.skip(number, name, reason),
            Err(error) => self.skip(number, name, with_causes(&error)),
        }
    }

    /// What was taken in and cannot become text.
    pub(super) fn add_pending(&mut self, sealed: &SealReport) {
        let reasons = sealed.failed.iter().map(|(_, _, reason)| reason.clone());
        self.entries.extend(reasons.map(|reason| SkippedEntry { number: None, name: String::new(), reason }));
    }

    /// Whether something of this service was left out that a person may miss.
    pub(super) const fn has_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    fn skip(&mut self, number: usize, name: &str, reason: String) {
        self.entries.push(SkippedEntry { number: Some(number), name: name.to_owned(), reason });
    }

    fn skip_other_service(&mut self, host: String) {
        *self.others.entry(host).or_default() += 1;
    }

    /// Prints what was skipped.
    pub(super) fn print(&self, console: Console) {
        for SkippedEntry { number, name, reason } in &self.entries {
            let entry = match number {
                Some(number) if name.is_empty() => format!("entry {number}: "),
                Some(number) => format!("entry {number}, {name}: "),
                None => String::new(),
            };
            console.problem(&format!("skipped: {}{}", printable(&entry), printable(reason)));
        }
        if !self.others.is_empty() {
            let hosts: Vec<String> = self.others.iter().map(|(host, count)| format!("{host} ({count})")).collect();
            let count = counted(self.others.values().sum::<u64>(), "entry", "entries");
            console.note(&format!("{count} for other services: {}", printable(&hosts.join(", "))));
        }
        if self.not_recordable > 0 {
            let count = counted(self.not_recordable, "answer", "answers");
            console.note(&format!(
                "{count} that recordings do not keep: throttling, faults, credentials \
                    (--record-errors keeps them)"
            ));
        }
        if self.repeated > 0 {
            console.note(&counted(self.repeated, "retry of an answered request", "retries of answered requests"));
        }
    }

    /// The same for programs, a line each.
    pub(super) fn json(&self) -> String {
        let entries = self
            .entries
            .iter()
            .map(|entry| serde_json::json!({ "leftOut": entry.name, "entry": entry.number, "reason": entry.reason }));
        let others =
            self.others.iter().map(|(host, count)| serde_json::json!({ "otherService": host, "entries": count }));
        entries.chain(others).map(|line| format!("{line}\n")).collect()
    }

    /// `sealed` is what became of what was taken in.
    pub(super) fn exit(&self, sealed: &SealReport) -> Exit {
        match Exit::from_seal_report(sealed) {
            Exit::Well if self.entries.is_empty() => Exit::Well,
            Exit::Well => Exit::NotRecorded,
            failed => failed,
        }
    }
}

/// The host in `METHOD URL`, in lower case.
fn host(name: &str) -> String {
    let url = name.split_once(' ').map_or(name, |(_, url)| url);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase()
}
