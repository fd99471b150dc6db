//! What a text says is a secret, whatever it looks like: the value after a name, and an XML element of such a name.

use super::reference::{is_interpolation, is_masked, is_name};
use super::words::is_wordy;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// Names of what is always long, and a secret whatever stands there.
const KEYS: &str = "secret[_ -]?access[_ -]?key|secret[_ -]?key|session[_ -]?token|security[_ -]?token";

/// Names after which words are more often prose, or a program's.
const WORDS: &str = "pass[_-]?word|passwd|passphrase|pwd|api[_-]?key|client[_-]?secret|private[_-]?key\
                     |(?:access|refresh|auth|bearer)[_-]?token";

/// How long a value after one of [`KEYS`] is, at least, and after one of [`WORDS`].
const SHORTEST: [usize; 2] = [8, 6];

/// Nothing longer that goes on without a blank is anything else. What is no secret is gone through again for names in it, and
/// has to be short.
const LONGEST: usize = 256;

/// From this length on chance would have put a digit into a value, or something that is no word.
const LONG: usize = 20;

static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = format!(r#"(?i)(?:(?<key>{KEYS})|(?:{WORDS}))(?<named>\\*["'`]\]?)?"#);
    // A type in between, as in `secret_key: &str = "…"`.
    let is = r"(?:(?<typed>[ \t]*:[ \t]*)[&\w][\w.<>\[\]|' ]{0,40}[ \t]=[ \t]|\s*(?<sign>:=|=>|\|\|=|\?=|={1,3}|:|,))(?<blank>\s*)";
    let open = r"(?<open>(?:Some\(|[\[({<])*)";
    let quoted = r#"(?:[bruf]{0,2}\#*)(?:"(?<double>(?:[^"\\\s]|\\\S)+)"?|'(?<single>(?:[^'\\\s]|\\\S)+)'?|`(?<tick>[^`\s]+)`?|\\+["'](?<escaped>(?:[^"'\\\s]|\\+[^"'\\\s])+)(?:\\+["'])?)"#;
    let plain = r#"(?<plain>(?:\$\{[^\s"'`{}]*\}|\{\{[^\s"'`{}]*\}\}|[^\s"'`,;&<>()\[\]{}|\\]|\\[/u])+)"#;
    Regex::new(&format!("{name}{is}{open}(?:{quoted}|{plain})")).ok()
});

static ELEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let start = format!(r"(?i)(?:{KEYS}|{WORDS})(?:\s[^<>]*)?(?:>|&gt;)\s*(?:<!\[CDATA\[)?");
    Regex::new(&format!(r"{start}((?:[^\s<>&]|&(?:amp|quot|apos|#\w+);)+)(?:\]\]>)?\s*(?:<|&lt;)/")).ok()
});

/// Whether `text`, in lower case, could have one of the names.
pub(super) fn may_be_in(text: &str) -> bool {
    ["key", "token", "pass", "pwd", "secret"].iter().any(|part| text.contains(part))
}

/// Where such values are in `text`, in order.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(captures) = ASSIGNED.as_ref().and_then(|regex| regex.captures_at(text, at)) {
        let Some(value) = value(&captures) else { break };
        let name_end = captures.get(0).map_or(value.range.end, |all| all.start() + 1);
        // A name of names, as `AWS::ApiGateway::ApiKey`.
        let is_type = text.get(..name_end - 1).is_some_and(|before| before.ends_with("::"));
        let is_secret = !is_type && value.is_secret(text);
        at = if is_secret { value.range.end } else { name_end };
        found.extend(is_secret.then_some(value.range));
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    let elements = ELEMENT.iter().flat_map(|regex| regex.captures_iter(text)).filter_map(|captures| captures.get(1));
    let elements = elements.filter(|value| !is_interpolation(value.as_str()) && !is_masked(value.as_str()));
    found.extend(elements.map(|value| value.range()));
    found.sort_by_key(|range| range.start);
    found
}

/// How a value is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    /// All of what the quotes hold.
    Whole,
    /// The first word of it.
    Open,
}

/// What stands after a name.
struct Value<'t> {
    range: Range<usize>,
    quotes: Quotes,
    of_key: bool,
    sign: &'t str,
    /// Whether it stands on the name's line.
    is_beside: bool,
    is_name_quoted: bool,
    is_in_brackets: bool,
    /// Whether a type stands before it: then it is no text without quotes.
    is_typed: bool,
}

