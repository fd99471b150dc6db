//! Where in a text there is something to redact.

use super::account;
use super::escape;
use super::patterns;
use super::rule::{Compiled, Way};
use super::shape::{Shape, stand_ins_within};
use super::walk::Walk;
use crate::json::{self, Node};
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

/// Something to redact.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// Where it stands, in bytes of the text that was looked through.
    pub(super) range: Range<usize>,
    /// The value, escapes resolved.
    pub(super) value: String,
    /// What it is.
    pub(super) shape: Shape,
    /// In how many strings it stands: so often what takes its place is to be escaped.
    pub(super) depth: usize,
    /// What to put there; else a stand-in.
    pub(super) with: Option<String>,
    /// JSON pointer to the value that it is in; empty in a text.
    pub(super) pointer: String,
    /// The rule, as people call it.
    pub(super) label: Cow<'static, str>,
}

impl Hit {
    /// The name of the member that it is in; empty in a text.
    pub(super) fn member(&self) -> &str {
        let is_name = |step: &&str| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit());
        self.pointer.rsplit('/').find(is_name).unwrap_or_default()
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'r> {
    pub(super) rules: &'r [Compiled],
    pub(super) accounts: bool,
    pub(super) operation: Option<&'r str>,
    pub(super) way: Way,
    /// Strings to leave alone, whole: they become holes.
    pub(super) keep: &'r dyn Fn(&str) -> bool,
    /// Members of the outermost object to leave alone.
    pub(super) skip: &'r dyn Fn(&str) -> bool,
}

impl<'r> Wanted<'r> {
    /// What is looked for in anything, by the built-in rules alone.
    pub(super) const fn built_in() -> Self {
        Self { rules: &[], accounts: false, operation: None, way: Way::Both, keep: &|_| false, skip: &|_| false }
    }

    pub(super) fn own_rules(&self) -> impl Iterator<Item = &'r Compiled> {
        let Self { operation, way, .. } = *self;
        self.rules.iter().filter(move |rule| rule.is_for(operation, way))
    }

    /// Whether `text` needs to be looked through at all.
    pub(super) fn may_concern(&self, text: &[u8]) -> bool {
        patterns::may_hold_secret(text)
            || (self.accounts && account::may_hold(text))
            || self.own_rules().next().is_some()
    }

    /// Everything to redact in a body: JSON, another text, or bytes with texts in between. In order of place.
    pub(super) fn in_bytes(&self, bytes: &[u8]) -> Vec<Hit> {
        if !self.may_concern(bytes) {
            return Vec::new();
        }
        if let Ok(root) = json::parse(bytes) {
            return self.in_json(&root);
        }
        let (mut hits, mut at) = (Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            hits.extend(self.in_text(chunk.valid(), "").into_iter().map(|hit| hit.moved(|place| place + at)));
            at += chunk.valid().len() + chunk.invalid().len();
        }
        hits
    }

    /// Everything to redact in a JSON text, in order of place.
    pub(super) fn in_json(&self, root: &Node<'_>) -> Vec<Hit> {
        Walk::through(*self, root)
    }

    /// Everything to redact in the value of a parameter that came as text.
    pub(super) fn in_parameter(&self, name: &str, text: &str) -> Vec<Hit> {
        Walk::through_parameter(*self, name, text)
    }

    /// Everything to redact in a text that is no JSON, in order of place. Percent-encoding hides nothing.
    pub(super) fn in_text(&self, text: &str, pointer: &str) -> Vec<Hit> {
        match escape::decoded(text) {
            None => self.in_plain_text(text, pointer),
            Some((decoded, offsets)) => {
                let place = |at: usize| offsets.get(at).copied().unwrap_or_default();
                self.in_plain_text(&decoded, pointer).into_iter().map(|hit| hit.moved(place)).collect()
            }
        }
    }

    /// Stand-ins are left alone, and what was found once; what is between them is looked through until nothing is found, so
    /// that nothing would be found in what becomes of the text either.
    fn in_plain_text(&self, text: &str, pointer: &str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        let found_between = |taken: &Taken| -> Vec<Found> {
            taken.between(text.len()).flat_map(|part| self.found_in(text, part)).collect()
        };
        // Found first: in most texts there is nothing, and then nothing needs to be known of stand-ins.
        let mut found = found_between(&Taken::default());
        if found.is_empty() || Shape::of(text).is_stand_in(text) {
            return hits;
        }
        let mut taken = Taken::default();
        stand_ins_within(text).into_iter().for_each(|range| taken.add(range));
        if !taken.0.is_empty() {
            found = found_between(&taken);
        }
        loop {
            let known = hits.len();
            for Found { range, shape, label, with } in found {
                let value = text.get(range.clone()).unwrap_or_default();
                if taken.is_free(&range) && !shape.is_stand_in(value) && with.as_deref() != Some(value) {
                    taken.add(range.clone());
                    let (value, pointer) = (value.to_owned(), pointer.to_owned());
                    hits.push(Hit { range, value, shape, depth: 0, with, pointer, label });
                }
            }
            if hits.len() == known {
                break;
            }
            found = found_between(&taken);
        }
        hits.sort_by_key(|hit| hit.range.start);
        hits
    }

    /// What there is in `part` of `text`, what comes first being stronger.
    fn found_in(&self, text: &str, part: Range<usize>) -> Vec<Found> {
        let secrets = self.secrets_in(text.get(part.clone()).unwrap_or_default(), part.start);
        let together = together(&secrets);
        let mut found: Vec<Found> = Vec::new();
        for rule in self.own_rules() {
            let Some(regex) = &rule.regex else { continue };
            for range in matches_in(regex, text, part.clone()) {
                let Some(range) = whole_secrets(range, &together) else { continue };
                let value = text.get(range.clone()).unwrap_or_default();
                let shape = if value.len() == text.len() { Shape::of(value) } else { Shape::of_part(value) };
                found.push(Found { range, shape, label: rule.label().into(), with: rule.rule.with.clone() });
            }
        }
        found.extend(secrets);
        found
    }

    /// What the built-in rules find in `part`, which begins at `start` of a text.
    fn secrets_in(&self, part: &str, start: usize) -> Vec<Found> {
        let found = |range: Range<usize>, shape: Shape, label: &'static str| {
            // What a name says is a secret has a stand-in of its own kind where a member is called so.
            let stands_in = |value: &str| {
                shape.is_stand_in(value)
                    || (label == patterns::MEMBER
                        && (Shape::of(value).is_stand_in(value) || Shape::Number.is_stand_in(value)))
            };
            let is_one = part.get(range.clone()).is_some_and(|value| !stands_in(value));
            let range = start + range.start..start + range.end;
            is_one.then(|| Found { range, shape, label: label.into(), with: None })
        };
        let spots = patterns::find_secrets(part).into_iter().filter_map(|one| found(one.range, one.shape, one.label));
        let mut secrets: Vec<Found> = spots.collect();
        if self.accounts {
            secrets.extend(account::places(part).into_iter().filter_map(|range| {
                let shape = if range.len() == 12 { Shape::Account } else { Shape::DashedAccount };
                found(range, shape, ACCOUNT)
            }));
        }
        secrets
    }
}

