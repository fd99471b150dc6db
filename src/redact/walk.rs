//! Where in JSON, and in JSON inside its strings, there is something to redact.

use super::account;
use super::find::{ACCOUNT, Hit, Wanted};
use super::patterns;
use super::shape::Shape;
use super::table::is_secret_member;
use crate::json::{self, Kind, Member, Node};
use std::borrow::Cow;

/// How deep JSON may stand in strings of JSON in strings.
const DEEPEST: usize = 4;

/// Why a whole value is redacted.
#[derive(Clone)]
struct Whole {
    label: Cow<'static, str>,
    with: Option<String>,
}

impl Whole {
    /// The name says that it is a secret.
    fn built_in() -> Self {
        Self { label: patterns::MEMBER.into(), with: None }
    }
}

/// The names, in lower case, of the members whose name as it is meant stands beside them: of `value`, where `key` is
/// `password` as in a tag, and of `tagValues` beside such a `tagKey`.
fn secrets_named_beside(members: &[Member<'_>]) -> Vec<String> {
    // Most objects have no such member, and nothing is made for them.
    let may_name = |key: &str| {
        key.contains('\\')
            || key.get(key.len().saturating_sub(4)..).is_some_and(|end| end.eq_ignore_ascii_case("key\""))
    };
    let named = members.iter().filter(|member| may_name(member.key)).filter_map(|member| {
        let name = json::legible(member.key).to_ascii_lowercase();
        let of = name.strip_suffix("key")?;
        is_secret_member(&member.value.text()?).then(|| [format!("{of}value"), format!("{of}values")])
    });
    named.flatten().collect()
}

/// A walk through a tree: where it is, and what it has found.
pub(super) struct Walk<'r> {
    wanted: Wanted<'r>,
    path: Vec<String>,
    depth: usize,
    hits: Vec<Hit>,
}

impl<'r> Walk<'r> {
    /// Everything to redact in a JSON text, in order of place.
    pub(super) fn through(wanted: Wanted<'r>, root: &Node<'_>) -> Vec<Hit> {
        let mut walk = Self { wanted, path: Vec::new(), depth: 0, hits: Vec::new() };
        walk.node(root, None);
        walk.hits
    }

    /// Everything to redact in the value of a parameter that came as text.
    pub(super) fn through_parameter(wanted: Wanted<'r>, name: &str, text: &str) -> Vec<Hit> {
        let mut walk = Self { wanted, path: vec![name.to_owned()], depth: 0, hits: Vec::new() };
        let whole = walk.whole(None);
        walk.string_text(text, whole.as_ref());
        walk.hits
    }

