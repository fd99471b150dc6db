//! What the folder and `cassettes.lock` last agreed on, kept in `.store/synced`: it tells what was changed here from what others
//! changed, and saves reading files that are as they were.

use super::SyncError;
use crate::cassette::path::Identity;
use crate::files::write_atomically;
use crate::lock_file::Version;
use crate::model::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The format of the file. One of another format is as good as none.
const FORMAT: u8 = 1;

/// By name inside a cassette, what the folder and the lock last agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Synced {
    pub(super) files: BTreeMap<String, SyncedFile>,
}

/// A file that the folder and the lock agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SyncedFile {
    /// Its version.
    pub(super) version: Version,
    /// The identity of the file here that is known to have this content, if there is one.
    pub(super) identity: Option<Identity>,
}

/// A file as it is stored: name, digest, size, the numbers of its identity.
#[derive(Serialize, Deserialize)]
struct StoredFile<'t>(&'t str, [u8; 32], u64, Option<[i64; 6]>);

impl Synced {
    /// What is known of the cassette in `root`; nothing where it was never pulled or pushed here.
    pub(super) fn read(root: &Path) -> Self {
        let bytes = std::fs::read(place(root)).unwrap_or_default();
        let read = |bytes| {
            let stored: (u8, Vec<StoredFile<'_>>) = postcard::from_bytes(bytes).ok()?;
            (stored.0 == FORMAT).then_some(stored.1)
        };
        let files = read(&bytes).unwrap_or_default().into_iter().map(|StoredFile(name, digest, size, numbers)| {
            let version = Version { digest: Digest::from_bytes(digest), size };
            (name.to_owned(), SyncedFile { version, identity: numbers.map(|numbers| Identity { numbers }) })
        });
        Self { files: files.collect() }
    }

    /// Keeps this for the cassette in `root`. Identities of files that were written just now are left out: a later change would
    /// not show in them.
    pub(super) fn write(&self, root: &Path) -> Result<(), SyncError> {
        let stored: Vec<StoredFile<'_>> = self.files.iter().map(|(name, file)| store(name, file)).collect();
        let path = place(root);
        let failed = |source| SyncError::Write { path: path.clone(), source };
        let bytes = postcard::to_allocvec(&(FORMAT, stored)).map_err(|error| failed(std::io::Error::other(error)))?;
        write_atomically(&path, &bytes, 0o600).map_err(failed)
    }
}

fn store<'t>(name: &'t str, file: &SyncedFile) -> StoredFile<'t> {
    let identity = file.identity.filter(Identity::is_settled);
    let Version { digest, size } = file.version;
    StoredFile(name, *digest.bytes(), size, identity.map(|identity| identity.numbers))
}

fn place(root: &Path) -> std::path::PathBuf {
    root.join(".store").join("synced")
}
