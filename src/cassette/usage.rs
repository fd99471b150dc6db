//! Which takes a run used: kept beside the store, out of git's sight, for [`Pruning`](crate::maintenance::Pruning).

use super::Cassette;
use super::error::{CassetteError, StoreError};
use super::path::{is_plain_name, sync_folder};
use super::staged_file::replace_whole;
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

/// The format of the file. One of another format is as good as none.
const FIRST_LINE: &str = "ramtape-usage 1";

/// What one run used of a cassette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The command that ran, for people.
    pub by: String,
    /// When it began: what was written later is not what it saw.
    pub began: SystemTime,
    /// By folder and fingerprint: what was used of it.
    pub entries: BTreeMap<(String, Fingerprint), UsedTakes>,
}

/// What was used of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedTakes {
    /// How many takes it had.
    pub takes: usize,
    /// Those that answered anything, by their place in the text.
    pub used: BTreeSet<usize>,
}

impl<P> Cassette<P> {
    /// Keeps what a run used, in place of what is known of the run before; false where the cassette has no store of its
    /// own to keep it in.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_usage(&self, usage: &Usage) -> Result<bool, CassetteError> {
        if self.storage.store().is_none() {
            return Ok(false);
        }
        let path = place(&self.storage.root);
        let folder = path.parent().unwrap_or(&path);
        let written = replace_whole(&self.storage.root, &path, &spell(usage)).and_then(|()| sync_folder(folder));
        written.map_err(|source| CassetteError::Write { path: path.clone(), source })?;
        Ok(true)
    }
}

/// What is known of the latest run over the cassette in `root`; `None` where nothing is, or it cannot be made out.
pub(crate) fn latest(root: &Path) -> Result<Option<Usage>, CassetteError> {
    let path = place(root);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(None),
        Err(source) => Err(CassetteError::Read { path, source }),
    }
}

/// Forgets the latest run: what it knew of takes is no longer so.
pub(crate) fn forget(root: &Path) -> Result<(), StoreError> {
    match fs::remove_file(place(root)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn place(root: &Path) -> PathBuf {
    root.join(".store").join("used")
}

/// A line for each entry, and one that shows that none is missing.
fn spell(usage: &Usage) -> String {
    let began = usage.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    let by: String = usage.by.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut text = format!("{FIRST_LINE}\nbegan {}.{:09}\nby {by}\n", began.as_secs(), began.subsec_nanos());
    for ((folder, fp), entry) in &usage.entries {
        let used: Vec<String> = entry.used.iter().map(usize::to_string).collect();
        let _ = writeln!(text, "used {folder}/{fp} {} {}", entry.takes, used.join(","));
    }
    let _ = writeln!(text, "end {}", usage.entries.len());
    text
}

fn parse(text: &str) -> Option<Usage> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let (seconds, nanos) = lines.next()?.strip_prefix("began ")?.split_once('.')?;
    let began = UNIX_EPOCH.checked_add(Duration::new(seconds.parse().ok()?, nanos.parse().ok()?))?;
    let by = lines.next()?.strip_prefix("by ")?.to_owned();
    let mut entries = BTreeMap::new();
    let end = loop {
        let line = lines.next()?;
        let Some(line) = line.strip_prefix("used ") else { break line };
        let (key, used) = entry(line)?;
        entries.insert(key, used);
    };
    let whole = end.strip_prefix("end ")?.parse() == Ok(entries.len()) && lines.next().is_none();
    whole.then_some(Usage { by, began, entries })
}

fn entry(line: &str) -> Option<((String, Fingerprint), UsedTakes)> {
    let mut words = line.split(' ');
    let (folder, fp) = words.next()?.split_once('/')?;
    let key = (folder.to_owned(), fp.parse().ok().filter(|_| is_plain_name(folder))?);
    let takes = words.next()?.parse().ok()?;
    let used = words.next()?.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    words.next().is_none().then_some((key, UsedTakes { takes, used }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written_and_not_at_all_where_a_part_is_missing() {
        let used = UsedTakes { takes: 3, used: [0, 2].into() };
        let entries = ["a", "b"].map(|name| (("get-x".to_owned(), Fingerprint::hash(name)), used.clone())).into();
        let began = UNIX_EPOCH + Duration::new(1_732_246_998, 7);
        let usage = Usage { by: "pytest -x\n--lf".into(), began, entries };
        let text = spell(&usage);
        assert_eq!(parse(&text), Some(Usage { by: "pytest -x --lf".into(), ..usage }));
        for cut in 0..text.len() {
            assert_eq!(parse(&text[..cut]), None, "cut at {cut}");
        }
        assert_eq!(parse(&text.replace("usage 1", "usage 2")), None);
        assert_eq!(parse(&text.replace("end 2", "end 3")), None);
        assert_eq!(parse(&text.replace("get-x", "../x")), None);
    }
}
