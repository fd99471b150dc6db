//! `cassettes.lock`: the recorded files that are kept outside git, each with the digest of its content. Its text, read, written
//! and merged; pure.
//!
//! A line for each file, `DIGEST SIZE NAME`, sorted by name, so that git shows and merges it line by line.

mod merge;

pub use merge::{Clash, MergedLock, merge_lock_texts, merge_locks};

use crate::model::Digest;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What the file is called.
pub const LOCK_NAME: &str = "cassettes.lock";
/// How its first line begins; the format's number follows.
const HEAD: &str = "# cassettes.lock, format ";
const FORMAT: &str = "1";
const HEAD_END: &str = ": written by `ramtape push`; `ramtape pull` fetches what it names";
/// What a conflict that git left begins with.
const CONFLICT_MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// One version of a file: what is in it, and how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

impl Version {
    /// The version whose content is `bytes`.
    #[must_use]
    pub fn compute(bytes: &[u8]) -> Self {
        Self { digest: Digest::compute(bytes), size: bytes.len() as u64 }
    }
}

/// The content of a `cassettes.lock`: by name, the version of each file. Names are relative to the lock's folder, with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockFile {
    /// The files.
    pub files: BTreeMap<String, Version>,
}

/// Why a text is no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// git left a conflict in it.
    #[error("line {line}: git left a conflict here")]
    Conflict {
        /// The line of its first marker, counted from 1.
        line: usize,
    },
    /// It begins otherwise.
    #[error("line 1: expected \"{HEAD}{FORMAT}…\"")]
    NotALock,
    /// A later ramtape wrote it.
    #[error("it has format {format}, which a later ramtape wrote; this one reads format {FORMAT}")]
    Newer {
        /// Its format.
        format: String,
    },
    /// A line is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

impl LockFile {
    /// Reads the text of a lock.
    ///
    /// # Errors
    /// Where it is none, or a line is wrong; the error names the line.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        // A conflict may begin with the first line.
        if let Some(line) = text.lines().position(|line| CONFLICT_MARKERS.iter().any(|mark| line.starts_with(mark))) {
            return Err(LockError::Conflict { line: line + 1 });
        }
        let mut lines = text.lines().zip(1..);
        let head = lines.next().and_then(|(line, _)| line.strip_prefix(HEAD)).ok_or(LockError::NotALock)?;
        let format = head.split_once(':').map_or(head, |(format, _)| format);
        if format != FORMAT {
            return Err(LockError::Newer { format: format.to_owned() });
        }
        let mut files = BTreeMap::new();
        for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
            let wrong = |reason| LockError::Line { line: number, reason };
            let (name, version) = parse_line(line).map_err(wrong)?;
            if files.insert(name.to_owned(), version).is_some() {
                return Err(wrong("this file is named twice"));
            }
        }
        Ok(Self { files })
    }

    /// The lock's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = head();
        for (name, version) in &self.files {
            write_line(&mut text, name, version);
        }
        text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.digest, self.size)
    }
}

fn head() -> String {
    format!("{HEAD}{FORMAT}{HEAD_END}\n")
}

fn write_line(text: &mut String, name: &str, version: &Version) {
    // Nothing written to a text fails.
    let _ = writeln!(text, "{version} {name}");
}

fn parse_line(line: &str) -> Result<(&str, Version), &'static str> {
    let mut words = line.splitn(3, ' ');
    let (Some(digest), Some(size), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err("expected a digest, a size and a name");
    };
    let digest = digest.parse().map_err(|_| "the digest is not a SHA-256 of 64 hexadecimal digits in lower case")?;
    let size = size.parse().map_err(|_| "the size is not a number of bytes")?;
    check_name(name).map(|()| (name, Version { digest, size }))
}

/// Checks that `name` stays below the lock's folder, and out of what is git's or ramtape's own.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return Err("the name has characters that no file of a cassette has");
    }
    match name.split('/').find(|part| matches!(*part, "" | "." | ".." | ".git" | ".store")) {
        Some(_) => Err("the name is not a path below the folder of cassettes.lock"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn lock(files: &[(&str, &str)]) -> LockFile {
        LockFile {
            files: files.iter().map(|(name, text)| ((*name).to_owned(), Version::compute(text.as_bytes()))).collect(),
        }
    }

    #[test]
    fn a_lock_reads_as_it_was_written() {
        let lock = lock(&[("a b/cassette.json", "one"), ("a/get/x.json", ""), ("b/cassette.json", "two")]);
        assert_eq!(LockFile::parse(&lock.to_text()).unwrap(), lock);
        assert_eq!(LockFile::parse(&lock.to_text().replace('\n', "\r\n")).unwrap(), lock, "checked out with CRLF");
        assert_eq!(LockFile::parse(&LockFile::default().to_text()).unwrap(), LockFile::default());
    }

    #[test]
    fn the_lines_are_sorted_by_name_and_hold_digest_size_and_name() {
        let text = lock(&[("b/cassette.json", "two"), ("a/cassette.json", "")]).to_text();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines[0], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a/cassette.json");
        assert!(lines[1].ends_with(" 3 b/cassette.json"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let digest = Digest::compute(b"");
        let told = |line: &str| LockFile::parse(&format!("{}{line}\n", head())).unwrap_err().to_string();
        for (line, expected) in [
            ("x 0 a", "line 2: the digest is not a SHA-256 of 64 hexadecimal digits in lower case".to_owned()),
            (&format!("{digest} many a"), "line 2: the size is not a number of bytes".to_owned()),
            (&format!("{digest} 0"), "line 2: expected a digest, a size and a name".to_owned()),
            (&format!("{digest} 0 a\n{digest} 1 a"), "line 3: this file is named twice".to_owned()),
            ("<<<<<<< HEAD", "line 2: git left a conflict here".to_owned()),
        ] {
            assert_eq!(told(line), expected);
        }
        for name in
            ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.git/x.json", "a/.store/journal", "a\\b", "a\u{7}"]
        {
            assert!(told(&format!("{digest} 0 {name}")).starts_with("line 2: the name "), "{name}");
        }
        assert_eq!(LockFile::parse("").unwrap_err(), LockError::NotALock);
        assert_eq!(
            LockFile::parse("# cassettes.lock, format 2: x").unwrap_err(),
            LockError::Newer { format: "2".into() }
        );
    }
}