fn value<'t>(captures: &Captures<'t>) -> Option<Value<'t>> {
    let has = |name: &str| captures.name(name).is_some_and(|part| !part.is_empty());
    let quoted = ["double", "single", "tick", "escaped"].iter().find_map(|name| captures.name(name));
    let all = captures.get(0)?;
    let (range, quotes) = match quoted {
        Some(inner) if all.end() > inner.end() => (inner.range(), Quotes::Whole),
        Some(inner) => (inner.range(), Quotes::Open),
        None => {
            let plain = captures.name("plain")?;
            // The end of a sentence.
            let length = plain.as_str().trim_end_matches(['.', ':']).len();
            (plain.start()..plain.start() + length, Quotes::None)
        }
    };
    Some(Value {
        range,
        quotes,
        of_key: has("key"),
        sign: captures.name("sign").map_or("=", |sign| sign.as_str()),
        is_beside: captures.name("blank").is_none_or(|blank| !blank.as_str().contains('\n')),
        is_name_quoted: has("named"),
        is_in_brackets: has("open"),
        is_typed: has("typed"),
    })
}

impl Value<'_> {
    fn is_secret(&self, text: &str) -> bool {
        let value = text.get(self.range.clone()).unwrap_or_default();
        let rest = text.get(self.range.end..).unwrap_or_default();
        if value.len() > LONGEST {
            return true;
        }
        let shortest = if self.of_key { SHORTEST[0] } else { SHORTEST[1] };
        if value.len() < shortest || is_example(value) || is_interpolation(value) || is_masked(value) {
            return false;
        }
        let is_mixed = is_mixed(value);
        match self.quotes {
            // The last two of what a function is given.
            Quotes::Whole if self.sign == "," => self.is_name_quoted && is_mixed && !is_wordy(value) && is_last(rest),
            // A member of what is called so.
            Quotes::Whole if self.is_in_brackets && is_before_value(rest) => false,
            Quotes::Whole => !is_name_of_one(value) && (self.of_key || (is_mixed && !is_location(value))),
            Quotes::Open => is_mixed,
            Quotes::None if matches!(self.sign, "," | "==" | "===") || self.is_typed || value.starts_with(':') => false,
            Quotes::None if is_name(value, rest) || is_location(value) || is_number(value) => false,
            Quotes::None if !self.is_beside || self.is_in_brackets => is_mixed,
            Quotes::None if self.sign == ":" && !is_mixed && is_wordy(value) && is_prose(rest) => false,
            Quotes::None => is_mixed || (self.of_key && value.bytes().all(is_of_token)),
        }
    }
}

/// Whether it is one of those that AWS prints.
fn is_example(text: &str) -> bool {
    text.contains("EXAMPLE") || text == "STRING_VALUE"
}

/// Whether `text` is no more than such a name itself, as where names are listed.
fn is_name_of_one(text: &str) -> bool {
    static NAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("^(?i)(?:x[_-]?amz[_-]?|aws[_-]?)?(?:{KEYS}|{WORDS})$")).ok());
    NAME.as_ref().is_some_and(|name| name.is_match(text))
}

/// Whether `text` has digits as no word has, is a number, or is long and made of no words.
pub(super) fn is_mixed(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(&kind);
    let has_other = has(|byte| byte.is_ascii_alphabetic() || b"!@#$%^*+~".contains(byte));
    let is_number = || text.bytes().all(|byte| byte.is_ascii_digit());
    let is_long = || text.len() >= LONG && text.bytes().all(is_of_token);
    let words = || text.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    (has(u8::is_ascii_digit) && (has_other || is_number()))
        || (is_long() && has(u8::is_ascii_alphabetic) && !is_wordy(&words()))
}

/// Whether `text` is a path or an address.
fn is_location(text: &str) -> bool {
    let is_step = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || is_wordy(step);
    text.contains("://") || (text.matches('/').count() > 1 && text.split('/').all(|step| step == "~" || is_step(step)))
}

/// Whether a list ends before `rest`, a quote aside.
fn is_last(rest: &str) -> bool {
    rest.trim_start_matches(['\\', '"', '\'', '`']).trim_start().starts_with(')')
}

/// Whether `text` is a number that people do not write.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() <= 16);
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether what ended at `rest`, a quote aside, is a name.
fn is_before_value(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['\\', '"', '\'', '`']).trim_start();
    rest.starts_with(':') || rest.starts_with('=')
}

/// Whether a sentence goes on with `rest`.
fn is_prose(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['.', ',', ':']);
    rest.starts_with(' ') && rest.trim_start_matches(' ').starts_with(|c: char| c.is_alphanumeric())
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=' | b'_' | b'%' | b'.' | b'~' | b'-')
}

#[cfg(test)]
mod tests;
