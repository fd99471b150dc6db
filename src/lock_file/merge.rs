//! Two sides of a lock merged, file by file.

use super::{LockError, LockFile, Version, head, write_line};
use std::collections::{BTreeMap, BTreeSet};

/// What two locks become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedLock {
    /// The files that both sides agree on.
    pub lock: LockFile,
    /// The files that each side changed in its own way, by name.
    pub clashes: BTreeMap<String, Clash>,
}

/// A file that two sides changed in different ways; `None` where it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What both began with.
    pub base: Option<Version>,
    /// What our side has.
    pub ours: Option<Version>,
    /// What their side has.
    pub theirs: Option<Version>,
}

/// Merges two locks that go back to `base`: of each file, what one side changed counts.
#[must_use]
pub fn merge_locks(base: &LockFile, ours: &LockFile, theirs: &LockFile) -> MergedLock {
    let mut merged = MergedLock::default();
    let names: BTreeSet<&String> = ours.files.keys().chain(theirs.files.keys()).collect();
    for name in names {
        let [base, ours, theirs] = [base, ours, theirs].map(|lock| lock.files.get(name).copied());
        let agreed = match () {
            () if ours == theirs || theirs == base => ours,
            () if ours == base => theirs,
            () => {
                merged.clashes.insert(name.clone(), Clash { base, ours, theirs });
                continue;
            }
        };
        merged.lock.files.extend(agreed.map(|version| (name.clone(), version)));
    }
    merged
}

/// The text of a lock that two sides made of `base`, which is empty where both made the file, and the number of files that they
/// changed differently: those stand between git's markers. `None` where our text or theirs is no lock.
#[must_use]
pub fn merge_lock_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<(String, usize)> {
    let read = |text: &[u8]| LockFile::parse(str::from_utf8(text).ok()?).ok();
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let base = if base.is_empty() { LockFile::default() } else { read(base)? };
    let merged = merge_locks(&base, &ours, &theirs);
    let mut text = head();
    let names: BTreeSet<&String> = merged.lock.files.keys().chain(merged.clashes.keys()).collect();
    for name in names {
        let Some(clash) = merged.clashes.get(name) else {
            merged.lock.files.get(name).iter().for_each(|version| write_line(&mut text, name, version));
            continue;
        };
        for (marker, version) in [("<<<<<<< ours", clash.ours), ("||||||| base", clash.base), ("=======", clash.theirs)]
        {
            text.push_str(marker);
            text.push('\n');
            version.iter().for_each(|version| write_line(&mut text, name, version));
        }
        text.push_str(">>>>>>> theirs\n");
    }
    Some((text, merged.clashes.len()))
}

impl LockFile {
    /// Reads the versions of a lock that git kept of a conflict: the common base and the two sides.
    ///
    /// # Errors
    /// Where one of them is no lock.
    pub fn merge_texts(base: &str, ours: &str, theirs: &str) -> Result<MergedLock, LockError> {
        let base = if base.is_empty() { Self::default() } else { Self::parse(base)? };
        Ok(merge_locks(&base, &Self::parse(ours)?, &Self::parse(theirs)?))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn lock(files: &str) -> LockFile {
        let version = |text: &str| Version::compute(text.as_bytes());
        let file = |word: &str| word.split_once('=').map(|(name, text)| (name.to_owned(), version(text))).unwrap();
        LockFile { files: files.split_whitespace().map(file).collect() }
    }

    #[test]
    fn what_one_side_changed_counts() {
        let merged = merge_locks(&lock("a=1 b=1 c=1 d=1"), &lock("a=2 b=1 c=1 e=1 f=1"), &lock("a=1 b=3 d=1 f=1 g=1"));
        assert_eq!(merged.lock, lock("a=2 b=3 e=1 f=1 g=1"));
        assert!(merged.clashes.is_empty());
    }

    #[test]
    fn what_both_changed_clashes() {
        let merged = merge_locks(&lock("a=1 b=1"), &lock("a=2 b=2 c=1"), &lock("a=3 c=2"));
        assert_eq!(merged.lock, LockFile::default());
        assert_eq!(merged.clashes.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        let b = merged.clashes["b"];
        assert_eq!((b.base, b.ours, b.theirs), (Some(Version::compute(b"1")), Some(Version::compute(b"2")), None));
    }

    #[test]
    fn as_text_neighbours_do_not_conflict_and_clashes_stand_between_markers() {
        let text = |files: &str| lock(files).to_text().into_bytes();
        let (merged, clashes) = merge_lock_texts(&text("a=1 b=1"), &text("a=2 b=1 x=1"), &text("a=1 b=2 y=1")).unwrap();
        assert_eq!((merged.into_bytes(), clashes), (text("a=2 b=2 x=1 y=1"), 0));
        let (merged, clashes) = merge_lock_texts(b"", &text("a=1 b=1"), &text("a=2")).unwrap();
        assert_eq!(clashes, 1);
        assert!(matches!(LockFile::parse(&merged), Err(LockError::Conflict { line: 2 })), "{merged}");
        assert!(merged.ends_with(" 1 b\n"), "{merged}");
        assert!(merge_lock_texts(b"", b"{}", &text("a=1")).is_none());
    }
}
