//! Finds what to redact in a text: built-in secrets, account numbers, and matches of the user's patterns.

use super::account;
use super::escape;
use super::patterns;
use super::rule::{CompiledRule, Direction};
use super::value_kind::{ValueKind, find_pseudonyms};
use crate::model::SecretMembers;
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

/// The label of account numbers.
pub(super) const ACCOUNT: &str = "account number";

/// A place in a text with something to redact.
#[derive(Clone, Debug)]
pub(super) struct ScanMatch {
    /// Where it stands, in bytes of the searched text.
    pub(super) range: Range<usize>,
    /// The value, its escapes resolved.
    pub(super) value: String,
    /// The kind of value.
    pub(super) kind: ValueKind,
    /// How many strings it is nested in: its replacement is escaped as often.
    pub(super) depth: usize,
    /// What to put there; else a pseudonym.
    pub(super) with: Option<String>,
    /// JSON pointer to the value that it is in; empty in a text.
    pub(super) pointer: String,
    /// The rule, as people call it.
    pub(super) label: Cow<'static, str>,
}

impl ScanMatch {
    /// The name of the member that it is in; empty in a text.
    pub(super) fn member(&self) -> &str {
        let is_name = |step: &&str| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit());
        self.pointer.rsplit('/').find(is_name).unwrap_or_default()
    }

    /// The same, where the searched text stands in another one: `place` gives the place there.
    pub(super) fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        self.range = place(self.range.start)..place(self.range.end);
        self
    }
}

/// Finds what to redact in the texts of one request or answer.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'r> {
    pub(super) rules: &'r [CompiledRule],
    pub(super) accounts: bool,
    pub(super) operation: Option<&'r str>,
    pub(super) direction: Direction,
    /// Members that the service's table calls secret.
    pub(super) secrets: SecretMembers<'r>,
    /// Strings to leave alone, whole: they become holes.
    pub(super) keep: &'r dyn Fn(&str) -> bool,
    /// Members of the outermost object to leave alone.
    pub(super) skip: &'r dyn Fn(&str) -> bool,
}

impl<'r> Scanner<'r> {
    /// One with the built-in rules alone.
    pub(super) const fn built_in() -> Self {
        Self {
            rules: &[],
            accounts: false,
            operation: None,
            direction: Direction::Both,
            secrets: SecretMembers { names: &[], beside: None },
            keep: &|_| false,
            skip: &|_| false,
        }
    }

