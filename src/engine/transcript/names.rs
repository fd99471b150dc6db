//! Which volatile values a cassette names.

use crate::fingerprint::Fingerprint;
use crate::json::{self, Kind, Node};
use crate::model::{Entry, Hole, Take};
use crate::session::binding_name;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The names of all volatile values that stand anywhere.
pub(super) fn all(entries: &[(Fingerprint, Entry)]) -> BTreeSet<String> {
    entries.iter().flat_map(|(_, entry)| entry.takes.iter().flat_map(|take| names_in(&entry.request, take))).collect()
}

/// Those in a take, or in its request; what a write says itself is named after it.
pub(super) fn names_in(request: &str, take: &Take) -> Vec<String> {
    let holes = take.pages.iter().flat_map(|page| page.body.holes());
    let names = holes.filter_map(|hole| match hole {
        Hole::Volatile(name) => Some(name.clone()),
        Hole::Token(_) => None,
    });
    names.chain(asked_names(request).into_iter().map(|name| named_after(take, name))).collect()
}

/// The whole name of a value that the request of `take` has under `name`: a pointer alone is one into a write's own request.
pub(super) fn named_after(take: &Take, name: String) -> String {
    match take.id.as_deref().filter(|_| name.starts_with('/')) {
        Some(write) => binding_name(write, &name),
        None => name,
    }
}

fn asked_names(request: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(root) = json::parse(request.as_bytes()) {
        let mut rest = children(&root);
        while let Some(node) = rest.pop() {
            match hole(node) {
                Some(name) => names.push(name),
                None => rest.extend(children(node)),
            }
        }
    }
    names
}

fn children<'n, 'a>(node: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    match &node.kind {
        Kind::Array(items) => items.iter().collect(),
        Kind::Object(members) => members.iter().map(|member| &member.value).collect(),
        _ => Vec::new(),
    }
}

/// The name of the volatile value that an object of a request stands for.
pub(super) fn hole(node: &Node<'_>) -> Option<String> {
    let Kind::Object(members) = &node.kind else { return None };
    let [member] = members.as_slice() else { return None };
    (member.key == "\"$volatile\"").then(|| member.value.text().map(Cow::into_owned)).flatten()
}
