//! Taking takes out of a cassette that nobody else has open.

use crate::cassette::CassetteError;
use crate::cassette::take_links::{links, source_of, values};
use crate::cassette::{Access, Cassette, CassetteSettings, Notice};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, counted, shell_path};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Why a cassette cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Another process has the cassette.
    #[error("another ramtape has the cassette {} open: stop it first", root.display())]
    InUse {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// The folder cannot be written.
    #[error("the cassette cannot be changed: {reason}")]
    NoStore {
        /// Why.
        reason: String,
    },
    /// The text is not all there is.
    #[error(
        "answers to {} are in the store only: write them as text with `ramtape seal --cassette {1}`, or throw away what must \
         not become text with `ramtape rm --refused --cassette {1}`, first",
        counted(*entries, "request", "requests"),
        shell_path(root)
    )]
    Pending {
        /// The cassette's folder.
        root: PathBuf,
        /// For how many requests.
        entries: usize,
    },
    /// The cassette cannot be read.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
}

/// A cassette, all text, kept from others.
pub struct Editing {
    pub(super) cassette: Cassette<()>,
}

/// A link that would lead nowhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dangling {
    /// The operation that stays, for people.
    pub operation: String,
    /// The fingerprint that stays.
    pub fingerprint: Fingerprint,
    /// The id of the write that would go.
    pub write: String,
}

impl Editing {
    /// Opens the cassette in `root` for changes to its text.
    ///
    /// # Errors
    /// Where another process has it open, the folder cannot be written, or the text is not all there is.
    pub fn open(root: &Path) -> Result<Self, EditError> {
        let editing = Self::open_store(root, &CassetteSettings::default())?;
        match editing.cassette.pending() {
            0 => Ok(editing),
            entries => Err(EditError::Pending { root: root.to_owned(), entries }),
        }
    }

    /// Opens the cassette in `root` for changes to what is pending; the policy of `settings` judges what is refused as text.
    ///
    /// # Errors
    /// Where another process has it open, the folder cannot be written, or the redaction key is not the cassette's.
    pub fn open_store(root: &Path, settings: &CassetteSettings) -> Result<Self, EditError> {
        let opened = Cassette::open(root, Access::Replay, |_, _| (), settings)?;
        for notice in opened.notices {
            match notice {
                Notice::InUse { .. } => return Err(EditError::InUse { root: root.to_owned() }),
                Notice::NoStore { reason } => return Err(EditError::NoStore { reason }),
                _ => {}
            }
        }
        Ok(Self { cassette: opened.cassette })
    }

    /// The cassette, to be read and changed.
    #[must_use]
    pub const fn cassette(&self) -> &Cassette<()> {
        &self.cassette
    }
}

/// The writes that a removal would take away from what stays: those that it holds values of; and where what goes is in the
/// store only, those that it was recorded after, as nothing in there can be linked anew.
#[derive(Debug, Default)]
pub struct RemovalPlan {
    is_of_store: bool,
    staying: HashSet<String>,
    going: HashSet<String>,
    needed: HashMap<String, BTreeSet<(String, Fingerprint)>>,
}

impl RemovalPlan {
    /// Of takes that are in the store only.
    #[must_use]
    pub fn of_store() -> Self {
        Self { is_of_store: true, ..Self::default() }
    }

    /// Looks at an entry of which the takes in `removed` are to go. Every entry of the cassette must be looked at.
    pub fn look_at(&mut self, fp: Fingerprint, entry: &Entry, removed: &BTreeSet<usize>) {
        for (at, take) in entry.takes.iter().enumerate() {
            let source = source_of(&entry.operation.folder(), &fp, take);
            if removed.contains(&at) {
                self.going.insert(source);
                continue;
            }
            self.staying.insert(source);
            let needed = if self.is_of_store { links(&entry.request, take) } else { values(&entry.request, take) };
            for write in needed {
                self.needed.entry(write).or_default().insert((entry.operation.as_str().to_owned(), fp));
            }
        }
    }

    /// The links that lead nowhere afterwards and did before, in order.
    #[must_use]
    pub fn dangling(&self) -> Vec<Dangling> {
        let lost = self.going.difference(&self.staying);
        let mut dangling: Vec<Dangling> = lost
            .filter_map(|write| Some((write, self.needed.get(write)?)))
            .flat_map(|(write, takes)| {
                takes.iter().map(|(operation, fingerprint)| Dangling {
                    operation: operation.clone(),
                    fingerprint: *fingerprint,
                    write: write.clone(),
                })
            })
            .collect();
        dangling.sort();
        dangling
    }
}