    pub(super) fn own_rules(&self) -> impl Iterator<Item = &'r CompiledRule> {
        let Self { operation, direction, .. } = *self;
        self.rules.iter().filter(move |rule| rule.applies_to(operation, direction))
    }

    /// Whether `text` needs to be looked through at all.
    pub(super) fn may_concern(&self, text: &[u8]) -> bool {
        patterns::may_hold_secret(text)
            || (self.accounts && account::may_hold(text))
            || self.own_rules().next().is_some()
            || !self.secrets.is_empty()
    }

    /// Everything to redact in a text that is not JSON, in order of place. Percent-encoding hides nothing.
    pub(super) fn find_in_text(&self, text: &str, pointer: &str) -> Vec<ScanMatch> {
        match escape::percent_decode(text) {
            None => self.find_in_plain_text(text, pointer),
            Some((decoded, offsets)) => {
                let place = |at: usize| offsets.get(at).copied().unwrap_or_default();
                self.find_in_plain_text(&decoded, pointer).into_iter().map(|found| found.moved(place)).collect()
            }
        }
    }

    /// Pseudonyms are left alone, and what was found once; what is between them is looked through until nothing is found, so
    /// that nothing would be found in what becomes of the text either.
    fn find_in_plain_text(&self, text: &str, pointer: &str) -> Vec<ScanMatch> {
        let mut matches: Vec<ScanMatch> = Vec::new();
        let found_between = |taken: &TakenRanges| -> Vec<Candidate> {
            taken.between(text.len()).flat_map(|part| self.candidates_in(text, part)).collect()
        };
        // Candidate first: in most texts there is nothing, and then nothing needs to be known of pseudonyms.
        let mut found = found_between(&TakenRanges::default());
        if found.is_empty() || ValueKind::detect(text).is_pseudonym(text) {
            return matches;
        }
        let mut taken = TakenRanges::default();
        find_pseudonyms(text).into_iter().for_each(|range| taken.add(range));
        if !taken.0.is_empty() {
            found = found_between(&taken);
        }
        loop {
            let known = matches.len();
            for Candidate { range, kind, label, with } in found {
                let value = text.get(range.clone()).unwrap_or_default();
                if taken.is_free(&range) && !kind.is_pseudonym(value) && with.as_deref() != Some(value) {
                    taken.add(range.clone());
                    let (value, pointer) = (value.to_owned(), pointer.to_owned());
                    matches.push(ScanMatch { range, value, kind, depth: 0, with, pointer, label });
                }
            }
            if matches.len() == known {
                break;
            }
            found = found_between(&taken);
        }
        matches.sort_by_key(|found| found.range.start);
        matches
    }

    /// What there is in `part` of `text`, what comes first being stronger.
    fn candidates_in(&self, text: &str, part: Range<usize>) -> Vec<Candidate> {
        let secrets = self.secrets_in(text.get(part.clone()).unwrap_or_default(), part.start);
        let merged = merge_overlapping(&secrets);
        let mut found: Vec<Candidate> = Vec::new();
        for rule in self.own_rules() {
            let Some(regex) = &rule.regex else { continue };
            for range in regex_ranges(regex, text, part.clone()) {
                let Some(range) = widen_to_secrets(range, &merged) else { continue };
                let value = text.get(range.clone()).unwrap_or_default();
                let kind =
                    if value.len() == text.len() { ValueKind::detect(value) } else { ValueKind::detect_part(value) };
                found.push(Candidate { range, kind, label: rule.label().into(), with: rule.rule.with.clone() });
            }
        }
        found.extend(secrets);
        found
    }

    /// What the built-in rules find in `part`, which begins at `start` of a text.
    fn secrets_in(&self, part: &str, start: usize) -> Vec<Candidate> {
        let found = |range: Range<usize>, kind: ValueKind, label: &'static str| {
            // What a name says is a secret has a pseudonym of its own kind where a member is called so.
            let is_replaced = |value: &str| {
                kind.is_pseudonym(value)
                    || (label == patterns::MEMBER
                        && (ValueKind::detect(value).is_pseudonym(value) || ValueKind::Number.is_pseudonym(value)))
            };
            let is_one = part.get(range.clone()).is_some_and(|value| !is_replaced(value));
            let range = start + range.start..start + range.end;
            is_one.then(|| Candidate { range, kind, label: label.into(), with: None })
        };
        let spots = patterns::find_secrets(part).into_iter().filter_map(|one| found(one.range, one.kind, one.label));
        let mut secrets: Vec<Candidate> = spots.collect();
        if self.accounts {
            secrets.extend(account::find_accounts(part).into_iter().filter_map(|range| {
                let kind = if range.len() == 12 { ValueKind::Account } else { ValueKind::DashedAccount };
                found(range, kind, ACCOUNT)
            }));
        }
        secrets
    }
}

/// Where there are secrets, those that overlap as one, in order. What stands for a dashed account is not known inside a
/// text, so a rule would find that too, and goes first.
fn merge_overlapping(secrets: &[Candidate]) -> Vec<Range<usize>> {
    let whole = secrets.iter().filter(|secret| secret.kind != ValueKind::DashedAccount);
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
fn widen_to_secrets(matched: Range<usize>, secrets: &[Range<usize>]) -> Option<Range<usize>> {
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

/// Something that a rule found, before it is known whether it counts.
struct Candidate {
    range: Range<usize>,
    kind: ValueKind,
    label: Cow<'static, str>,
    with: Option<String>,
}

/// Where in `part` of `text` the first group of `regex` is, or all of it where it has none. Its anchors are the text's.
fn regex_ranges(regex: &Regex, text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), part.start);
    let Some(head) = text.get(..part.end) else { return found };
    while let Some(captures) = (at <= head.len()).then(|| regex.captures_at(head, at)).flatten() {
        let Some(whole) = captures.get(0) else { break };
        // The end of the part need not be the end of the text.
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
struct TakenRanges(BTreeMap<usize, usize>);

impl TakenRanges {
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
