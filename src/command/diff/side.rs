//! One of the two cassettes that are compared.

use super::revision::{checked_out, parse};
use crate::cassette::{Access, Cassette, CassetteError, VARIABLES_FILE};
use crate::command::process::Scratch;
use crate::command::takes::recorded;
use crate::diff::{Difference, differences};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::model::with_causes;
use crate::ui::{CommandError, Console};
use std::path::{Path, PathBuf};

/// A cassette, and what the user called it.
pub(super) struct Side {
    name: String,
    root: PathBuf,
    cassette: Cassette<()>,
    /// Where the files of a revision are for as long as they are looked at.
    _files: Option<Scratch>,
}

impl Side {
    /// The cassette that `name` stands for: a folder, or a revision's as `REV:PATH`.
    pub(super) fn open(name: &str, console: Console) -> Result<Self, CommandError> {
        let folder = Path::new(name);
        match parse(name).filter(|_| !folder.exists()) {
            Some((revision, path)) => {
                let files = checked_out(revision, path, console)?;
                let root = files.path().to_owned();
                let cassette =
                    Cassette::open_text(&root, |_, _| ()).map_err(|error| unreadable(name, &root, &error))?;
                Ok(Self { name: name.to_owned(), root, cassette, _files: Some(files) })
            }
            None => {
                let opened = recorded::open(folder, Access::Replay)?;
                recorded::print_notices(&opened.notices, console);
                Ok(Self { name: name.to_owned(), root: folder.to_owned(), cassette: opened.cassette, _files: None })
            }
        }
    }

    pub(super) fn names(&self) -> Result<Vec<(String, Fingerprint)>, CommandError> {
        self.cassette.fingerprints().map_err(|error| unreadable(&self.name, &self.root, &error))
    }

    /// What is recorded under a fingerprint; what is wrong with its file is told under the user's name for it.
    pub(super) fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, CommandError> {
        self.cassette.entry(folder, fingerprint).map_err(|error| unreadable(&self.name, &self.root, &error))
    }

    /// The files beside the takes that say something else than in `other`, with what they differ in. A file that is not there
    /// says as much as an empty object.
    pub(super) fn settings_against(&self, other: &Self) -> Vec<(&'static str, Vec<Difference>)> {
        let compared = ["cassette.json", VARIABLES_FILE].map(|name| {
            let text = |side: &Self| std::fs::read(side.root.join(name)).unwrap_or_else(|_| b"{}".to_vec());
            (name, differences(&text(self), &text(other)))
        });
        compared.into_iter().filter(|(_, differences)| !differences.is_empty()).collect()
    }
}

fn unreadable(name: &str, root: &Path, error: &CassetteError) -> CommandError {
    // The temporary folder of a revision says nothing to anybody.
    CommandError::Unreadable { reason: with_causes(error).replace(&root.display().to_string(), name) }
}
