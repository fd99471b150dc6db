//! The recorded variables that come with the takes.

use super::target::MergeTarget;
use crate::app::shown_session;
use crate::cassette::{CassetteError, VARIABLES_FILE, Variables, combine_variables};
use crate::model::counted;
use crate::ui::{CommandError, Console, MergeError};
use std::path::{Path, PathBuf};

/// The variables that are added.
pub(super) struct Added(Variables);

impl Added {
    /// What the cassettes in `from` have and the one in `into` has not.
    ///
    /// # Errors
    /// Where two of them have different values of one variable of a session.
    pub(super) fn find(into: &Path, from: &[PathBuf]) -> Result<Self, CommandError> {
        let before = Variables::read(into)?;
        let (mut all, mut clashes) = (before.clone(), Vec::new());
        for other in from {
            let (combined, differing) = combine_variables(&all, &Variables::read(other)?);
            all = combined;
            let line = |name: &str, session: &str| format!("  {name} of {}", shown_session(session));
            clashes.extend(differing.iter().map(|clash| line(&clash.name, &clash.session)));
        }
        if !clashes.is_empty() {
            return Err(MergeError::Variables { clashes }.into());
        }
        Ok(Self(all.without(&before)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks for secrets in them.
    pub(super) fn check_secrets(&self, target: &MergeTarget) -> Result<(), CassetteError> {
        target.check_variables(&self.0)
    }

    /// Adds them to the target.
    pub(super) fn write(&self, target: &MergeTarget) -> Result<(), CassetteError> {
        let Some(cassette) = target.cassette().filter(|_| !self.is_empty()) else { return Ok(()) };
        cassette.change_variables(|variables| {
            self.0.all().for_each(|(session, name, value)| variables.set(session, name, value));
        })
    }

    /// A line a session.
    pub(super) fn text(&self) -> String {
        let line = |(session, values): (&str, &std::collections::BTreeMap<String, String>)| {
            let names = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("variables of {}  {names}\n", shown_session(session))
        };
        self.0.sessions().map(line).collect()
    }

    /// An object a session.
    pub(super) fn json(&self, root: &Path) -> String {
        let file = root.join(VARIABLES_FILE);
        let object = |(session, values): (&str, &std::collections::BTreeMap<String, String>)| {
            let name = Some(session).filter(|session| !session.is_empty());
            let object =
                serde_json::json!({ "session": name, "addedVariables": values, "file": file.to_string_lossy() });
            format!("{object}\n")
        };
        self.0.sessions().map(object).collect()
    }

    /// Sums up, if there are any.
    pub(super) fn print(&self, dry_run: bool, into: &str, console: Console) {
        let count = self.0.all().count() as u64;
        if count > 0 {
            let done = if dry_run { "would be added" } else { "added" };
            console.note(&format!("{} {done} to {into}", counted(count, "recorded variable", "recorded variables")));
        }
    }
}
