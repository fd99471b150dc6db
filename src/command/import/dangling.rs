//! What was asked after a write that is not there: a replay takes that for the beginning of its session.

use crate::cassette::{Cassette, CassetteError, SealReport};
use crate::command::takes::recorded::CassetteReader;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use std::collections::HashSet;
use std::path::Path;

type EntryName = (String, Fingerprint);

/// Those of `sealed`, whose writes are not in the file, that the cassette they go into has no writes for either.
pub(super) fn find_dangling(
    sealed: &SealReport,
    apart: &CassetteReader,
    target: Option<&Cassette<()>>,
) -> Result<Vec<EntryName>, CassetteError> {
    let read_apart = |(folder, fingerprint): &EntryName| {
        let recorded = apart.read(folder, *fingerprint)?;
        Ok(recorded.map(|recorded| recorded.entry))
    };
    let mut after: Vec<(&EntryName, HashSet<String>)> = Vec::new();
    for name in &sealed.dangling {
        let takes = read_apart(name)?.map(|entry| entry.takes).unwrap_or_default();
        after.push((name, takes.into_iter().filter_map(|take| take.after).collect()));
    }
    let mut missing: HashSet<&str> = after.iter().flat_map(|(_, writes)| writes).map(String::as_str).collect();
    if !missing.is_empty() {
        remove_found(&mut missing, apart.names()?, read_apart)?;
    }
    if let Some(target) = target.filter(|_| !missing.is_empty()) {
        remove_found(&mut missing, target.fingerprints()?, |(folder, fingerprint)| target.entry(folder, fingerprint))?;
    }
    let dangling = after.iter().filter(|(_, writes)| writes.iter().any(|write| missing.contains(write.as_str())));
    Ok(dangling.map(|(name, _)| (*name).clone()).collect())
}

/// Takes out of `missing` the writes that are there. A write's id begins with its folder.
fn remove_found(
    missing: &mut HashSet<&str>,
    names: Vec<EntryName>,
    read: impl Fn(&EntryName) -> Result<Option<Entry>, CassetteError>,
) -> Result<(), CassetteError> {
    for name in names {
        let folder = |id: &&str| id.split_once('/').is_some_and(|(folder, _)| folder == name.0);
        if missing.iter().any(folder) {
            let takes: Vec<Take> = read(&name)?.map(|entry| entry.takes).unwrap_or_default();
            missing.retain(|id| !takes.iter().any(|take| take.id.as_deref() == Some(id)));
        }
    }
    Ok(())
}

/// What to say of one, in the cassette in the folder `root`.
pub(super) fn describe((folder, fingerprint): &EntryName, root: &Path) -> String {
    format!(
        "{} was recorded after a write that is neither in the file nor in the cassette: a replay would take \
            that for the start of its session. Import the file with that write as well, or record the test again",
        root.join(folder).join(fingerprint.to_string()).display()
    )
}

/// The same for programs, a line.
pub(super) fn json((folder, fingerprint): &EntryName) -> String {
    format!("{}\n", serde_json::json!({ "dangling": format!("{folder}/{fingerprint}") }))
}
