//! What a text says is a secret, whatever it looks like: the value after a name.

use super::reference::{is_interpolation, is_masked, is_name};
use super::words::is_wordy;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// Names of what is always long, and a secret whatever stands there.
const KEYS: &str = "secret[_ -]?access[_ -]?key|secret[_ -]?key|session[_ -]?token|security[_ -]?token";

/// How long a value after such a name is, at least.
const SHORTEST: usize = 8;

static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = format!(r#"(?i)(?:{KEYS})(?<named>\\*["'`]\]?)?"#);
    // A type in between, as in `secret_key: &str = "…"`.
    let is = r"(?:(?<typed>[ \t]*:[ \t]*)[&\w][\w.<>\[\]|' ]{0,40}[ \t]=[ \t]|\s*(?<sign>:=|=>|\|\|=|\?=|={1,3}|:|,))(?<blank>\s*)";
    let open = r"(?<open>(?:Some\(|[\[({<])*)";
    let quoted = r#"(?:[bruf]{0,2}\#*)(?:"(?<double>(?:[^"\\\s]|\\\S)+)"?|'(?<single>(?:[^'\\\s]|\\\S)+)'?|`(?<tick>[^`\s]+)`?|\\+["'](?<escaped>(?:[^"'\\\s]|\\+[^"'\\\s])+)(?:\\+["'])?)"#;
    let plain = r#"(?<plain>(?:\$\{[^\s"'`{}]*\}|\{\{[^\s"'`{}]*\}\}|[^\s"'`,;&<>()\[\]{}|\\]|\\[/u])+)"#;
    Regex::new(&format!("{name}{is}{open}(?:{quoted}|{plain})")).ok()
});

/// Whether `text`, in lower case, could have one of the names.
pub(super) fn may_be_in(text: &str) -> bool {
    ["key", "token"].iter().any(|part| text.contains(part))
}

/// Where such values are in `text`.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(captures) = ASSIGNED.as_ref().and_then(|regex| regex.captures_at(text, at)) {
        let Some(value) = value(&captures) else { break };
        let name_end = captures.get(0).map_or(value.range.end, |all| all.start() + 1);
        let is_secret = value.is_secret(text);
        at = if is_secret { value.range.end } else { name_end };
        found.extend(is_secret.then_some(value.range));
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
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
        if value.len() < SHORTEST || is_example(value) || is_interpolation(value) || is_masked(value) {
            return false;
        }
        let is_mixed = is_mixed(value);
        match self.quotes {
            // The last two of what a function is given.
            Quotes::Whole if self.sign == "," => self.is_name_quoted && is_mixed && !is_wordy(value) && is_last(rest),
            Quotes::Whole => !is_name_of_one(value),
            Quotes::Open => is_mixed && !is_wordy(value),
            Quotes::None if matches!(self.sign, "," | "==" | "===") || self.is_typed || value.starts_with(':') => false,
            Quotes::None if is_name(value, rest) || is_location(value) || is_number(value) => false,
            Quotes::None if !self.is_beside || self.is_in_brackets => is_mixed && !is_wordy(value),
            Quotes::None if self.sign == ":" && is_wordy(value) && is_prose(rest) => false,
            Quotes::None => is_mixed || value.bytes().all(is_of_token),
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
        LazyLock::new(|| Regex::new(&format!("^(?i)(?:x[_-]?amz[_-]?|aws[_-]?)?(?:{KEYS})$")).ok());
    NAME.as_ref().is_some_and(|name| name.is_match(text))
}

/// Whether letters, digits and signs stand together in `text` as in no word, or it is a number.
fn is_mixed(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(&kind);
    let has_sign = has(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'*' | b'+' | b'~'));
    let has_letter = has(u8::is_ascii_alphabetic);
    has(u8::is_ascii_digit) && (has_letter || has_sign || text.bytes().all(|byte| byte.is_ascii_digit()))
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

/// Whether a sentence goes on with `rest`.
fn is_prose(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['.', ',', ':']);
    rest.starts_with(' ') && rest.trim_start_matches(' ').starts_with(|c: char| c.is_alphanumeric())
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=' | b'_' | b'%' | b'.' | b'~' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        values(text).into_iter().filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn the_expressions_are_some() {
        assert!(ASSIGNED.is_some() && is_name_of_one("aws_secret_access_key"));
    }

    #[test]
    fn a_secret_after_its_name_is_found_however_that_is_written() {
        for (text, secret) in [
            ("session_token=hvs.CAESIJlU02LQZqB7cCk3vK1o", "hvs.CAESIJlU02LQZqB7cCk3vK1o"),
            ("secret_key = \"v1.Xk39dsq0LmZ2pQ8wRt5YnB7c\"", "v1.Xk39dsq0LmZ2pQ8wRt5YnB7c"),
            ("secret_key=aB3dE5fG7hJ9.rS5tU7vW9xY1zX3", "aB3dE5fG7hJ9.rS5tU7vW9xY1zX3"),
            ("secret_key = \"correct.horse\"", "correct.horse"),
            ("let secret_key: &'static str = \"correct.horse\";", "correct.horse"),
            ("secretKey := `correct.horse`", "correct.horse"),
            ("'secret_key' => 'correct.horse'", "correct.horse"),
            ("os.environ['SECRET_KEY'] = b'correct.horse'", "correct.horse"),
            ("{\\\"secret_key\\\": \\\"ab\\/c.dE1fG2\\\"}", "ab\\/c.dE1fG2"),
            ("secret_key=\"ab\\\"cd1efgh\"", "ab\\\"cd1efgh"),
            ("Secret access key: hunter2hunter2.", "hunter2hunter2"),
            ("session_token: Some(\"abcd-efgh\")", "abcd-efgh"),
            ("setenv(\"SECRET_KEY\", \"aB3dE5fG7\")", "aB3dE5fG7"),
            ("secret_key:\n  aB3dE5fG7hJ9kL", "aB3dE5fG7hJ9kL"),
            ("secret_key: session_token=aB3dE5fG7hJ9kL", "session_token=aB3dE5fG7hJ9kL"),
            ("secret_key=${SECRET_KEY:-hunter22}", "${SECRET_KEY:-hunter22}"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }

    #[test]
    fn what_programs_and_manuals_say_there_is_none() {
        for text in [
            "secret_key = settings.SECRET_KEY",
            "secretKey: process.env.X,",
            "secret_key = var.db_secret\n",
            "aws_secret_access_key=aws_secret_access_key,",
            "secret_key=random_alphanumeric(40)",
            "\"aws_session_token\": credentials[\"SessionToken\"]",
            "secret_key = \"${var.db_secret}\"",
            "secret_key: {{ vault.secret_key }}",
            "secret_key=<YOUR-SECRET-KEY>",
            "SECRET_KEY = 'AWS_SECRET_ACCESS_KEY'",
            "session_token: Zeroizing<Option<String>>",
            "secret_access_key: SecretString,",
            "securityToken: Optional. A token for the connection",
            "SecretKey:\n    description: |-",
            "data.SecretAccessKey === undefined",
            "SECRET_KEY=****************",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
