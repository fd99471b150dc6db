//! The redaction key of a cassette: where it is looked for, and how a new one is made.

use crate::cassette::{self, CassetteError, KEY_FILE};
use crate::files::create_atomically;
use crate::model::with_causes;
use crate::redact::{Key, KeySource, KeyUnavailable, RedactionSpec, RuleError};
use parking_lot::Mutex;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a cassette has no redaction key that can be used. The texts continue a sentence about the cassette.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// A key was given, and the cassette names another one.
    #[error(
        "it was recorded with a redaction key other than the given one: with two keys, equal values would get \
         different pseudonyms. Give the key that it was recorded with, or none"
    )]
    OtherThanGiven,
    /// The key's file next to the cassette holds another key than the cassette names.
    #[error(
        "its redaction.key is not the key named in cassette.json, which the recording was made with. Take both files from the \
         same commit"
    )]
    OtherThanNamed,
    /// The key that an exported file names is not here.
    #[error("it is the key of the cassette that the file was exported from, and it is not here")]
    NotBrought,
    /// A key was given, and the cassettes of the other sessions have another one.
    #[error(
        "the cassettes of other sessions next to it were recorded with a redaction key other than the given one: with \
         two keys, equal values would get different pseudonyms, and the cassettes could not be merged. Give their key, \
         or record them again too"
    )]
    OtherThanSessions,
    /// The key of the other sessions' cassettes is gone.
    #[error(
        "the redaction key of the cassettes of other sessions next to it is missing: with a new key, equal values \
         would get different pseudonyms, and the cassettes could not be merged. Restore the redaction.key next to them \
         or, if the key is kept elsewhere, set RAMTAPE_REDACT_KEY or key_file in [redact]. To start over with a new \
         key, delete those cassettes and record them again"
    )]
    SessionsMissing,
    /// The cassette's key is gone.
    #[error(
        "the redaction key that it was recorded with is missing: with a new key, equal values would get different \
         pseudonyms. Restore its redaction.key or, if the key is kept elsewhere, set RAMTAPE_REDACT_KEY or key_file in \
         [redact]. To start over with a new key, delete the cassette and record it again"
    )]
    Missing,
    /// A file holds something else.
    #[error("{} is not a redaction key: it needs at least 22 random characters", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// A key's file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key's file cannot be written.
    #[error("cannot write the redaction key {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has made a key while this one recorded with its own.
    #[error(
        "another ramtape has made another redaction key for it at the same time, so this answer cannot be recorded: record it \
         again"
    )]
    OtherMade,
    /// A key's file went while it was made.
    #[error("the redaction key {} was deleted", path.display())]
    Deleted {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("cannot get random numbers from the system: {0}")]
    Random(getrandom::Error),
    /// Random bytes that make no key.
    #[error("cannot make a redaction key")]
    Unmade,
    /// `cassette.json` cannot be changed to name the key.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// The cassette's rules cannot be used.
    #[error("{0}")]
    Rules(RuleError),
}

/// Where the key of one cassette is looked for.
pub(super) struct KeyFiles {
    /// The file beside the cassette.
    pub(super) beside: PathBuf,
    /// The file beside the cassettes of all sessions, where each session has its own: they have one key.
    pub(super) shared: Option<PathBuf>,
    /// What the cassettes beside that name their key by, where they do: [`Key::check`].
    pub(super) sessions: Option<String>,
    /// The key that is kept elsewhere.
    pub(super) outside: Option<Key>,
    /// Whether the key is to be kept elsewhere: then none is made beside the cassette.
    pub(super) is_outside: bool,
    /// The text of the key that this process has made, of which the file may be still to come.
    pub(super) new: Arc<Mutex<Option<String>>>,
}

