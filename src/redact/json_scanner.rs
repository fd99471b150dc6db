//! Finds what to redact in JSON, and in JSON inside its strings.

use super::account;
use super::patterns;
use super::scanner::{ACCOUNT, ScanMatch, Scanner};
use super::table::is_secret_member;
use super::value_kind::ValueKind;
use crate::json::{self, Kind, Member, Node};
use crate::wire;
use std::borrow::Cow;

/// How deep JSON may stand in strings of JSON in strings.
const DEEPEST: usize = 4;

impl Scanner<'_> {
    /// Everything to redact in a body: JSON, another text, or bytes with texts in between. In order of place.
    pub(super) fn find_in_bytes(&self, bytes: &[u8]) -> Vec<ScanMatch> {
        if !self.may_concern(bytes) {
            return Vec::new();
        }
        if let Ok(root) = json::parse(bytes) {
            let mut search = JsonSearch::new(self);
            search.add_json(&root, None);
            return search.matches;
        }
        let (mut matches, mut at) = (Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            let found = self.find_in_text(chunk.valid(), "").into_iter();
            matches.extend(found.map(|found| found.moved(|place| place + at)));
            at += chunk.valid().len() + chunk.invalid().len();
        }
        matches
    }

    /// Everything to redact in a body whatever its notation; of XML and CBOR the places are those in each string.
    pub(super) fn find_in_body(&self, body: &[u8]) -> Vec<ScanMatch> {
        match wire::leaves(body).filter(|leaves| leaves.iter().all(|leaf| !leaf.path.is_empty())) {
            Some(leaves) => leaves.iter().flat_map(|leaf| self.find_at(&leaf.path, &leaf.text)).collect(),
            None => self.find_in_bytes(body),
        }
    }

    /// Everything to redact in the value of a parameter that came as text.
    pub(super) fn find_in_parameter(&self, name: &str, text: &str) -> Vec<ScanMatch> {
        self.find_at(&[Cow::Borrowed(name)], text)
    }

    /// Everything to redact in a string that these members and indexes lead to.
    pub(super) fn find_at(&self, path: &[Cow<'_, str>], text: &str) -> Vec<ScanMatch> {
        let mut search = JsonSearch::new(self);
        search.path.extend(path.iter().map(|name| name.clone().into_owned()));
        let redacted = search.redacted_whole(None);
        search.add_string_text(text, redacted.as_ref());
        search.matches
    }
}

/// Why a whole value is redacted, and with what.
#[derive(Clone)]
struct RedactedWhole {
    label: Cow<'static, str>,
    with: Option<String>,
}

impl RedactedWhole {
    /// The name says that it is a secret.
    fn by_name() -> Self {
        Self { label: patterns::MEMBER.into(), with: None }
    }
}

/// What holds for everything in a value.
#[derive(Clone, Default)]
struct Inherited {
    redacted: Option<RedactedWhole>,
    /// The names, in lower case, of the members that are secrets because others beside them say so.
    named_beside: Vec<String>,
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

/// A search through JSON: the path to the value that it is at, and what it has found.
struct JsonSearch<'s, 'r> {
    scanner: &'s Scanner<'r>,
    /// The names and indexes that lead to the value, through JSON in strings too.
    path: Vec<String>,
    /// In how many strings the value is.
    depth: usize,
    matches: Vec<ScanMatch>,
}

impl<'s, 'r> JsonSearch<'s, 'r> {
    const fn new(scanner: &'s Scanner<'r>) -> Self {
        Self { scanner, path: Vec::new(), depth: 0, matches: Vec::new() }
    }

    fn add_json(&mut self, root: &Node<'_>, redacted: Option<&RedactedWhole>) {
        let base = self.path.len();
        let context = Inherited { redacted: redacted.cloned(), named_beside: Vec::new() };
        root.walk(&context, &mut |path, node, inherited| {
            let mut redacted = inherited.redacted.clone();
            if let Some(step) = path.steps().last() {
                self.path.truncate(base + path.steps().len() - 1);
                let name = step.text().into_owned();
                if self.depth == 0 && self.path.is_empty() && path.member().is_some() && (self.scanner.skip)(&name) {
                    return None;
                }
                let is_named = inherited.named_beside.iter().any(|secret| secret.eq_ignore_ascii_case(&name));
                self.path.push(name);
                path.member().into_iter().for_each(|member| self.add_name(member));
                redacted = redacted.or_else(|| is_named.then(RedactedWhole::by_name));
            }
            let redacted = self.redacted_whole(redacted.as_ref());
            let mut named_beside = Vec::new();
            match &node.kind {
                Kind::Number => self.add_number(node, redacted.as_ref()),
                Kind::String => self.add_string(node, redacted.as_ref()),
                Kind::Object(members) => named_beside = self.secrets_beside(members),
                Kind::Null | Kind::Bool(_) | Kind::Array(_) => {}
            }
            Some(Inherited { redacted, named_beside })
        });
        self.path.truncate(base);
    }

