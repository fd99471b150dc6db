//! Files that were changed here and by others, merged.

use super::SyncError;
use super::cassette_status::FileStatus;
use crate::cassette::path::read_file;
use crate::lock_file::Version;
use crate::maintenance::{MergedText, merge_texts};
use crate::remote::Remote;
use bytes::Bytes;
use std::path::Path;

/// A file that both sides changed.
#[derive(Clone, Debug)]
pub(super) struct BothChanged {
    /// Its name inside the cassette.
    pub(super) name: String,
    /// What both began with.
    pub(super) base: Option<Version>,
    /// Our version where it has to be fetched; `None` where it is the file here.
    pub(super) ours: Option<Version>,
    /// What the lock names; `None` where others have removed the file.
    pub(super) theirs: Option<Version>,
}

impl BothChanged {
    /// The file of this status, whose version here counts as ours.
    pub(super) fn here(file: &FileStatus) -> Self {
        Self { name: file.name.clone(), base: file.base, ours: None, theirs: file.locked }
    }

    /// Our content.
    pub(super) async fn read_ours(&self, root: &Path, remote: &Remote) -> Result<Bytes, SyncError> {
        match self.ours {
            Some(version) => Ok(fetch(remote, version).await?),
            None => Ok(read_file(root, &root.join(&self.name))?.map(|(bytes, _)| bytes.into()).unwrap_or_default()),
        }
    }

    /// What both sides' changes make together; the reason where nothing does.
    pub(super) async fn merge(&self, root: &Path, remote: &Remote) -> Result<Result<Bytes, String>, SyncError> {
        let Some(theirs) = self.theirs else { return Ok(Err("changed here and removed by others".to_owned())) };
        let theirs = fetch(remote, theirs).await?;
        let base = match self.base {
            Some(base) => fetch(remote, base).await?,
            None => Bytes::new(),
        };
        let ours = self.read_ours(root, remote).await?;
        Ok(match merge_texts(&base, &ours, &theirs) {
            MergedText::Merged(text) => Ok(text.into()),
            MergedText::Conflict { .. } => Err("the same takes were changed here and by others".to_owned()),
        })
    }
}

async fn fetch(remote: &Remote, version: Version) -> Result<Bytes, SyncError> {
    Ok(remote.get(version.digest, version.size).await?)
}
