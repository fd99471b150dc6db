//! Applies the redaction rules of one cassette.

use super::key::Key;
use super::rule::{CompiledRule, Direction, RedactionSpec, RuleError};
use super::scanner::{ScanMatch, Scanner};
use super::scrub::{Scrubbed, is_checksum, kept_headers};
use super::value_kind::ValueKind;
use crate::json;
use crate::model::{Body, Hole, Notation, OperationName, Page, Part, SecretMembers};
use crate::wire::{self, Leaf};
use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the redaction key of a cassette comes from.
pub enum KeySource {
    /// It is there.
    Known(Key),
    /// It is made when the first value needs it.
    MadeWhenNeeded(Box<dyn Fn() -> Result<Key, KeyUnavailable> + Send + Sync>),
    /// It is not here. This one takes its place: pseudonyms that it makes match nothing that was recorded.
    Missing(Key),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Known",
            Self::MadeWhenNeeded(_) => "MadeWhenNeeded",
            Self::Missing(_) => "Missing",
        })
    }
}

/// A member in which something was redacted, and the rule that did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedMember {
    /// The rule, as people call it.
    pub rule: String,
    /// The member's name; empty where it was no member of JSON.
    pub member: String,
}

/// Why a redaction key cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyUnavailable(pub String);

/// Why something cannot be redacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactionError {
    /// Two values would get one pseudonym.
    #[error(
        "two different values would get the same pseudonym (the second is at {pointer:?}): use another redaction key"
    )]
    Collision {
        /// JSON pointer to the second.
        pointer: String,
    },
    /// There is no key and none can be made.
    #[error("the redaction key cannot be made")]
    Key(#[source] KeyUnavailable),
}

/// The rules of a cassette and their key.
#[derive(Debug)]
pub struct Redaction {
    pub(super) spec: RedactionSpec,
    pub(super) rules: Vec<CompiledRule>,
    pub(super) source: KeySource,
    pub(super) made: OnceLock<Key>,
    /// The pseudonyms of narrow ranges, and a hash of what each stands for.
    taken: Mutex<HashMap<String, [u8; 32]>>,
    /// How many pseudonyms were made with a key that is not the cassette's.
    foreign_key: AtomicUsize,
    /// What was redacted so far, by rule and member.
    counts: Mutex<BTreeMap<(Cow<'static, str>, String), u64>>,
}

impl Redaction {
    /// Compiles the rules of `spec`.
    ///
    /// # Errors
    /// Where a rule makes no sense.
    pub fn new(spec: RedactionSpec, source: KeySource) -> Result<Self, RuleError> {
        let rules = spec.rules.iter().cloned().map(CompiledRule::new).collect::<Result<_, _>>()?;
        Ok(Self { rules, spec, ..Self::built_in(source) })
    }

