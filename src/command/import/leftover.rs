//! What of a HAR file is not in the cassette, and why.

use crate::aws::ServiceHost;
use crate::cassette::SealReport;
use crate::engine::ImportOutcome;
use crate::har::Lack;
use crate::model::counted;
use crate::ui::{Console, Exit, printable};
use std::collections::BTreeMap;

/// What was left out.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Of this service: what a person may miss.
    missed: Vec<Missed>,
    /// How many entries of other services there were, by host.
    others: BTreeMap<String, u64>,
    /// Throttling, faults, matters of credentials.
    passing: u64,
    /// Retries of what was answered already.
    again: u64,
}

/// An entry that could not be carried over.
#[derive(Debug)]
struct Missed {
    number: Option<usize>,
    name: String,
    reason: String,
}

impl Leftovers {
    /// An entry that is no exchange. One of another service is nobody's loss.
    pub(super) fn lacking(&mut self, number: usize, name: &str, lack: &Lack, service: &str) {
        let host = host(name);
        let near = !host.contains('.') || host.starts_with("127.");
        if near || ServiceHost::parse(&host, service).is_some() {
            self.miss(number, name, lack.to_string())
        } else {
            self.other(host)
        }
    }

    /// What became of an exchange.
    pub(super) fn carried(&mut self, number: usize, name: &str, carried: Result<ImportOutcome, String>) {
        match carried {
            Ok(ImportOutcome::Recorded) => {}
            Ok(ImportOutcome::Repeated) => self.again += 1,
            Ok(ImportOutcome::NotRecordable) => self.passing += 1,
            Ok(ImportOutcome::OtherService) => self.other(host(name)),
            Ok(ImportOutcome::NoFirstPage) => {
                self.miss(number, name, "earlier pages of its listing are not in the file".to_owned());
            }
            Ok(ImportOutcome::NotStored(reason)) | Err(reason) => self.miss(number, name, reason),
        }
    }

    /// What was taken in and cannot become text.
    pub(super) fn unsealed(&mut self, sealed: &SealReport) {
        let reasons = sealed.failed.iter().map(|(_, _, reason)| reason.clone());
        self.missed.extend(reasons.map(|reason| Missed { number: None, name: String::new(), reason }));
    }

    /// Whether something of this service was left out that a person may miss.
    pub(super) const fn is_any_missed(&self) -> bool {
        !self.missed.is_empty()
    }

    fn miss(&mut self, number: usize, name: &str, reason: String) {
        self.missed.push(Missed { number: Some(number), name: name.to_owned(), reason });
    }

    fn other(&mut self, host: String) {
        *self.others.entry(host).or_default() += 1;
    }

    /// Says what was left out.
    pub(super) fn tell(&self, console: Console) {
        for Missed { number, name, reason } in &self.missed {
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
        if self.passing > 0 {
            let count = counted(self.passing, "answer", "answers");
            console.note(&format!(
                "{count} that recordings do not keep: throttling, faults, credentials \
                    (--record-errors keeps them)"
            ));
        }
        if self.again > 0 {
            console.note(&counted(self.again, "retry of an answered request", "retries of answered requests"));
        }
    }

    /// The same for programs, a line each.
    pub(super) fn json(&self) -> String {
        let missed = self.missed.iter().map(
            |missed| serde_json::json!({ "leftOut": missed.name, "entry": missed.number, "reason": missed.reason }),
        );
        let others =
            self.others.iter().map(|(host, count)| serde_json::json!({ "otherService": host, "entries": count }));
        missed.chain(others).map(|line| format!("{line}\n")).collect()
    }

    /// `sealed` is what became of what was taken in.
    pub(super) fn exit(&self, sealed: &SealReport) -> Exit {
        match Exit::of_sealing(sealed) {
            Exit::Well if self.missed.is_empty() => Exit::Well,
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
