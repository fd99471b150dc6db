//! The rules of one cassette, at work.

use super::find::{Hit, Wanted};
use super::key::Key;
use super::rule::{Compiled, Policy, RuleError, Way};
use super::scrub::{Scrubbed, kept_headers};
use super::shape::Shape;
use crate::json;
use crate::model::{Body, OperationName, Page};
use http::HeaderMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Where the key comes from.
pub enum KeySource {
    /// It is there.
    Known(Key),
    /// It is made when the first value needs it.
    MadeWhenNeeded(Box<dyn Fn() -> Result<Key, String> + Send + Sync>),
    /// It is elsewhere. Stand-ins made with this one, of nobody else's, match nothing that was recorded.
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

/// What was redacted: by which rule, in which member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The rule, as people call it.
    pub rule: String,
    /// The member's name; empty where it was no member of JSON.
    pub member: String,
}

/// Why something cannot be redacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactionError {
    /// Two values would have one stand-in.
    #[error(
        "two different values would have the same stand-in (the second is at {pointer:?}): with another redaction key they would not"
    )]
    Collision {
        /// JSON pointer to the second.
        pointer: String,
    },
    /// There is no key and none can be made.
    #[error("the redaction key cannot be made: {0}")]
    Key(String),
}

/// The rules of a cassette and their key.
#[derive(Debug)]
pub struct Redaction {
    pub(super) policy: Policy,
    pub(super) rules: Vec<Compiled>,
    pub(super) source: KeySource,
    pub(super) made: OnceLock<Key>,
    /// The stand-ins of narrow ranges, and a hash of what each stands for.
    given: Mutex<HashMap<String, [u8; 32]>>,
    /// How many stand-ins were made for want of the cassette's key.
    strange: AtomicUsize,
    /// What was redacted so far, by rule and member.
    counts: Mutex<BTreeMap<(Cow<'static, str>, String), u64>>,
}

impl Redaction {
    /// Makes `policy` work.
    ///
    /// # Errors
    /// Where a rule makes no sense.
    pub fn new(policy: Policy, source: KeySource) -> Result<Self, RuleError> {
        let rules = policy.rules.iter().cloned().map(Compiled::new).collect::<Result<_, _>>()?;
        Ok(Self { rules, policy, ..Self::built_in(source) })
    }

    /// The built-in rules alone, with a key that must not matter.
    #[must_use]
    pub fn built_in(source: KeySource) -> Self {
        Self {
            policy: Policy::default(),
            rules: Vec::new(),
            source,
            made: OnceLock::new(),
            given: Mutex::default(),
            strange: AtomicUsize::new(0),
            counts: Mutex::default(),
        }
    }

    /// What it does.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How many stand-ins were made so far that are not the cassette's: it names its key, and that is not here. They tell
    /// nothing of whether a value is the recorded one.
    pub fn strange_stand_ins(&self) -> usize {
        self.strange.load(Ordering::Relaxed)
    }

    /// How often something was redacted in answers and requests so far, by the rule and the member that it was found in.
    pub fn counts(&self) -> Vec<(Redacted, u64)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let redacted = |rule: &str, member: &str| Redacted { rule: rule.to_owned(), member: member.to_owned() };
        counts.iter().map(|((rule, member), times)| (redacted(rule, member), *times)).collect()
    }