/// Where there are secrets, those that overlap as one, in order. What stands for a dashed account is not known inside a
/// text, so a rule would find that too, and goes first.
fn together(secrets: &[Found]) -> Vec<Range<usize>> {
    let whole = secrets.iter().filter(|secret| secret.shape != Shape::DashedAccount);
    let mut ranges: Vec<Range<usize>> = whole.map(|secret| secret.range.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, range| {
        let overlaps = next.start < range.end;
        range.end = if overlaps { range.end.max(next.end) } else { range.end };
        overlaps
    });
    ranges
}

/// What a user's pattern matches, with all of the secrets that it matches a part of: what is left of one is not known for
/// what it is. `None` for a part of one alone, which goes with it.
fn whole_secrets(matched: Range<usize>, secrets: &[Range<usize>]) -> Option<Range<usize>> {
    let first = secrets.partition_point(|secret| secret.end <= matched.start);
    let overlapping = || secrets.iter().skip(first).take_while(|secret| secret.start < matched.end);
    let is_part =
        |secret: &Range<usize>| secret.start <= matched.start && matched.end <= secret.end && *secret != matched;
    if overlapping().any(is_part) {
        return None;
    }
    let start = overlapping().map(|secret| secret.start).fold(matched.start, usize::min);
    let end = overlapping().map(|secret| secret.end).fold(matched.end, usize::max);
    Some(start..end)
}

struct Found {
    range: Range<usize>,
    shape: Shape,
    label: Cow<'static, str>,
    with: Option<String>,
}

/// Where in `part` of `text` the first group of `regex` is, or all of it where it has none. Its anchors are the text's.
fn matches_in(regex: &Regex, text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), part.start);
    let Some(head) = text.get(..part.end) else { return found };
    while let Some(captures) = (at <= head.len()).then(|| regex.captures_at(head, at)).flatten() {
        let Some(whole) = captures.get(0) else { break };
        // The end of the part is no end of the text.
        let is_inside = whole.end() < head.len() || head.len() == text.len();
        let holds = is_inside || regex.find_at(text, whole.start()).is_some_and(|other| other.start() == whole.start());
        let group = captures.get(1).unwrap_or(whole);
        if holds && !group.is_empty() {
            found.push(group.range());
        }
        let step = head.get(whole.end()..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        at = if whole.is_empty() { whole.end() + step } else { whole.end() };
    }
    found
}

/// Ranges of a text that are not looked at again: where each begins, and its end. None overlaps another.
#[derive(Default)]
struct Taken(BTreeMap<usize, usize>);

impl Taken {
    fn add(&mut self, range: Range<usize>) {
        self.0.insert(range.start, range.end);
    }

    fn is_free(&self, range: &Range<usize>) -> bool {
        self.0.range(..range.end).next_back().is_none_or(|(_, end)| *end <= range.start)
    }

    /// What of a text of this length is in none of them.
    fn between(&self, length: usize) -> impl Iterator<Item = Range<usize>> {
        let ends = iter::once(0).chain(self.0.values().copied());
        let starts = self.0.keys().copied().chain(iter::once(length));
        ends.zip(starts).map(|(end, start)| end..start).filter(|part| !part.is_empty())
    }
}

pub(super) const ACCOUNT: &str = "account number";

impl Hit {
    pub(super) fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        self.range = place(self.range.start)..place(self.range.end);
        self
    }
}
