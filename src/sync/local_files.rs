//! The files of a cassette as they are in the folder.

use super::SyncError;
use super::synced::Synced;
use crate::cassette::file_names;
use crate::cassette::path::{Identity, read_file};
use crate::lock_file::Version;
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

/// A file here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalFile {
    pub(super) version: Version,
    pub(super) identity: Identity,
}

/// The files of the cassette in `root`, by name. Those that are as `synced` knows them are not read.
pub(super) fn scan(root: &Path, synced: &Synced) -> Result<BTreeMap<String, LocalFile>, SyncError> {
    let names = file_names(root)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = names.len().div_ceil(threads).max(1);
    let scanned: Result<Vec<_>, SyncError> = thread::scope(|scope| {
        let look = |names: &[String]| names.iter().filter_map(|name| look_at(root, name, synced).transpose()).collect();
        let parts: Vec<_> = names.chunks(share).map(|names| scope.spawn(move || look(names))).collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Result<Vec<Vec<(String, LocalFile)>>, SyncError>>()
    });
    Ok(scanned?.into_iter().flatten().collect())
}

/// The file called `name`; `None` where it has gone meanwhile.
fn look_at(root: &Path, name: &str, synced: &Synced) -> Result<Option<(String, LocalFile)>, SyncError> {
    if let Some(known) = synced.files.get(name)
        && let Some(identity) = known.identity
        && Identity::at(&root.join(name))? == Some(identity)
    {
        return Ok(Some((name.to_owned(), LocalFile { version: known.version, identity })));
    }
    let read = read_file(root, &root.join(name))?;
    Ok(read.map(|(bytes, identity)| (name.to_owned(), LocalFile { version: Version::compute(&bytes), identity })))
}
