//! Whether the disk has room for what sled is given, asked first: once sled has failed to write it may never answer again.

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::{Errno, retry_on_intr};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// What sled may take beyond what it is given: it writes segments of half a MiB.
const RESERVE: usize = 2 << 20;
/// What sled takes of the disk for a byte, with a margin (measured: 1.65 to 2.5).
const FACTOR: usize = 4;
/// How many bytes may be stored before the disk is asked again.
const CREDIT: usize = 256 << 10;

/// A file that the disk gives room to, if it can, and that is removed.
pub(super) struct DiskSpace {
    path: PathBuf,
    credit: usize,
}

impl DiskSpace {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, credit: 0 }
    }

    /// Checks that `bytes` can be stored.
    pub(super) fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        if self.credit < bytes {
            let given = self.probe(RESERVE + FACTOR * (bytes + CREDIT));
            let _ = fs::remove_file(&self.path);
            given?;
            self.credit = CREDIT + bytes;
        }
        self.credit -= bytes;
        Ok(())
    }

    fn probe(&self, mut bytes: usize) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        match retry_on_intr(|| fallocate(&file, FallocateFlags::empty(), 0, bytes as u64)) {
            // There are file systems that only know of room once it is written to.
            Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {}
            given => return Ok(given?),
        }
        let block = vec![0; 64 << 10];
        while bytes > 0 {
            let (part, _) = block.split_at(bytes.min(block.len()));
            file.write_all(part)?;
            bytes -= part.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn the_disk_is_asked_now_and_then_and_nothing_is_left_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        let mut space = DiskSpace::new(path.clone());
        space.reserve(10).unwrap();
        assert!(!path.exists());
        // Nobody can write a file where a folder is; while there is credit nobody tries.
        fs::create_dir(&path).unwrap();
        space.reserve(CREDIT).unwrap();
        assert!(space.reserve(1).is_err());
        fs::remove_dir(&path).unwrap();
        space.reserve(3 * CREDIT).unwrap();
        space.reserve(CREDIT).unwrap();
    }
}
