//! The names of files and folders: a session's cassette is called as the session is.

use super::problem::{Problem, SecretPlace};
use crate::app::Rules;
use crate::cassette::RecordingPolicy;
use crate::redact::find_credentials;
use std::collections::HashSet;
use std::path::Path;

/// The secrets in the names of files and folders.
#[derive(Default)]
pub(super) struct PathNames {
    /// Each file or folder once, not all that is below it.
    pub(super) problems: Vec<Problem>,
    /// The secrets themselves.
    values: Vec<String>,
}

impl PathNames {
    /// Searches `paths`, as they were named or found.
    pub(super) fn search<'p>(paths: impl Iterator<Item = &'p Path>, rules: &Rules) -> Self {
        let (mut names, mut seen) = (Self::default(), HashSet::new());
        for path in paths {
            for part in path.ancestors().take_while(|part| seen.insert(*part)) {
                names.add(part, rules);
            }
        }
        names
    }

    fn add(&mut self, path: &Path, rules: &Rules) {
        let Some(name) = path.file_name() else { return };
        for (_, found) in find_credentials(&name.to_string_lossy()) {
            if !rules.allows(path, found.value.expose()) {
                self.values.push(found.value.expose().to_owned());
                let (file, what) = (path.to_owned(), found.what);
                self.problems.push(Problem::Secret { file, place: SecretPlace::Name, what });
            }
        }
    }

    /// `text` without the secrets in names.
    pub(super) fn hide(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "…"))
    }
}