    /// The built-in rules alone, with a key that must not matter.
    #[must_use]
    pub fn built_in(source: KeySource) -> Self {
        Self {
            spec: RedactionSpec::default(),
            rules: Vec::new(),
            source,
            made: OnceLock::new(),
            taken: Mutex::default(),
            foreign_key: AtomicUsize::new(0),
            counts: Mutex::default(),
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn spec(&self) -> &RedactionSpec {
        &self.spec
    }

    /// `text` as it would stand in a request's copy.
    ///
    /// # Errors
    /// As the variants of [`RedactionError`] say.
    pub fn redact_text(&self, text: &str) -> Result<String, RedactionError> {
        let (rules, accounts) = (self.rules.as_slice(), self.spec.accounts);
        let scanner = Scanner { rules, accounts, direction: Direction::Request, ..Scanner::built_in() };
        self.replace_matches(text, &scanner.find_in_text(text, ""))
    }

    /// How many pseudonyms were made so far with another key than the cassette names, which is not here. They do not tell
    /// whether a value is the recorded one.
    pub fn foreign_key_pseudonyms(&self) -> usize {
        self.foreign_key.load(Ordering::Relaxed)
    }

    /// How often something was redacted in answers and requests so far, by the rule and the member that it was found in.
    pub fn counts(&self) -> Vec<(RedactedMember, u64)> {
        let counts = self.counts.lock();
        let redacted = |rule: &str, member: &str| RedactedMember { rule: rule.to_owned(), member: member.to_owned() };
        counts.iter().map(|((rule, member), times)| (redacted(rule, member), *times)).collect()
    }

    /// Counts what was found.
    pub(super) fn count<'h>(&self, matches: impl IntoIterator<Item = &'h ScanMatch>) {
        let mut matches = matches.into_iter().peekable();
        if matches.peek().is_none() {
            return;
        }
        let mut counts = self.counts.lock();
        for found in matches {
            *counts.entry((found.label.clone(), found.member().to_owned())).or_default() += 1;
        }
    }

    /// The storable page for an answer to `operation`, its status and headers: the kept headers, and the body with its holes;
    /// redacted, the members that are `secrets` too.
    ///
    /// # Errors
    /// As the variants of [`RedactionError`] say.
    pub fn redact_page(
        &self,
        operation: &OperationName,
        secrets: SecretMembers<'_>,
        answer: (u16, &HeaderMap),
        body: Body,
    ) -> Result<Scrubbed<Page>, RedactionError> {
        let (status, headers) = answer;
        let mut headers = kept_headers(operation, headers);
        // A length is a member only where there is no body of it: in the answer to HEAD.
        headers.retain(|(name, _)| name != "content-length" || body.is_empty());
        let scanner = Scanner { secrets, ..self.answer_scanner(operation) };
        for (_, value) in &mut headers {
            let matches = scanner.find_in_text(value, "");
            self.count(&matches);
            *value = self.replace_matches(value, &matches)?;
        }
        let redacted = self.body(&scanner, body.clone())?;
        if redacted != body || redacted.holes().next().is_some() {
            // Clients would find that the body is not what was sent.
            headers.retain(|(name, _)| !is_checksum(name));
        }
        Ok(Scrubbed::new(Page { status, headers, body: redacted }))
    }

    pub(super) fn answer_scanner<'r>(&'r self, operation: &'r OperationName) -> Scanner<'r> {
        let (rules, accounts) = (self.rules.as_slice(), self.spec.accounts);
        Scanner {
            rules,
            accounts,
            operation: known_name(operation),
            direction: Direction::Response,
            ..Scanner::built_in()
        }
    }

    /// `body`, its literal parts redacted.
    fn body(&self, scanner: &Scanner<'_>, body: Body) -> Result<Body, RedactionError> {
        let (bytes, holes) = body.with_placeholders();
        // An element that is all of a body has no name among the members: what it is shows in the text.
        let named = |leaves: &Vec<Leaf<'_>>| leaves.iter().all(|leaf| !leaf.path.is_empty());
        if let Some(leaves) = wire::leaves(&bytes).filter(named) {
            return self.leaves(scanner, (&bytes, holes), leaves);
        }
        let matches = scanner.find_in_bytes(&bytes);
        if matches.is_empty() {
            return Ok(body);
        }
        self.count(&matches);
        let mut redacted = Body::default();
        let (mut at, mut holes) = (0, holes.into_iter().peekable());
        let literal = |redacted: &mut Body, from: usize, to: usize| {
            redacted.push_literal(bytes.slice(from.min(to)..to));
        };
        // A placeholder is an empty string, and nothing in that is redacted: matches and holes never overlap.
        for found in matches {
            while let Some((place, hole)) = holes.next_if(|(place, _)| place.start < found.range.start) {
                literal(&mut redacted, at, place.start);
                redacted.push_hole(hole.clone());
                at = place.end;
            }
            literal(&mut redacted, at, found.range.start);
            redacted.push_literal(self.escaped_replacement(&found)?.into_bytes().into());
            at = found.range.end;
        }
        for (place, hole) in holes {
            literal(&mut redacted, at, place.start);
            redacted.push_hole(hole.clone());
            at = place.end;
        }
        literal(&mut redacted, at, bytes.len());
        Ok(redacted)
    }

    /// A body in XML or CBOR, its strings redacted one by one: each is written anew in its notation.
    fn leaves(
        &self,
        scanner: &Scanner<'_>,
        (bytes, holes): (&Bytes, Vec<(Range<usize>, &Hole)>),
        leaves: Vec<Leaf<'_>>,
    ) -> Result<Body, RedactionError> {
        let notation = Notation::detect(bytes);
        let mut pieces: BTreeMap<usize, (usize, Part)> =
            holes.into_iter().map(|(place, hole)| (place.start, (place.end, Part::Hole(hole.clone())))).collect();
        for leaf in leaves {
            let matches = scanner.find_at(&leaf.path, &leaf.text);
            if matches.is_empty() || pieces.contains_key(&leaf.range.start) {
                continue;
            }
            self.count(&matches);
            let text = wire::encode_text(notation, &self.replace_matches(&leaf.text, &matches)?);
            pieces.insert(leaf.range.start, (leaf.range.end, Part::Literal(text.into())));
        }
        let (mut redacted, mut at) = (Body::default(), 0);
        for (start, (end, part)) in pieces {
            redacted.push_literal(bytes.slice(at..start));
            match part {
                Part::Literal(text) => redacted.push_literal(text),
                Part::Hole(hole) => redacted.push_hole(hole),
            }
            at = end;
        }
        redacted.push_literal(bytes.slice(at..));
        Ok(redacted)
    }

    pub(super) fn replace_matches(&self, text: &str, matches: &[ScanMatch]) -> Result<String, RedactionError> {
        let bytes = self.replace_bytes(text.as_bytes(), matches)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn replace_bytes(&self, text: &[u8], matches: &[ScanMatch]) -> Result<Vec<u8>, RedactionError> {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for found in matches {
            out.extend_from_slice(text.get(at..found.range.start).unwrap_or_default());
            out.extend_from_slice(self.escaped_replacement(found)?.as_bytes());
            at = found.range.end;
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// What to write for `found`, escaped as it must be there.
    fn escaped_replacement(&self, found: &ScanMatch) -> Result<String, RedactionError> {
        let mut text = self.replacement(found)?;
        for _ in 0..found.depth {
            let quoted = json::quote(&text);
            text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
        }
        Ok(text)
    }

    /// What to write for `found`, as it is meant.
    pub(super) fn replacement(&self, found: &ScanMatch) -> Result<String, RedactionError> {
        match &found.with {
            Some(with) => Ok(with.clone()),
            None => self.pseudonym(&found.value, found.kind, &found.pointer),
        }
    }

    /// What stands for `text`, which is at `pointer`.
    pub(super) fn pseudonym(&self, text: &str, kind: ValueKind, pointer: &str) -> Result<String, RedactionError> {
        let key = self.key()?;
        let value: Cow<'_, str> = match kind {
            // The account in an ARN has its own pseudonym; with that it is the same ARN.
            ValueKind::Arn => {
                let scanner = Scanner { accounts: self.spec.accounts, ..Scanner::built_in() };
                self.replace_matches(text, &scanner.find_in_text(text, pointer))?.into()
            }
            _ => text.into(),
        };
        let pseudonym = kind.pseudonym(&value, key);
        if matches!(self.source, KeySource::Missing(_)) && self.spec.key_check.is_some() {
            self.foreign_key.fetch_add(1, Ordering::Relaxed);
        }
        if kind.is_narrow() {
            let stands_for = key.digest(kind.hash_purpose(), &kind.plain(&value));
            let mut taken = self.taken.lock();
            let name = format!("{} {}", kind.hash_purpose(), kind.plain(&pseudonym));
            if *taken.entry(name).or_insert(stands_for) != stands_for {
                return Err(RedactionError::Collision { pointer: pointer.to_owned() });
            }
        }
        Ok(pseudonym)
    }

    /// The key that was made since the first value needed one.
    pub fn made_key(&self) -> Option<&Key> {
        self.made.get()
    }

    fn key(&self) -> Result<&Key, RedactionError> {
        match &self.source {
            KeySource::Known(key) | KeySource::Missing(key) => Ok(key),
            KeySource::MadeWhenNeeded(make) => {
                if let Some(key) = self.made.get() {
                    return Ok(key);
                }
                let key = make().map_err(RedactionError::Key)?;
                Ok(self.made.get_or_init(|| key))
            }
        }
    }
}

/// The storable page for an answer, by the built-in rules alone and with a key that everybody has: for those who record
/// without a configuration.
#[must_use]
pub fn scrub_page(status: u16, headers: &HeaderMap, body: Body) -> Scrubbed<Page> {
    let redaction = Redaction::built_in(KeySource::Known(Key::public()));
    let page = redaction.redact_page(
        &OperationName::Unknown(String::new()),
        SecretMembers::default(),
        (status, headers),
        body,
    );
    // Only narrow ranges can run out, and the built-in rules use none.
    page.unwrap_or_else(|_| Scrubbed::new(Page { status, headers: Vec::new(), body: Body::default() }))
}

pub(super) fn known_name(operation: &OperationName) -> Option<&str> {
    match operation {
        OperationName::Known(name) | OperationName::Companion(name) => Some(name),
        OperationName::Unknown(_) => None,
    }
}
