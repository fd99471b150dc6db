//! Out of a damaged store what still holds, into a new one.

use super::keys::{Key, LEDGER, unguard};
use super::ledger::Ledger;
use super::room::Room;
use super::verify::{Contents, Doubt, Trees, open, verify, within};
use crate::cassette::error::StoreError;
use sled::{Batch, Tree};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

/// Rebuilds the store at `path` with what `damaged` still gives; hands back where the damaged one was put.
pub(super) fn rebuild(
    path: &Path,
    damaged: Option<Trees>,
    room: &mut Room,
    cache: u64,
    deadline: Duration,
) -> Result<(Trees, Contents, PathBuf), StoreError> {
    let (takes, tokens) = match damaged {
        Some(trees) => rescue(trees, deadline),
        None => (Pairs::new(), Pairs::new()),
    };
    let takes = whole_takes(takes);
    let size = |pairs: &Pairs| pairs.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    // On a full disk a store that is whole may not open, and there is none to take its place.
    room.claim(size(&takes) + size(&tokens))?;
    let aside = set_aside(path)?;
    let trees = open(path, cache, deadline).map_err(failed)?;
    let mut ledger = Ledger::default();
    let mut batch = Batch::default();
    for (key, value) in &takes {
        ledger.add(key, value);
        batch.insert(key.as_slice(), value.as_slice());
    }
    batch.insert(LEDGER, ledger.pack());
    let filling = trees.clone();
    let filled = within(deadline, move || {
        filling.takes.apply_batch(batch)?;
        tokens.into_iter().try_for_each(|(key, value)| filling.tokens.insert(key, value).map(drop))?;
        filling.db.flush()
    });
    filled.map_err(failed)??;
    let contents = verify(&trees, deadline).map_err(failed)?;
    Ok((trees, contents, aside))
}

fn failed(doubt: Doubt) -> StoreError {
    match doubt {
        Doubt::Sled(error) => StoreError::from(error),
        Doubt::Deadline => StoreError::Silent,
        _ => StoreError::Damaged("a new store cannot be opened either"),
    }
}

/// Reads both trees as far as they can be read before the deadline, and closes the store.
fn rescue(trees: Trees, deadline: Duration) -> (Pairs, Pairs) {
    enum Rescued {
        Take(Vec<u8>, Vec<u8>),
        Token(Vec<u8>, Vec<u8>),
    }
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name("ramtape-salvage".to_owned()).spawn(move || {
        each_whole(&trees.takes, |key, value| sender.send(Rescued::Take(key, value)).is_ok());
        each_whole(&trees.tokens, |key, value| sender.send(Rescued::Token(key, value)).is_ok());
        // The damaged store is closed before its folder is renamed, if it lets itself be closed.
        drop(trees);
        drop(sender);
    });
    let (mut takes, mut tokens) = (Pairs::new(), Pairs::new());
    let until = Instant::now() + deadline;
    while spawned.is_ok() {
        match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Rescued::Take(key, value)) => takes.insert(key, value),
            Ok(Rescued::Token(key, value)) => tokens.insert(key, value),
            Err(_) => break,
        };
    }
    (takes, tokens)
}

/// Gives `keep` every pair whose checksum holds, until it declines or the tree errs: an erring iterator may never end.
fn each_whole(tree: &Tree, keep: impl Fn(Vec<u8>, Vec<u8>) -> bool) {
    for item in tree.iter() {
        let Ok((key, value)) = item else { return };
        if unguard(&key, &value).is_some() && !keep(key.to_vec(), value.to_vec()) {
            return;
        }
    }
}

/// Only what makes up takes that can be served: heads with a first page, and pages without a gap.
fn whole_takes(pairs: Pairs) -> Pairs {
    let mut contents = Contents::default();
    for (key, value) in &pairs {
        // What does not hold is left out below, as it is in no take.
        let _ = contents.note(key, value);
    }
    let usable =
        |fp, sequence| contents.takes.get(&(fp, sequence)).filter(|found| found.folder.is_some() && found.pages > 0);
    pairs
        .into_iter()
        .filter(|(key, _)| match Key::parse(key) {
            Some(Key::Head(fp, sequence)) => usable(fp, sequence).is_some(),
            Some(Key::Page(fp, sequence, page)) => usable(fp, sequence).is_some_and(|found| page < found.pages),
            Some(Key::Intent(fp)) => contents.intents.contains_key(&fp),
            None => false,
        })
        .collect()
}

/// Renames the folder at `path` to the first free `sled.damaged-N`.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    for number in 1_u32.. {
        let aside = path.with_file_name(format!("sled.damaged-{number}"));
        if !aside.exists() {
            if path.exists() {
                fs::rename(path, &aside)?;
            }
            return Ok(aside);
        }
    }
    Err(StoreError::Damaged("no name is left to put the damaged store aside"))
}