    fn node(&mut self, node: &Node<'_>, within: Option<&Whole>) {
        let own = self.whole(within);
        let whole = own.as_ref();
        match &node.kind {
            Kind::Null | Kind::Bool(_) => {}
            Kind::Number => self.number(node, whole),
            Kind::String => self.string(node, whole),
            Kind::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.path.push(at.to_string());
                    self.node(item, whole);
                    self.path.pop();
                }
            }
            Kind::Object(members) => {
                let outermost = self.path.is_empty() && self.depth == 0;
                let named = secrets_named_beside(members);
                for member in members {
                    let name = json::legible(member.key).into_owned();
                    if outermost && (self.wanted.skip)(&name) {
                        continue;
                    }
                    let is_named = named.iter().any(|secret| secret.eq_ignore_ascii_case(&name));
                    let own = is_named.then(Whole::built_in);
                    self.path.push(name);
                    self.name(member.key, member.key_offset);
                    self.node(&member.value, whole.or(own.as_ref()));
                    self.path.pop();
                }
            }
        }
    }

    /// Why the value at the path is redacted whole, if it is.
    fn whole(&self, within: Option<&Whole>) -> Option<Whole> {
        if let Some(within) = within {
            return Some(within.clone());
        }
        let selecting = self.wanted.own_rules().find(|rule| rule.selects(&self.path));
        if let Some(rule) = selecting {
            return Some(Whole { label: rule.label().into(), with: rule.rule.with.clone() });
        }
        let secret = self.path.last().is_some_and(|name| is_secret_member(name));
        secret.then(Whole::built_in)
    }

    fn number(&mut self, node: &Node<'_>, whole: Option<&Whole>) {
        let of_account = || {
            let plain = self.path.iter().rev().find(|step| !step.bytes().all(|byte| byte.is_ascii_digit()));
            self.wanted.accounts
                && plain.is_some_and(|name| account::is_member(name))
                && (9..=12).contains(&node.raw.len())
                && node.raw.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (shape, label, with) = match whole {
            Some(whole) => {
                let with = whole
                    .with
                    .clone()
                    .filter(|with| json::parse(with.as_bytes()).is_ok_and(|node| node.kind == Kind::Number));
                (Shape::Number, whole.label.clone(), with)
            }
            None if of_account() => (Shape::AccountNumber, ACCOUNT.into(), None),
            None => return,
        };
        if with.as_deref().map_or_else(|| shape.is_stand_in(node.raw), |with| with == node.raw) {
            return;
        }
        let (value, pointer) = (node.raw.to_owned(), self.pointer());
        self.hits.push(Hit { range: node.span(), value, shape, depth: 0, with, pointer, label });
    }

    fn string(&mut self, node: &Node<'_>, whole: Option<&Whole>) {
        let before = self.hits.len();
        self.string_text(&json::legible(node.raw), whole);
        if self.hits.len() == before {
            return;
        }
        // From places in the string's text to places in its spelling.
        let offsets = node.raw.contains('\\').then(|| json::offsets(node.raw));
        let place = |at: usize| match &offsets {
            Some(offsets) => node.offset + offsets.get(at).copied().unwrap_or_default(),
            None => node.offset + 1 + at,
        };
        let found = self.hits.split_off(before);
        self.hits.extend(found.into_iter().map(|hit| Hit { depth: hit.depth + 1, ..hit.moved(place) }));
    }

    /// What is in a string with this text; places are those in the text.
    fn string_text(&mut self, text: &str, whole: Option<&Whole>) {
        if text.is_empty() || (self.depth == 0 && (self.wanted.keep)(text)) {
            return;
        }
        if self.depth < DEEPEST
            && text.trim_start().starts_with(['{', '['])
            && let Ok(root) = json::parse(text.as_bytes())
        {
            self.depth += 1;
            self.node(&root, whole);
            self.depth -= 1;
            return;
        }
        let pointer = self.pointer();
        let Some(whole) = whole else {
            self.hits.extend(self.wanted.in_text(text, &pointer));
            return;
        };
        let (shape, with) = (Shape::of(text), whole.with.clone());
        if with.as_deref().map_or_else(|| shape.is_stand_in(text), |with| with == text) {
            // The account in an ARN is not what such a rule is for.
            if shape == Shape::Arn && with.is_none() {
                self.hits.extend(self.wanted.in_text(text, &pointer));
            }
            return;
        }
        let (range, value, label) = (0..text.len(), text.to_owned(), whole.label.clone());
        self.hits.push(Hit { range, value, shape, depth: 0, with, pointer, label });
    }

    /// What is in a member's name.
    fn name(&mut self, key: &str, offset: usize) {
        // Most names are short, and no built-in rule finds anything in those.
        let has_pattern = || self.wanted.own_rules().any(|rule| rule.regex.is_some());
        if key.len() < 8 && !self.wanted.accounts && !has_pattern() {
            return;
        }
        let found = self.wanted.in_text(&json::legible(key), &self.pointer());
        if !found.is_empty() {
            let offsets = json::offsets(key);
            let place = |at: usize| offset + offsets.get(at).copied().unwrap_or_default();
            self.hits.extend(found.into_iter().map(|hit| Hit { depth: hit.depth + 1, ..hit.moved(place) }));
        }
    }

    fn pointer(&self) -> String {
        let shown = |step: &String| {
            // A name can be a secret itself, and what tells of it is shown.
            let is_secret = !self.wanted.in_text(step, "").is_empty();
            if is_secret { "…".to_owned() } else { json::pointer_step(step) }
        };
        self.path.iter().map(|step| format!("/{}", shown(step))).collect()
    }
}
