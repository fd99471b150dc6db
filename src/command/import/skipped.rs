//! The entries of a file that were skipped, and why.

use crate::aws::ServiceEndpoints;
use crate::cassette::SealReport;
use crate::engine::{EngineError, ImportOutcome};
use crate::model::{Lack, counted, with_causes};
use crate::ui::{Console, Exit, printable};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Which entry it is, for people.
#[derive(Clone, Debug)]
pub(super) struct EntryLabel {
    /// The file that it is in, where there can be several.
    pub(super) file: Option<Rc<str>>,
    /// Its place in the file, counted from 1.
    pub(super) number: usize,
    /// Its method and URL, as far as they can be read.
    pub(super) name: String,
}

/// The entries that were skipped.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    /// Of the recorded services: what a person may miss.
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
    label: Option<EntryLabel>,
    reason: String,
}

impl Skipped {
    /// An entry that is no exchange. One of a service that is not recorded is nobody's loss.
    pub(super) fn add_unreadable(&mut self, label: EntryLabel, lack: &Lack, recorded: &ServiceEndpoints) {
        let host = host(&label.name);
        let address = host.rsplit_once(':').map_or(host.as_str(), |(address, _)| address);
        let near = !address.contains('.') || address.starts_with("127.");
        if near || recorded.find(address).is_some() {
            self.skip(label, lack.to_string())
        } else {
            self.skip_other_service(host)
        }
    }

    /// What became of an exchange.
    pub(super) fn add_outcome(&mut self, label: EntryLabel, outcome: Result<ImportOutcome, EngineError>) {
        match outcome {
            Ok(ImportOutcome::Recorded) => {}
            Ok(ImportOutcome::Repeated) => self.repeated += 1,
            Ok(ImportOutcome::NotRecordable) => self.not_recordable += 1,
            Ok(ImportOutcome::OtherService) => self.skip_other_service(host(&label.name)),
            Ok(ImportOutcome::NoFirstPage) => {
                self.skip(label, "earlier pages of its listing are not in the file".to_owned());
            }
            Ok(ImportOutcome::NotStored(reason)) => self.skip(label, reason),
            Err(error) => self.skip(label, with_causes(&error)),
        }
    }

    /// What was taken in and cannot become text.
    pub(super) fn add_pending(&mut self, sealed: &SealReport) {
        let reasons = sealed.failed.iter().map(|(_, _, reason)| reason.clone());
        self.entries.extend(reasons.map(|reason| SkippedEntry { label: None, reason }));
    }

    /// Whether something of a recorded service was left out that a person may miss.
    pub(super) const fn has_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    fn skip(&mut self, label: EntryLabel, reason: String) {
        self.entries.push(SkippedEntry { label: Some(label), reason });
    }

    fn skip_other_service(&mut self, host: String) {
        *self.others.entry(host).or_default() += 1;
    }

    /// Prints what was skipped.
    pub(super) fn print(&self, console: Console) {
        for SkippedEntry { label, reason } in &self.entries {
            let entry = label.as_ref().map(|EntryLabel { file, number, name }| {
                let of = file.as_ref().map(|file| format!(" of {file}")).unwrap_or_default();
                let name = if name.is_empty() { String::new() } else { format!(", {name}") };
                format!("entry {number}{of}{name}: ")
            });
            let entry = entry.unwrap_or_default();
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
        let entries = self.entries.iter().map(|SkippedEntry { label, reason }| {
            let (name, number) = label.as_ref().map(|label| (&*label.name, label.number)).unzip();
            let mut line = serde_json::json!({
                "leftOut": name.unwrap_or_default(), "entry": number, "reason": reason,
            });
            if let Some(file) = label.as_ref().and_then(|label| label.file.as_ref()) {
                line["file"] = serde_json::json!(**file);
            }
            line
        });
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
