//! What a write names, lists and brings (rule 3), and which requests it concerns (rule 4).

use super::json_strings::{JsonStrings, StringHash};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, IdentifierRules, Take};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What the service's table adds to what requests and answers show of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationRules {
    /// Every write concerns it: its answers show what they are about only inside of longer strings.
    pub concerned_by_all: bool,
    /// Members of a write that bring along more than they list: a write that has one needs only what it names.
    pub concerned_by: Vec<String>,
    /// Statuses that pass by themselves.
    pub passing: Vec<String>,
    /// Errors after which a client's retry is to get another answer.
    pub transient_errors: Vec<String>,
    /// The members that name things in what is not RAM's.
    pub identifiers: IdentifierRules,
}

/// All whole strings of a request and of every answer recorded to it, and what else the rule looks at in it.
#[derive(Clone, Debug)]
pub struct SeenStrings {
    strings: HashSet<StringHash>,
    actor: String,
    rules: OperationRules,
}

impl SeenStrings {
    /// Those of `entry`; `rules` are those of its operation.
    #[must_use]
    pub fn from_entry(entry: &Entry, rules: &OperationRules) -> Self {
        let mut strings = JsonStrings::from_request(entry, None, &rules.identifiers);
        for page in entry.takes.iter().flat_map(|take| &take.pages) {
            strings.add_body(&page.body, &entry.operation, &rules.identifiers);
        }
        Self { strings: strings.all, actor: entry.actor.clone(), rules: rules.clone() }
    }

    /// What the table adds.
    #[must_use]
    pub(super) const fn rules(&self) -> &OperationRules {
        &self.rules
    }
}

/// A recorded write, as far as the rule looks at it.
#[derive(Clone, Debug)]
pub struct RecordedWrite {
    /// What it asked for, as a number: histories are compared by it.
    pub(super) kind: u64,
    /// The operation, for people.
    pub(super) operation: String,
    actor: String,
    names: HashSet<StringHash>,
    lists: HashSet<StringHash>,
    list_members: Vec<String>,
    brings: HashSet<StringHash>,
    /// The things that it changes: histories keep the order of writes only where they change the same one.
    pub(super) things: Vec<u64>,
}

impl RecordedWrite {
    /// The write that `take` of `entry` records; `identifiers` are the members that name things in what is not RAM's.
    #[must_use]
    pub fn from_take(fingerprint: &Fingerprint, entry: &Entry, take: &Take, identifiers: &IdentifierRules) -> Self {
        let request = JsonStrings::from_request(entry, take.id.as_deref(), identifiers);
        let mut answer = JsonStrings::default();
        take.pages.iter().for_each(|page| answer.add_body(&page.body, &entry.operation, identifiers));
        let brings: HashSet<StringHash> = answer.names.difference(&request.all).copied().collect();
        let named = &request.single_names;
        let things = things(if named.is_empty() { &brings } else { named }, &request.listed);
        Self {
            kind: request_number(fingerprint),
            operation: entry.operation.as_str().to_owned(),
            actor: entry.actor.clone(),
            names: request.single_names,
            lists: request.listed,
            list_members: request.list_members,
            brings,
            things,
        }
    }

    /// Whether it has to do with what `seen` is of.
    #[must_use]
    pub fn concerns(&self, seen: &SeenStrings) -> bool {
        seen.rules.concerned_by_all || self.brings_into(seen) || (self.is_named_in(seen) && self.is_listed_in(seen))
    }

    /// Whether its answer has an ARN that its request has not.
    pub(super) fn brings_arns(&self) -> bool {
        !self.brings.is_empty()
    }

    fn brings_into(&self, seen: &SeenStrings) -> bool {
        !self.brings.is_disjoint(&seen.strings)
    }

    fn is_named_in(&self, seen: &SeenStrings) -> bool {
        !self.names.is_empty() && self.names.is_subset(&seen.strings)
    }

    /// Whether something that it lists is there too. What another actor lists may show otherwise than it was written.
    fn is_listed_in(&self, seen: &SeenStrings) -> bool {
        self.lists.is_empty()
            || !self.lists.is_disjoint(&seen.strings)
            || self.actor != seen.actor
            || self.list_members.iter().any(|member| seen.rules.concerned_by.contains(member))
    }
}

/// A fingerprint as a number.
pub(super) fn request_number(fingerprint: &Fingerprint) -> u64 {
    fingerprint.bytes().first_chunk().copied().map(u64::from_be_bytes).unwrap_or_default()
}

/// One number for each thing: what is named (or brought), together with one listed value, or with none.
fn things(named: &HashSet<StringHash>, listed: &HashSet<StringHash>) -> Vec<u64> {
    let mut named: Vec<StringHash> = named.iter().copied().collect();
    named.sort_unstable();
    let thing = |listed: Option<StringHash>| {
        let mut hasher = DefaultHasher::new();
        (&named, listed).hash(&mut hasher);
        hasher.finish()
    };
    if listed.is_empty() { vec![thing(None)] } else { listed.iter().map(|value| thing(Some(*value))).collect() }
}