    /// Counts what was found.
    pub(super) fn count<'h>(&self, hits: impl IntoIterator<Item = &'h Hit>) {
        let mut hits = hits.into_iter().peekable();
        if hits.peek().is_none() {
            return;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for hit in hits {
            *counts.entry((hit.label.clone(), hit.member().to_owned())).or_default() += 1;
        }
    }

    /// The storable page for an answer to `operation`: the kept headers, and the body with its holes; redacted.
    ///
    /// # Errors
    /// As the variants of [`RedactionError`] say.
    pub fn page(
        &self,
        operation: &OperationName,
        status: u16,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Scrubbed<Page>, RedactionError> {
        let mut headers = kept_headers(headers);
        let wanted = self.of_answers(operation);
        for (_, value) in &mut headers {
            let hits = wanted.in_text(value, "");
            self.count(&hits);
            *value = self.replaced(value, &hits)?;
        }
        Ok(Scrubbed::made(Page { status, headers, body: self.body(&wanted, body)? }))
    }

    pub(super) fn of_answers<'r>(&'r self, operation: &'r OperationName) -> Wanted<'r> {
        let (rules, accounts) = (self.rules.as_slice(), self.policy.accounts);
        Wanted { rules, accounts, operation: known(operation), way: Way::Response, ..Wanted::built_in() }
    }

    /// `body`, its literal parts redacted.
    fn body(&self, wanted: &Wanted<'_>, body: Body) -> Result<Body, RedactionError> {
        let (bytes, holes) = body.with_placeholders();
        let hits = wanted.in_bytes(&bytes);
        if hits.is_empty() {
            return Ok(body);
        }
        self.count(&hits);
        let mut redacted = Body::default();
        let (mut at, mut holes) = (0, holes.into_iter().peekable());
        let literal = |redacted: &mut Body, from: usize, to: usize| {
            redacted.push_literal(bytes.slice(from.min(to)..to));
        };
        // A placeholder is an empty string, and nothing in that is redacted: hits and holes never overlap.
        for hit in hits {
            while let Some((place, hole)) = holes.next_if(|(place, _)| place.start < hit.range.start) {
                literal(&mut redacted, at, place.start);
                redacted.push_hole(hole.clone());
                at = place.end;
            }
            literal(&mut redacted, at, hit.range.start);
            redacted.push_literal(self.in_place_of(&hit)?.into_bytes().into());
            at = hit.range.end;
        }
        for (place, hole) in holes {
            literal(&mut redacted, at, place.start);
            redacted.push_hole(hole.clone());
            at = place.end;
        }
        literal(&mut redacted, at, bytes.len());
        Ok(redacted)
    }

    pub(super) fn replaced(&self, text: &str, hits: &[Hit]) -> Result<String, RedactionError> {
        let bytes = self.replaced_bytes(text.as_bytes(), hits)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn replaced_bytes(&self, text: &[u8], hits: &[Hit]) -> Result<Vec<u8>, RedactionError> {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for hit in hits {
            out.extend_from_slice(text.get(at..hit.range.start).unwrap_or_default());
            out.extend_from_slice(self.in_place_of(hit)?.as_bytes());
            at = hit.range.end;
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Ok(out)
    }

    /// What to write for `hit`, escaped as it must be there.
    fn in_place_of(&self, hit: &Hit) -> Result<String, RedactionError> {
        let mut text = self.instead_of(hit)?;
        for _ in 0..hit.depth {
            let quoted = json::quote(&text);
            text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
        }
        Ok(text)
    }

    /// What to write for `hit`, as it is meant.
    pub(super) fn instead_of(&self, hit: &Hit) -> Result<String, RedactionError> {
        match &hit.with {
            Some(with) => Ok(with.clone()),
            None => self.stand_in(&hit.value, hit.shape, &hit.pointer),
        }
    }

    /// What stands for `text`, which is at `pointer`.
    pub(super) fn stand_in(&self, text: &str, shape: Shape, pointer: &str) -> Result<String, RedactionError> {
        let key = self.key()?;
        let value: Cow<'_, str> = match shape {
            // The account in an ARN has its own stand-in; with that it is the same ARN.
            Shape::Arn => {
                let wanted = Wanted { accounts: self.policy.accounts, ..Wanted::built_in() };
                self.replaced(text, &wanted.in_text(text, pointer))?.into()
            }
            _ => text.into(),
        };
        let stand_in = shape.stand_in(&value, key);
        if matches!(self.source, KeySource::Missing(_)) && self.policy.key_check.is_some() {
            self.strange.fetch_add(1, Ordering::Relaxed);
        }
        if shape.is_narrow() {
            let stands_for = key.digest(shape.family(), &shape.plain(&value));
            let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            let name = format!("{} {}", shape.family(), shape.plain(&stand_in));
            if *given.entry(name).or_insert(stands_for) != stands_for {
                return Err(RedactionError::Collision { pointer: pointer.to_owned() });
            }
        }
        Ok(stand_in)
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
    let page = redaction.page(&OperationName::Unknown(String::new()), status, headers, body);
    // Only narrow ranges can run out, and the built-in rules use none.
    page.unwrap_or_else(|_| Scrubbed::made(Page { status, headers: Vec::new(), body: Body::default() }))
}

pub(super) fn known(operation: &OperationName) -> Option<&str> {
    match operation {
        OperationName::Known(name) => Some(name),
        OperationName::Unknown(_) => None,
    }
}
