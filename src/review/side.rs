//! One of the two cassettes that are compared.

use super::revision::{RevisionError, check_out, find_unchanged};
use crate::cassette::{Cassette, CassetteError, VARIABLES_FILE};
use crate::diff::{Difference, differences};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, with_causes};
use crate::scratch::Scratch;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why two cassettes cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A cassette cannot be read, told in the user's own name for it.
    #[error("{reason}")]
    Unreadable {
        /// Where, and what is wrong.
        reason: String,
    },
    /// A git revision cannot be read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
}

/// What entries are read from.
pub trait Entries {
    /// Folder and fingerprint of all.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError>;

    /// What is recorded under `fingerprint`.
    ///
    /// # Errors
    /// Where its file cannot be read.
    fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, CassetteError>;

    /// Whether more is recorded under `fingerprint` than its file says.
    fn is_pending(&self, fingerprint: &Fingerprint) -> bool;
}

impl<P> Entries for Cassette<P> {
    fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        self.fingerprints()
    }

    fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        self.entry(folder, fingerprint)
    }

    fn is_pending(&self, fingerprint: &Fingerprint) -> bool {
        self.is_pending(fingerprint)
    }
}

impl<P> Entries for &Cassette<P> {
    fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        self.fingerprints()
    }

    fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        Cassette::entry(self, folder, fingerprint)
    }

    fn is_pending(&self, fingerprint: &Fingerprint) -> bool {
        Cassette::is_pending(self, fingerprint)
    }
}

/// A cassette, and what the user called it.
pub struct Side<'c> {
    name: String,
    root: PathBuf,
    entries: Box<dyn Entries + 'c>,
    /// Where the files of a revision are for as long as they are looked at.
    _files: Option<Scratch>,
    /// Of a revision, the files that the work tree has just so: they were not put down.
    unchanged: HashSet<String>,
}

impl fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'c> Side<'c> {
    /// The cassette in the folder `root`, opened as `entries`.
    pub fn of_cassette(name: &str, root: &Path, entries: impl Entries + 'c) -> Self {
        Self {
            name: name.to_owned(),
            root: root.to_owned(),
            entries: Box::new(entries),
            _files: None,
            unchanged: HashSet::new(),
        }
    }

    /// The cassette in the folder `root` as its text tells it: its store is neither asked nor touched.
    ///
    /// # Errors
    /// Where it is no cassette of this format.
    pub fn of_text(name: &str, root: &Path) -> Result<Self, ReviewError> {
        let cassette = Cassette::open_text(root, |_, _| ()).map_err(|error| unreadable(name, root, &error))?;
        Ok(Self::of_cassette(name, root, cassette))
    }

    /// The cassette in the folder `path` of a git revision; paths start at the repository's root, or with `./` at the folder
    /// `here`, which is the current one where it is `None`. `step` is told the number of files before each.
    ///
    /// # Errors
    /// Where git does not have it, or it is no cassette of this format.
    pub fn of_revision(
        name: &str,
        (revision, path): (&str, &str),
        here: Option<&Path>,
        step: &mut dyn FnMut(usize),
    ) -> Result<Self, ReviewError> {
        let files = check_out(revision, path, here, &HashSet::new(), step)?;
        let side = Self::of_text(name, files.path())?;
        Ok(Self { _files: Some(files), ..side })
    }

    /// As [`Self::of_revision`], of the cassette in the folder `root` of the work tree, to be compared with that: what both have
    /// alike is not read.
    ///
    /// # Errors
    /// As there.
    pub fn of_work_tree(name: &str, revision: &str, root: &Path) -> Result<Self, ReviewError> {
        let unchanged = find_unchanged(revision, root)?;
        let files = check_out(revision, ".", Some(root), &unchanged, &mut |_| ())?;
        let side = Self::of_text(name, files.path())?;
        Ok(Self { _files: Some(files), unchanged, ..side })
    }

    /// Whether what is recorded under a fingerprint needs no comparison with `other`: both files are the same.
    pub(super) fn has_same_file(&self, other: &Side<'_>, folder: &str, fingerprint: &Fingerprint) -> bool {
        if self.entries.is_pending(fingerprint) || other.entries.is_pending(fingerprint) {
            return false;
        }
        let file = format!("{folder}/{fingerprint}.json");
        let read = |side: &Side<'_>| std::fs::read(side.root.join(&file)).ok();
        self.unchanged.contains(&file) || read(self).is_some_and(|text| read(other) == Some(text))
    }

    pub(super) fn names(&self) -> Result<Vec<(String, Fingerprint)>, ReviewError> {
        self.entries.names().map_err(|error| unreadable(&self.name, &self.root, &error))
    }

    /// What is recorded under a fingerprint; what is wrong with its file is told under the user's name for it.
    pub(super) fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, ReviewError> {
        self.entries.entry(folder, fingerprint).map_err(|error| unreadable(&self.name, &self.root, &error))
    }

    /// The files beside the takes that say something else than in `other`, with what they differ in. A file that is not there
    /// says as much as an empty object.
    #[must_use]
    pub fn settings_against(&self, other: &Side<'_>) -> Vec<(&'static str, Vec<Difference>)> {
        let compared = ["cassette.json", VARIABLES_FILE].map(|name| {
            let text = |root: &Path| std::fs::read(root.join(name)).unwrap_or_else(|_| b"{}".to_vec());
            (name, differences(&text(&self.root), &text(&other.root)))
        });
        compared.into_iter().filter(|(_, differences)| !differences.is_empty()).collect()
    }
}

fn unreadable(name: &str, root: &Path, error: &CassetteError) -> ReviewError {
    // The temporary folder of a revision says nothing to anybody.
    ReviewError::Unreadable { reason: with_causes(error).replace(&root.display().to_string(), name) }
}