impl KeyFiles {
    /// The key of a cassette with the rules `spec`. What is recorded was made with the one that they name; where they
    /// name none, that beside the cassette comes first. Where `recording`, one that was never made is made when it is
    /// needed.
    ///
    /// # Errors
    /// Where the key cannot be read, or, `recording`, is gone or another one.
    pub(super) fn source(self, spec: &RedactionSpec, recording: bool) -> Result<KeySource, KeyError> {
        let beside = read(&self.beside)?;
        let named = spec.key_check.as_deref();
        let Some(check) = named else {
            let own = beside.or(self.outside.clone());
            if recording {
                self.check_against_sessions(own.as_ref())?;
            }
            return match own {
                Some(key) => Ok(KeySource::Known(key)),
                None if recording && !self.is_outside => Ok(KeySource::MadeWhenNeeded(Box::new(move || {
                    self.choose().map_err(|error| KeyUnavailable(with_causes(&error)))
                }))),
                None => Ok(KeySource::Missing(random()?)),
            };
        };
        let shared = self.shared.as_deref().map(read).transpose()?.flatten();
        let mut known = [&beside, &self.outside, &shared].into_iter().flatten();
        match known.find(|key| key.check() == check) {
            Some(key) => Ok(KeySource::Known(key.clone())),
            None if !recording => Ok(KeySource::Missing(random()?)),
            None if beside.is_some() => Err(KeyError::OtherThanNamed),
            None if self.outside.is_some() => Err(KeyError::OtherThanGiven),
            None => Err(KeyError::Missing),
        }
    }

    /// Puts the key that `check` tells beside the cassette, where it is beside those of all sessions.
    ///
    /// # Errors
    /// Where a key cannot be read or written.
    pub(super) fn copy_shared(&self, check: &str) -> Result<(), KeyError> {
        let Some(shared) = self.shared.as_deref().filter(|_| !self.beside.exists()) else { return Ok(()) };
        if read(shared)?.is_none_or(|key| key.check() != check) {
            return Ok(());
        }
        copy(shared, &self.beside)
    }

    /// Checks that the key is, or will be, that of the cassettes of other sessions beside.
    fn check_against_sessions(&self, own: Option<&Key>) -> Result<(), KeyError> {
        let Some(check) = &self.sessions else { return Ok(()) };
        match own {
            Some(key) if key.check() == *check => Ok(()),
            Some(_) => Err(KeyError::OtherThanSessions),
            None => self.file_of_sessions(check).map(|_| ()),
        }
    }

    /// The file that holds the key which `check` tells, beside the cassettes of sessions or in one of them.
    fn file_of_sessions(&self, check: &str) -> Result<PathBuf, KeyError> {
        let shared = self.shared.iter().cloned();
        let files = shared.chain(self.shared.iter().flat_map(|shared| of_siblings(shared)));
        let mut known = files.filter(|file| matches!(read(file), Ok(Some(key)) if key.check() == check));
        known.next().ok_or(KeyError::SessionsMissing)
    }

    /// The key for a cassette that needs one from now on: that of the sessions beside it, else a new one. Nothing is written
    /// yet: what needs it may be a request that nobody has proved.
    fn choose(&self) -> Result<Key, KeyError> {
        let mut new = self.new.lock();
        if let Some(key) = self.file_to_copy()?.map_or(Ok(None), |file| read(&file))? {
            return Ok(key);
        }
        if new.is_none() {
            *new = Some(Key::new_text(random_bytes()?));
        }
        new.as_deref().and_then(Key::parse).ok_or(KeyError::Unmade)
    }

    /// Puts `key`, which [`Self::choose`] gave, beside the cassette, and beside those of the other sessions. The cassette names
    /// it, so that it is missed where it is lost.
    ///
    /// # Errors
    /// Where a file cannot be read or written, or holds another key by now.
    pub(super) fn keep(&self, key: &Key) -> Result<(), KeyError> {
        let new = self.new.lock();
        let theirs = self.file_to_copy()?;
        for file in self.shared.iter().chain([&self.beside]).filter(|file| !file.exists()) {
            match (&theirs, new.as_deref()) {
                (Some(theirs), _) => copy(theirs, file)?,
                (None, Some(text)) => write(file, 0o644, format!("{text}\n").as_bytes())?,
                (None, None) => return Err(KeyError::Deleted { path: file.clone() }),
            }
        }
        // Another process may have been first.
        if read(&self.beside)?.as_ref() != Some(key) {
            return Err(KeyError::OtherMade);
        }
        let root = self.beside.parent().unwrap_or(&self.beside);
        cassette::name_key(root, &key.check())?;
        Ok(())
    }

