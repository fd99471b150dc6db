//! Names, places and identities of a cassette's files.

use super::error::CassetteError;
use crate::fingerprint::Fingerprint;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The largest file that is read.
const LARGEST: u64 = 1 << 30;

/// How old a file must be for its times to tell it from a later one: file systems count in steps, some of two seconds.
const DISTRUSTED: Duration = Duration::from_secs(2);

/// Whether `name` may be a part of a path in a cassette.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

/// Where the file of `fp` stands.
pub(crate) fn entry_path(root: &Path, folder: &str, fp: &Fingerprint) -> Result<PathBuf, CassetteError> {
    let path = root.join(folder).join(format!("{fp}.json"));
    if is_plain_name(folder) { Ok(path) } else { Err(CassetteError::Name { path }) }
}

/// What tells a file from another one at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Inode, size, and the times of modification and change: seconds and nanoseconds.
    pub(crate) numbers: [i64; 6],
}

impl Identity {
    fn from_metadata(metadata: &Metadata) -> Self {
        let numbers = [
            metadata.ino().cast_signed(),
            metadata.size().cast_signed(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ctime(),
            metadata.ctime_nsec(),
        ];
        Self { numbers }
    }

    /// The identity of what is at `path` now; `None` where there is nothing.
    pub(crate) fn at(path: &Path) -> Result<Option<Self>, CassetteError> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::from_metadata(&metadata))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(source) => Err(CassetteError::Read { path: path.to_owned(), source }),
        }
    }

    /// Whether the file was changed at `time` or later.
    pub(crate) fn is_since(&self, time: SystemTime) -> bool {
        let [_, _, modified, modified_nanos, changed, changed_nanos] = self.numbers;
        let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (latest, nanos) = (modified, modified_nanos).max((changed, changed_nanos));
        let latest = Duration::new(u64::try_from(latest).unwrap_or_default(), u32::try_from(nanos).unwrap_or_default());
        latest >= time
    }

    /// The file's size in bytes.
    pub(crate) fn size(&self) -> u64 {
        let [_, size, ..] = self.numbers;
        size.cast_unsigned()
    }

    /// Whether the file is old enough for a later change to show in its identity.
    pub(crate) fn is_settled(&self) -> bool {
        let [_, _, modified, _, changed, _] = self.numbers;
        let latest = u64::try_from(modified.max(changed)).unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now > Duration::from_secs(latest.saturating_add(1)) + DISTRUSTED
    }
}

/// Whether what is at `path` is what `file` was opened as.
pub(crate) fn is_same(path: &Path, file: &File) -> bool {
    let place = |metadata: Metadata| (metadata.dev(), metadata.ino());
    // Where the system does not tell, nothing says that it is not.
    let Ok(opened) = file.metadata().map(place) else { return true };
    match fs::metadata(path).map(place) {
        Ok(found) => found == opened,
        Err(error) => !is_absence(&error),
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A file's bytes, and its identity when they were read; `None` where there is no file.
///
/// # Errors
/// Where it cannot be read, is larger than any cassette's, no regular file, or a link out of `root`.
pub(crate) fn read_file(root: &Path, path: &Path) -> Result<Option<(Vec<u8>, Identity)>, CassetteError> {
    let failed = |source| CassetteError::Read { path: path.to_owned(), source };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    if !metadata.is_file() || !is_inside(root, path).map_err(failed)? {
        return Err(CassetteError::NotAFile { path: path.to_owned() });
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    let identity = Identity::from_metadata(&file.metadata().map_err(failed)?);
    let mut bytes = Vec::new();
    (&mut file).take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(CassetteError::TooLarge { path: path.to_owned(), limit: LARGEST });
    }
    Ok(Some((bytes, identity)))
}

/// Whether neither the file nor its folder is a link, or the link stays inside `root`.
fn is_inside(root: &Path, path: &Path) -> io::Result<bool> {
    let is_link = |path: &Path| fs::symlink_metadata(path).map(|metadata| metadata.is_symlink());
    // A name alone stands in the current folder, whose path has no link.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if !is_link(path)? && !folder.map(is_link).transpose()?.unwrap_or_default() {
        return Ok(true);
    }
    Ok(fs::canonicalize(path)?.starts_with(fs::canonicalize(root)?))
}

/// Creates a file with `text`; one that is there stays as it is.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), (PathBuf, io::Error)> {
    let written = match File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).inspect_err(|_| {
            // Half of it would stay for ever.
            let _ = fs::remove_file(path);
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    written.map_err(|error| (path.to_owned(), error))
}

/// Writes `text` to a new file at `path` so that it is on the disk when this returns.
pub(crate) fn write_synced(path: &Path, text: &[u8]) -> io::Result<()> {
    super::failpoint::full_disk()?;
    let mut file = File::create(path)?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // Half a file would only keep others from the disk's last room.
        let _ = fs::remove_file(path);
    })
}

/// Makes renames in `folder` last, where its file system knows how.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    super::failpoint::unsynced_folder()?;
    match File::open(folder)?.sync_all() {
        // There are shared and overlaid ones that sync files only.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_nobody_can_sync_is_no_failure() {
        assert!(File::open("/proc").and_then(|folder| folder.sync_all()).is_err());
        assert!(sync_folder(Path::new("/proc")).is_ok());
        assert!(sync_folder(Path::new("/proc/none")).is_err());
    }

    #[test]
    fn a_young_file_is_distrusted() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
        let identity = |modified, changed| Identity { numbers: [1, 2, modified, 0, changed, 0] };
        assert!(!identity(now, now).is_settled());
        assert!(!identity(now - 60, now).is_settled());
        assert!(!identity(now, now - 60).is_settled());
        assert!(!identity(now - 60, now + 60).is_settled(), "a clock that is behind the file's");
        assert!(identity(now - 60, now - 60).is_settled());
    }
}
