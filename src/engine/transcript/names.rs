//! Which volatile values a cassette names.

use crate::engine::request_builder::volatile_name;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::model::{Entry, Hole, Take};
use crate::session::binding_name;
use std::collections::BTreeSet;

/// The names of all volatile values that stand anywhere.
pub(super) fn collect_names(entries: &[(Fingerprint, Entry)]) -> BTreeSet<String> {
    entries.iter().flat_map(|(_, entry)| entry.takes.iter().flat_map(|take| names_in(&entry.request, take))).collect()
}

/// Those in a take, or in its request; what a write says itself is named after it.
pub(super) fn names_in(request: &str, take: &Take) -> Vec<String> {
    let holes = take.pages.iter().flat_map(|page| page.body.holes());
    let names = holes.filter_map(|hole| match hole {
        Hole::Volatile(name) => Some(name.clone()),
        Hole::Token(_) | Hole::Fresh(_) => None,
    });
    names.chain(names_in_request(request).into_iter().map(|name| whole_name(take, name))).collect()
}

/// The whole name of a value that the request of `take` has under `name`: a pointer alone is one into a write's own request.
pub(super) fn whole_name(take: &Take, name: String) -> String {
    match take.id.as_deref().filter(|_| name.starts_with('/')) {
        Some(write) => binding_name(write, &name),
        None => name,
    }
}

fn names_in_request(request: &str) -> Vec<String> {
    let Ok(root) = json::parse(request.as_bytes()) else { return Vec::new() };
    root.descendants().skip(1).filter_map(volatile_name).collect()
}
