//! In which order takes can have been recorded.

use crate::engine::transcript::names::names_in;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::session::read_binding_prefix;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A take, by its entry's place and its own.
pub(super) type TakePlace = (usize, usize);

/// All takes, in an order that a session could have recorded them in; reads before the write that came next.
pub(super) fn order_takes(entries: &[(Fingerprint, Entry)]) -> Vec<TakePlace> {
    let takes = || {
        entries.iter().enumerate().flat_map(|(at, (_, entry))| {
            entry.takes.iter().enumerate().map(move |(number, take)| ((at, number), entry, take))
        })
    };
    // Equal writes of several sessions have the same id.
    let writes: HashMap<(Option<&str>, &str), TakePlace> =
        takes().filter_map(|(at, _, take)| Some(((take.session.as_deref(), take.id.as_deref()?), at))).collect();
    // Values that a read brought first have their names from its entry.
    let brought: HashMap<String, TakePlace> = entries
        .iter()
        .enumerate()
        .map(|(at, (fp, entry))| (format!("{}1", read_binding_prefix(&entry.operation.folder(), fp)), (at, 0)))
        .collect();
    let before: HashMap<&str, Option<&str>> =
        takes().filter_map(|(_, _, take)| Some((take.id.as_deref()?, take.after.as_deref()))).collect();
    let mut waiting = BTreeSet::new();
    let mut follow: HashMap<TakePlace, Vec<(usize, bool, usize, usize)>> = HashMap::new();
    let mut missing: HashMap<TakePlace, usize> = HashMap::new();
    let mut ready = BTreeSet::new();
    for (at, entry, take) in takes() {
        let key = (count_writes_before(take.after.as_deref(), &before), take.id.is_some(), at.0, at.1);
        let names = names_in(&entry.request, take);
        let links =
            names.iter().filter_map(|name| name.split_once(":/").map(|(id, _)| id)).chain(take.after.as_deref());
        let mut needs: HashSet<TakePlace> = links
            .filter_map(|id| writes.get(&(take.session.as_deref(), id)).copied().or_else(|| brought.get(id).copied()))
            .collect();
        needs.extend(at.1.checked_sub(1).map(|number| (at.0, number)));
        needs.remove(&at);
        if needs.is_empty() {
            ready.insert(key);
        }
        waiting.insert(key);
        missing.insert(at, needs.len());
        for need in needs {
            follow.entry(need).or_default().push(key);
        }
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    // Where takes wait for each other, which no recording makes, the first of them goes first.
    while let Some(next) = ready.pop_first().or_else(|| waiting.first().copied()) {
        if !waiting.remove(&next) {
            continue;
        }
        let at = (next.2, next.3);
        ordered.push(at);
        for key in follow.remove(&at).unwrap_or_default() {
            if let Some(left) = missing.get_mut(&(key.2, key.3)) {
                *left -= 1;
                if *left == 0 {
                    ready.insert(key);
                }
            }
        }
    }
    ordered
}

/// How many writes lead to one that was made after `after`.
fn count_writes_before(after: Option<&str>, before: &HashMap<&str, Option<&str>>) -> usize {
    let (mut depth, mut next) = (0, after);
    while let Some(id) = next.filter(|_| depth <= before.len()) {
        depth += 1;
        next = before.get(id).copied().flatten();
    }
    depth
}
