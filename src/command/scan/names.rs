//! The names of files and folders: a session's cassette is called as the session is.

use super::judge::{Place, Verdict};
use crate::app::Rules;
use crate::cassette::Warden;
use crate::redact::credentials_in;
use std::collections::HashSet;
use std::path::Path;

/// What is secret in names.
#[derive(Default)]
pub(super) struct Names {
    /// Each file or folder once, not all that is below it.
    pub(super) verdicts: Vec<Verdict>,
    values: Vec<String>,
}

impl Names {
    /// Looks through `paths`, as they were named or found.
    pub(super) fn of<'p>(paths: impl Iterator<Item = &'p Path>, rules: &Rules) -> Self {
        let (mut names, mut seen) = (Self::default(), HashSet::new());
        for path in paths {
            for part in path.ancestors().take_while(|part| seen.insert(*part)) {
                names.look_at(part, rules);
            }
        }
        names
    }

    fn look_at(&mut self, path: &Path, rules: &Rules) {
        let Some(name) = path.file_name() else { return };
        for (_, found) in credentials_in(&name.to_string_lossy()) {
            if !rules.allows(path, found.value.expose()) {
                self.values.push(found.value.expose().to_owned());
                let (file, what) = (path.to_owned(), found.what);
                self.verdicts.push(Verdict::Secret { file, place: Place::Name, what });
            }
        }
    }

    /// `text` without the secrets that names are told with.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "…"))
    }

    /// `path`, as people and programs are told it.
    pub(super) fn shown(&self, path: &Path) -> String {
        self.hidden(&path.to_string_lossy())
    }
}
