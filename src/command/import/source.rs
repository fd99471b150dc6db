//! The files that are imported: a HAR file, or cassettes of vcrpy and go-vcr, each of which is a session.

use super::skipped::EntryLabel;
use crate::app;
use crate::har::{self, Archive};
use crate::model::{Exchange, Lack, TranscriptEntry};
use crate::ui::CommandError;
use crate::vcr::{self, VcrError};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The extensions that are no part of a session's name.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// What goes into one cassette.
pub(super) struct Source {
    /// The file, or the first of them.
    pub(super) path: PathBuf,
    /// What tells the key of the file's pseudonyms from others, where it says so.
    pub(super) key: Option<String>,
    /// The entries, in the order in which they were asked.
    pub(super) entries: Vec<(EntryLabel, Result<Exchange, Lack>)>,
}

/// The entries of a HAR file.
pub(super) fn read_har(path: &Path) -> Result<Source, CommandError> {
    let file = std::fs::read(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })?;
    let Archive { key, entries } =
        har::read(&file).map_err(|source| CommandError::Har { path: path.to_owned(), source })?;
    let entries = entries.into_iter().map(|entry| labelled(entry, None)).collect();
    Ok(Source { path: path.to_owned(), key, entries })
}

/// The entries of vcrpy's or go-vcr's cassettes, by session.
pub(super) fn read_vcr(paths: &[PathBuf]) -> Result<BTreeMap<String, Source>, CommandError> {
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for path in paths {
        let refused = |source| CommandError::Vcr { path: path.clone(), source };
        let session = app::sanitize_session_name(&session_of(path));
        if let Some(other) = sources.get(&session) {
            return Err(CommandError::SameSession { session, first: other.path.clone(), second: path.clone() });
        }
        let file: Rc<str> = path.display().to_string().into();
        let mut entries = Vec::new();
        for entry in vcr::read(&read_bounded(path)?).map_err(refused)? {
            let (label, mut exchange) = labelled(entry, Some(&file));
            if let Ok(exchange) = &mut exchange {
                exchange.request.session_prefix = Some(session.clone());
            }
            entries.push((label, exchange));
        }
        sources.insert(session, Source { path: path.clone(), key: None, entries });
    }
    Ok(sources)
}

/// All of `sources` as one, in the order of their sessions.
pub(super) fn join(sources: BTreeMap<String, Source>) -> Source {
    let mut joined = Source { path: PathBuf::new(), key: None, entries: Vec::new() };
    for source in sources.into_values() {
        if joined.path.as_os_str().is_empty() {
            joined.path = source.path;
        }
        joined.entries.extend(source.entries);
    }
    joined
}

/// The file's name, without the extension of a cassette: what else has a dot in it belongs to the name of a test.
fn session_of(path: &Path) -> String {
    let is_known = |extension: &OsStr| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known));
    let name = if path.extension().is_some_and(is_known) { path.file_stem() } else { path.file_name() };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// No more of a file than is looked at.
fn read_bounded(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut file = Vec::new();
    let read = File::open(path).and_then(|open| open.take(vcr::LARGEST_FILE + 1).read_to_end(&mut file));
    match read {
        Ok(read) if read as u64 > vcr::LARGEST_FILE => {
            Err(CommandError::Vcr { path: path.to_owned(), source: VcrError::TooLarge })
        }
        Ok(_) => Ok(file),
        Err(source) => Err(CommandError::Read { path: path.to_owned(), source }),
    }
}

fn labelled(entry: TranscriptEntry, file: Option<&Rc<str>>) -> (EntryLabel, Result<Exchange, Lack>) {
    let TranscriptEntry { number, name, exchange } = entry;
    (EntryLabel { file: file.cloned(), number, name }, exchange)
}