    /// The file whose key a cassette gets that has none: the one that the cassettes of other sessions name, else the one beside
    /// them or in one of them.
    fn file_to_copy(&self) -> Result<Option<PathBuf>, KeyError> {
        if self.beside.exists() {
            return Ok(Some(self.beside.clone()));
        }
        let Some(shared) = &self.shared else { return Ok(None) };
        // The shared one may stand there by mistake; that which is named does not.
        let named = self.sessions.as_deref().map(|check| self.file_of_sessions(check)).transpose()?;
        let beside_all = Some(shared.clone()).filter(|shared| shared.exists());
        Ok(named.or(beside_all).or_else(|| of_siblings(shared).into_iter().next()))
    }
}

/// The keys' files in the cassettes beside `shared`, in order: they came along with an import, or the shared one was deleted.
fn of_siblings(shared: &Path) -> Vec<PathBuf> {
    let entries = shared.parent().and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path().join(KEY_FILE)).filter(|file| file.is_file()).collect();
    files.sort();
    files
}

/// What the first of the cassettes beside `shared` that names its key names it by.
pub(super) fn named_beside(shared: &Path) -> Option<String> {
    let cassettes = cassette::below(shared.parent()?).ok()?;
    cassettes.iter().find_map(|root| cassette::read_redaction_spec(root).ok()??.key_check)
}

/// Copies a key's file to where none is.
fn copy(from: &Path, to: &Path) -> Result<(), KeyError> {
    // What is no key goes nowhere.
    read(from)?;
    let text = fs::read(from).map_err(|source| KeyError::Read { path: from.to_owned(), source })?;
    write(to, 0o644, &text)
}

/// The key in the file at `path`; `None` where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Key>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => match Key::from_file(&bytes) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyError::NotAKey { path: path.to_owned() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Read { path: path.to_owned(), source }),
    }
}

/// The key in the file at `path`; where there is none, a new one, and its file.
pub(super) fn read_or_make(path: &Path, mode: u32) -> Result<Key, KeyError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    write(path, mode, format!("{}\n", Key::new_text(random_bytes()?)).as_bytes())?;
    // Another process may have been first.
    read(path)?.ok_or_else(|| KeyError::Deleted { path: path.to_owned() })
}

/// A key that nobody else has, for what must not match anything.
pub(super) fn random() -> Result<Key, KeyError> {
    Key::parse(&Key::new_text(random_bytes()?)).ok_or(KeyError::Unmade)
}

/// Writes the file of a key, whole or not at all; one that is there stays as it is.
fn write(path: &Path, mode: u32, text: &[u8]) -> Result<(), KeyError> {
    match create_atomically(path, text, mode) {
        Ok(_) => Ok(()),
        Err(source) => Err(KeyError::Write { path: path.to_owned(), source }),
    }
}

fn random_bytes() -> Result<[u8; 32], KeyError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    /// Where one process looks for the key of the cassette of `session`.
    fn keys(folder: &Path, session: &str, new: &Arc<Mutex<Option<String>>>) -> KeyFiles {
        fs::create_dir_all(folder.join(session)).unwrap();
        KeyFiles {
            beside: folder.join(session).join(KEY_FILE),
            shared: Some(folder.join(KEY_FILE)),
            sessions: None,
            outside: None,
            is_outside: false,
            new: Arc::clone(new),
        }
    }

    #[test]
    fn a_key_is_kept_with_what_it_was_needed_for_and_the_first_that_is_kept_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (Arc::default(), Arc::default());
        let [a, b] = ["a", "b"].map(|session| keys(folder.path(), session, &one));
        let of_other = keys(folder.path(), "c", &other);
        let (key, same, others) = (a.choose().unwrap(), b.choose().unwrap(), of_other.choose().unwrap());
        assert!(key == same && key != others);
        assert!(!folder.path().join(KEY_FILE).exists() && !a.beside.exists(), "written before anything is recorded");
        a.keep(&key).unwrap();
        b.keep(&key).unwrap();
        for file in [&a.beside, &b.beside, &folder.path().join(KEY_FILE)] {
            assert_eq!(read(file).unwrap().as_ref(), Some(&key));
        }
        // What the other process has recorded with its own would not be equal where it is equal.
        assert!(matches!(of_other.keep(&others), Err(KeyError::OtherMade)));
        assert_eq!(of_other.choose().unwrap(), key);
    }
}
