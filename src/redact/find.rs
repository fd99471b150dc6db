//! Where in a text there is something to redact.

use super::account;
use super::escape;
use super::patterns;
use super::rule::{Compiled, Way};
use super::shape::{Shape, stand_ins_within};
use super::walk::Walk;
use crate::interaction::json::{self, Node};
use std::borrow::Cow;
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
        patterns::may_hold(text) || (self.accounts && account::may_hold(text)) || self.own_rules().next().is_some()
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

    /// What overlaps a stand-in is left alone.
    fn in_plain_text(&self, text: &str, pointer: &str) -> Vec<Hit> {
        let mut found = self.found_in(text).peekable();
        // Found first: in most texts there is nothing, and then nothing needs to be known of them.
        if found.peek().is_none() || text.is_empty() || Shape::of(text).is_stand_in(text) {
            return Vec::new();
        }
        let mut taken = stand_ins_within(text);
        let mut hits: Vec<Hit> = Vec::new();
        for (range, shape, label, with) in found {
            let value = text.get(range.clone()).unwrap_or_default();
            let free = taken.iter().all(|other: &Range<usize>| range.end <= other.start || other.end <= range.start);
            if free && !shape.is_stand_in(value) && with.as_deref() != Some(value) {
                taken.push(range.clone());
                hits.push(Hit {
                    range,
                    value: value.to_owned(),
                    shape,
                    depth: 0,
                    with,
                    pointer: pointer.to_owned(),
                    label,
                });
            }
        }
        hits.sort_by_key(|hit| hit.range.start);
        hits
    }

    /// What there is, what comes first being stronger.
    fn found_in(&self, text: &str) -> impl Iterator<Item = Found> {
        let mut found: Vec<Found> = Vec::new();
        for rule in self.own_rules() {
            let Some(regex) = &rule.regex else { continue };
            for captures in regex.captures_iter(text) {
                let Some(part) = captures.get(1).or_else(|| captures.get(0)).filter(|part| !part.is_empty()) else {
                    continue;
                };
                let of = if part.len() == text.len() { Shape::of } else { Shape::of_part };
                found.push((part.range(), of(part.as_str()), rule.label().into(), rule.rule.with.clone()));
            }
        }
        found.extend(patterns::spots(text).into_iter().map(|spot| (spot.range, spot.shape, spot.label.into(), None)));
        if self.accounts {
            found.extend(account::places(text).into_iter().map(|range| {
                let shape = if range.len() == 12 { Shape::Account } else { Shape::DashedAccount };
                (range, shape, ACCOUNT.into(), None)
            }));
        }
        found.into_iter()
    }
}

type Found = (Range<usize>, Shape, Cow<'static, str>, Option<String>);

pub(super) const ACCOUNT: &str = "account number";

impl Hit {
    pub(super) fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        self.range = place(self.range.start)..place(self.range.end);
        self
    }
}
