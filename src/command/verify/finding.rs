//! What is wrong with a recording, and where.

use crate::fingerprint::Fingerprint;
use crate::ui::printable;
use anstyle::{AnsiColor, Style};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Worth knowing.
    Note,
    /// Wrong.
    Problem,
}

/// Something that was found without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfflineFinding {
    pub(super) level: Level,
    /// The operation, or its folder where the file cannot be read.
    pub(super) operation: String,
    pub(super) fingerprint: Fingerprint,
    /// Counted from 1.
    pub(super) take: Option<usize>,
    /// Counted from 1.
    pub(super) page: Option<usize>,
    pub(super) text: String,
}

impl OfflineFinding {
    pub(super) fn text(&self) -> String {
        let (label, colour) = match self.level {
            Level::Note => ("note", AnsiColor::Yellow),
            Level::Problem => ("wrong", AnsiColor::Red),
        };
        let style = Style::new().fg_color(Some(colour.into())).bold();
        let place = |name: &str, number: Option<usize>| number.map(|number| format!(", {name} {number}"));
        let places: String = [place("take", self.take), place("page", self.page)].into_iter().flatten().collect();
        let text = format!("{} {}{places}: {}", self.operation, self.fingerprint, self.text);
        format!("{style}{label:<6}{style:#} {}\n", printable(&text).replace(['\n', '\t'], " "))
    }

    pub(super) fn json(&self) -> String {
        let object = serde_json::json!({
            "check": "offline",
            "level": match self.level {
                Level::Note => "note",
                Level::Problem => "wrong",
            },
            "operation": self.operation,
            "fingerprint": self.fingerprint.to_string(),
            "take": self.take,
            "page": self.page,
            "found": self.text,
        });
        format!("{object}\n")
    }
}