    /// The names, in lower case, of the members that are secrets because others beside them say so.
    fn secrets_beside(&self, members: &[Member<'_>]) -> Vec<String> {
        let mut named = secrets_named_beside(members);
        if self.scanner.secrets.beside.is_some() {
            let texts = members.iter().filter_map(|member| member.value.text());
            named.extend(texts.filter_map(|text| Some(self.scanner.secrets.beside(&text)?.to_ascii_lowercase())));
        }
        named
    }

    /// Why the value at the path is redacted whole, if it is; `within` is why what holds it is.
    fn redacted_whole(&self, within: Option<&RedactedWhole>) -> Option<RedactedWhole> {
        if let Some(within) = within {
            return Some(within.clone());
        }
        let selecting = self.scanner.own_rules().find(|rule| rule.selects(&self.path));
        if let Some(rule) = selecting {
            return Some(RedactedWhole { label: rule.label().into(), with: rule.rule.with.clone() });
        }
        let is_secret = self.path.last().is_some_and(|name| is_secret_member(name) || self.scanner.secrets.has(name));
        is_secret.then(RedactedWhole::by_name)
    }

    fn add_number(&mut self, node: &Node<'_>, redacted: Option<&RedactedWhole>) {
        let is_account = || {
            let name = self.path.iter().rev().find(|step| !step.bytes().all(|byte| byte.is_ascii_digit()));
            self.scanner.accounts
                && name.is_some_and(|name| account::is_account_member(name))
                && (9..=12).contains(&node.raw.len())
                && node.raw.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_number = |text: &String| json::parse(text.as_bytes()).is_ok_and(|node| node.kind == Kind::Number);
        let (kind, label, with) = match redacted {
            Some(whole) => (ValueKind::Number, whole.label.clone(), whole.with.clone().filter(is_number)),
            None if is_account() => (ValueKind::AccountNumber, ACCOUNT.into(), None),
            None => return,
        };
        if with.as_deref().map_or_else(|| kind.is_pseudonym(node.raw), |with| with == node.raw) {
            return;
        }
        let (value, pointer) = (node.raw.to_owned(), self.pointer());
        self.matches.push(ScanMatch { range: node.span(), value, kind, depth: 0, with, pointer, label });
    }

    fn add_string(&mut self, node: &Node<'_>, redacted: Option<&RedactedWhole>) {
        let before = self.matches.len();
        self.add_string_text(&json::legible(node.raw), redacted);
        if self.matches.len() == before {
            return;
        }
        // From places in the string's text to places in its spelling.
        let offsets = node.raw.contains('\\').then(|| json::offsets(node.raw));
        let place = |at: usize| match &offsets {
            Some(offsets) => node.offset + offsets.get(at).copied().unwrap_or_default(),
            None => node.offset + 1 + at,
        };
        let found = self.matches.split_off(before);
        self.matches.extend(found.into_iter().map(|found| ScanMatch { depth: found.depth + 1, ..found.moved(place) }));
    }

    /// Adds what is in a string with this text; places are those in the text.
    fn add_string_text(&mut self, text: &str, redacted: Option<&RedactedWhole>) {
        if text.is_empty() || (self.depth == 0 && (self.scanner.keep)(text)) {
            return;
        }
        if self.depth < DEEPEST
            && text.trim_start().starts_with(['{', '['])
            && let Ok(root) = json::parse(text.as_bytes())
        {
            self.depth += 1;
            self.add_json(&root, redacted);
            self.depth -= 1;
            return;
        }
        let pointer = self.pointer();
        let Some(whole) = redacted else {
            self.matches.extend(self.scanner.find_in_text(text, &pointer));
            return;
        };
        let (kind, with) = (ValueKind::detect(text), whole.with.clone());
        if with.as_deref().map_or_else(|| kind.is_pseudonym(text), |with| with == text) {
            // The account in an ARN is not what such a rule is for.
            if kind == ValueKind::Arn && with.is_none() {
                self.matches.extend(self.scanner.find_in_text(text, &pointer));
            }
            return;
        }
        let (range, value, label) = (0..text.len(), text.to_owned(), whole.label.clone());
        self.matches.push(ScanMatch { range, value, kind, depth: 0, with, pointer, label });
    }

    /// Adds what is in the member's name.
    fn add_name(&mut self, member: &Member<'_>) {
        // Most names are short, and no built-in rule finds anything in those.
        let has_pattern = || self.scanner.own_rules().any(|rule| rule.regex.is_some());
        if member.key.len() < 8 && !self.scanner.accounts && !has_pattern() {
            return;
        }
        let found = self.scanner.find_in_text(&json::legible(member.key), &self.pointer());
        if !found.is_empty() {
            let offsets = json::offsets(member.key);
            let place = |at: usize| member.key_offset + offsets.get(at).copied().unwrap_or_default();
            self.matches
                .extend(found.into_iter().map(|found| ScanMatch { depth: found.depth + 1, ..found.moved(place) }));
        }
    }

    /// The JSON pointer to the value.
    fn pointer(&self) -> String {
        let shown = |step: &String| {
            // A name can be a secret itself, and pointers are shown to people.
            let is_secret = !self.scanner.find_in_text(step, "").is_empty();
            if is_secret { "…".to_owned() } else { json::pointer_step(step) }
        };
        self.path.iter().map(|step| format!("/{}", shown(step))).collect()
    }
}
