//! What came of asking for a recorded read once more.

use crate::command::diff::{change_json, change_lines};
use crate::diff::{Drift, TakeDifference};
use crate::fingerprint::Fingerprint;
use crate::ui::printable;
use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

/// How many differences in values are told to people.
const MOST_SHOWN: usize = 10;

const KEYLESS: &str = "its shape is the same; its values are redacted and cannot be compared without the redaction key";

const AFTER_WRITES: &str = "it was read after the test suite's own writes, and those are not repeated";

/// What came of it.
#[derive(Debug)]
pub(super) enum ReadOutcome {
    /// The answer is a recorded one.
    Same,
    /// Other values in the same shape.
    Values(Vec<TakeDifference>),
    /// Another shape; and the values, where they can be compared.
    Shape(Vec<Drift>, Vec<TakeDifference>),
    /// It differs, and was recorded after writes of its session only. Those are not repeated, so that is no drift.
    OwnWrite(Vec<Drift>, Vec<TakeDifference>),
    /// The shape is the same. Some values are redacted, and only the key that is missing would tell whether they are too.
    Keyless,
    /// It was not asked, and why.
    NotRefetchable(String),
    /// There was no answer to compare, and why.
    Failed(String),
}

/// A recorded read.
#[derive(Debug)]
pub(super) struct CheckedRead {
    pub(super) operation: String,
    pub(super) fingerprint: Fingerprint,
    /// The page size that was asked with, of several.
    pub(super) max_results: Option<u32>,
    pub(super) outcome: ReadOutcome,
    pub(super) update: Update,
}

/// What became of the recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// It was left as it was.
    Left,
    /// The answer was recorded in its place.
    Recorded,
    /// It had to be left as it was, or some of it, and why.
    Refused(String),
}

impl ReadOutcome {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Values(_) => "values",
            Self::Shape(..) => "shape",
            Self::OwnWrite(..) => "own write",
            Self::Keyless => "no key",
            Self::NotRefetchable(_) => "not asked",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether upstream answers otherwise now, other values among it unless they are to be ignored.
    pub(super) const fn is_drift(&self, ignore_values: bool) -> bool {
        match self {
            Self::Values(_) => !ignore_values,
            Self::Shape(..) => true,
            Self::Same | Self::OwnWrite(..) | Self::Keyless | Self::NotRefetchable(_) | Self::Failed(_) => false,
        }
    }

    /// Whether it could not be found out.
    pub(super) const fn is_open(&self, ignore_values: bool) -> bool {
        match self {
            Self::Keyless => !ignore_values,
            Self::Failed(_) => true,
            Self::Same | Self::Values(_) | Self::Shape(..) | Self::OwnWrite(..) | Self::NotRefetchable(_) => false,
        }
    }

    /// Whether there was no answer to compare.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    fn changes(&self) -> &[TakeDifference] {
        match self {
            Self::Values(changes) | Self::Shape(_, changes) | Self::OwnWrite(_, changes) => changes,
            _ => &[],
        }
    }

    fn drifts(&self) -> &[Drift] {
        if let Self::Shape(drifts, _) | Self::OwnWrite(drifts, _) = self { drifts } else { &[] }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::NotRefetchable(reason) | Self::Failed(reason) => Some(reason),
            Self::Keyless => Some(KEYLESS),
            Self::OwnWrite(..) => Some(AFTER_WRITES),
            _ => None,
        }
    }
}

impl CheckedRead {
    /// As people read it; nothing where the answer is the same.
    pub(super) fn text(&self) -> String {
        let colour = match &self.outcome {
            ReadOutcome::Same => return String::new(),
            ReadOutcome::Values(_)
            | ReadOutcome::OwnWrite(..)
            | ReadOutcome::Keyless
            | ReadOutcome::NotRefetchable(_) => AnsiColor::Yellow,
            ReadOutcome::Shape(..) | ReadOutcome::Failed(_) => AnsiColor::Red,
        };
        let style = Style::new().fg_color(Some(colour.into())).bold();
        let line = |text: &str| printable(text).replace(['\n', '\t'], " ");
        let size = self.max_results.map(|size| format!(", pages of {size}")).unwrap_or_default();
        let reason = self.outcome.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let update = match &self.update {
            Update::Left => String::new(),
            Update::Recorded => "; recorded again".to_owned(),
            Update::Refused(reason) => format!("; not recorded again: {reason}"),
        };
        let head = format!("{} {}{size}{reason}{update}", self.operation, self.fingerprint);
        let mut text = format!("{style}{:<9}{style:#} {}\n", self.outcome.name(), line(&head));
        self.outcome.drifts().iter().for_each(|drift| text.push_str(&format!("  {}\n", line(&drift.to_string()))));
        let changes = self.outcome.changes();
        changes.iter().take(MOST_SHOWN).for_each(|change| text.push_str(&change_lines(change)));
        if changes.len() > MOST_SHOWN {
            text.push_str(&format!("    and {} more (--json has all)\n", changes.len() - MOST_SHOWN));
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let drift = |drift: &Drift| json!({ "pointer": drift.pointer, "what": drift.to_string() });
        let changes: Vec<Value> = self.outcome.changes().iter().map(change_json).collect();
        let refused = if let Update::Refused(reason) = &self.update { Some(reason) } else { None };
        let object = json!({
            "check": "online",
            "outcome": self.outcome.name(),
            "operation": self.operation,
            "fingerprint": self.fingerprint.to_string(),
            "maxResults": self.max_results,
            "reason": self.outcome.reason(),
            "shape": self.outcome.drifts().iter().map(drift).collect::<Vec<_>>(),
            "values": changes,
            "recorded": self.update == Update::Recorded,
            "notRecorded": refused,
        });
        format!("{object}\n")
    }
}
