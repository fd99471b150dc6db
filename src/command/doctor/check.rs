//! One thing that was looked at.

use crate::ui::printable;
use anstyle::{AnsiColor, Style};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// What was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    pub(super) found: String,
    /// What to do; nothing where all is well.
    pub(super) advice: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    pub(super) fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fail, found: found.into(), advice: Some(advice.into()) }
    }

    /// As people read it, with colours.
    pub(super) fn text(&self) -> String {
        let (label, colour) = match self.verdict {
            Verdict::Ok => ("ok", AnsiColor::Green),
            Verdict::Warn => ("warn", AnsiColor::Yellow),
            Verdict::Fail => ("fail", AnsiColor::Red),
        };
        let style = Style::new().fg_color(Some(colour.into())).bold();
        let found = printable(&self.found).replace('\n', "\n        ");
        let mut text = format!("{style}{label:<4}{style:#}  {}: {found}\n", self.name);
        if let Some(advice) = &self.advice {
            text.push_str(&format!("      -> {}\n", printable(advice)));
        }
        text
    }

    /// As programs read it, on a line.
    pub(super) fn json(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        let check = serde_json::json!({
            "check": self.name,
            "verdict": verdict,
            "found": self.found,
            "advice": self.advice,
        });
        format!("{check}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Check;

    #[test]
    fn advice_follows_what_was_found() {
        let check = Check::warn("port", "taken\nby me", "free it");
        assert_eq!(
            anstream::adapter::strip_str(&check.text()).to_string(),
            "warn  port: taken\n        by me\n      -> free it\n"
        );
        assert_eq!(
            check.json(),
            "{\"check\":\"port\",\"verdict\":\"warn\",\"found\":\"taken\\nby me\",\"advice\":\"free it\"}\n"
        );
    }
}
