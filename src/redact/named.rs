//! Finds secrets by a name before them: `password=…`, `"secretKey": "…"`, `<SessionToken>…</SessionToken>`.
//!
//! Texts in cassettes are the messages of errors, documents inside strings, and what people name and tag. This is no search
//! through programs: what a source code says of a credential is for scanners such as gitleaks.

use super::secret_key::case_switches;
use super::table::{TABLE, is_secret_member};
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// The shortest value after the name of a key, and after that of a password.
const SHORTEST: [usize; 2] = [8, 6];
/// Nothing longer without a blank is anything but a secret. What is not a secret is searched for names again, so it has to be
/// short.
const LONGEST: usize = 256;
/// From this length on chance would have put a digit into a value, or capital letters between small ones.
const LONG: usize = 20;

static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = format!(r#"(?i)(?:(?<key>{})|(?:{}))(?:\\*["'`]\]?)?"#, keys(), passwords());
    let sign = r"\s*(?<sign>[:=]{1,3}>?)(?<blank>\s*)(?<brackets>[\[({<]*)";
    let quoted = r#""(?<double>(?:[^"\\\s]|\\\S)+)"?|'(?<single>(?:[^'\\\s]|\\\S)+)'?|`(?<tick>[^`\s]+)`?|\\+["'](?<escaped>(?:[^"'\\\s]|\\+[^"'\\\s])+)(?:\\+["'])?"#;
    let plain = r#"(?<plain>(?:\$\{[^\s"'`{}]*\}|\{\{[^\s"'`{}]*\}\}|[^\s"'`,;&<>()\[\]{}|\\]|\\[/u])+)"#;
    Regex::new(&format!("{name}{sign}(?:{quoted}|{plain})")).ok()
});

static ELEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let start = format!(r"(?i)(?:{}|{})(?:\s[^<>]*)?(?:>|&gt;)\s*(?:<!\[CDATA\[)?", keys(), passwords());
    Regex::new(&format!(r"{start}((?:[^\s<>&]|&(?:amp|quot|apos|#\w+);)+)(?:\]\]>)?\s*(?:<|&lt;)/")).ok()
});

/// What a text with such a name in it has, as a regular expression.
pub(super) fn name_hint() -> String {
    format!("(?i-u:{}|{})", keys(), passwords())
}

fn keys() -> String {
    alternatives(&TABLE.names.keys, "[_ -]?")
}

fn passwords() -> String {
    alternatives(&TABLE.names.passwords, "[_-]?")
}

fn alternatives(names: &[String], space: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| name.replace(' ', space)).collect();
    names.join("|")
}

/// Where in `text` the values are that it names as secrets, in order.
pub(super) fn find_named(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(captures) = ASSIGNED.as_ref().and_then(|regex| regex.captures_at(text, at)) {
        let (Some(all), Some(value)) = (captures.get(0), NamedValue::new(&captures)) else { break };
        let is_secret = value.is_secret(text);
        at = if is_secret { value.range.end } else { all.start() + 1 };
        found.extend(is_secret.then_some(value.range));
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    let elements = ELEMENT.iter().flat_map(|regex| regex.captures_iter(text)).filter_map(|captures| captures.get(1));
    found.extend(elements.filter(|value| !is_placeholder(value.as_str())).map(|value| value.range()));
    found.sort_by_key(|range| range.start);
    found
}

/// A value after the name of a secret, and how it is written.
struct NamedValue {
    range: Range<usize>,
    /// Whether the name is that of a key: then words are secrets too.
    of_key: bool,
    /// Whether a quote opens it and one closes it.
    is_quoted: bool,
    is_in_brackets: bool,
    /// Whether it stands after a colon on the same line, as prose does.
    is_after_colon: bool,
    /// Whether it stands on another line than its name.
    is_below: bool,
}

impl NamedValue {
    fn new(captures: &Captures<'_>) -> Option<Self> {
        let has = |name: &str| captures.name(name).is_some_and(|part| !part.is_empty());
        let quoted = ["double", "single", "tick", "escaped"].iter().find_map(|name| captures.name(name));
        let range = match quoted {
            Some(inner) => inner.range(),
            None => {
                let plain = captures.name("plain")?;
                // The end of a sentence.
                plain.start()..plain.start() + plain.as_str().trim_end_matches(['.', ':']).len()
            }
        };
        Some(Self {
            of_key: has("key"),
            is_quoted: quoted.is_some_and(|inner| captures.get(0).is_some_and(|all| all.end() > inner.end())),
            is_in_brackets: has("brackets"),
            is_after_colon: captures.name("sign").is_some_and(|sign| sign.as_str() == ":"),
            is_below: captures.name("blank").is_some_and(|blank| blank.as_str().contains('\n')),
            range,
        })
    }

    fn is_secret(&self, text: &str) -> bool {
        let value = text.get(self.range.clone()).unwrap_or_default();
        let rest = text.get(self.range.end..).unwrap_or_default();
        if value.len() > LONGEST {
            return true;
        }
        let shortest = if self.of_key { SHORTEST[0] } else { SHORTEST[1] };
        if value.len() < shortest || is_example(value) || is_placeholder(value) {
            return false;
        }
        if self.is_quoted && self.is_in_brackets && is_name(rest) {
            return false;
        }
        if is_mixed(value) {
            return true;
        }
        let is_prose = self.is_after_colon && is_word(value) && continues(rest);
        let stands_alone = self.is_quoted || !(self.is_in_brackets || self.is_below || is_prose);
        // The name of another secret says where that is, not what.
        self.of_key && stands_alone && !is_secret_member(value)
    }
}

/// Whether `text` is one of the keys that AWS prints in its manuals.
fn is_example(text: &str) -> bool {
    text.contains("EXAMPLE") || text == "STRING_VALUE"
}

/// Whether `text` only says where a value goes, or that it was taken out: `${TOKEN}`, `<password>`, `%s`, `********`.
pub(super) fn is_placeholder(text: &str) -> bool {
    const BRACKETS: [(&str, &str); 6] = [("$", ""), ("{", "}"), ("<", ">"), ("[", "]"), ("#{", "}"), ("%", "")];
    let mut characters = text.chars();
    let first = characters.next().filter(|first| !first.is_ascii_digit());
    if text.len() > 2 && characters.all(|other| Some(other) == first) {
        return true;
    }
    let inner = text.strip_suffix(")s").unwrap_or(text).trim_matches(|c: char| "${}<>[]%#()".contains(c));
    let is_name = inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/-=".contains(&byte));
    let is_open = |(start, end): &(&str, &str)| text.starts_with(start) && text.ends_with(end);
    // A variable can be numbered; what is given for want of it can be the secret: `${TOKEN:-hunter2}`.
    let digits = || inner.bytes().filter(u8::is_ascii_digit).count();
    let is_variable = || text.starts_with("${") && !inner.contains(['-', '=']) && digits() <= 2;
    BRACKETS.iter().any(is_open) && is_name && (inner.len() <= 2 || !is_mixed(inner) || is_variable())
}

/// Whether `text` has digits as no word has, is a number, or is so long that it would have, and made of no words.
pub(super) fn is_mixed(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(&kind);
    let has_other = has(|byte| byte.is_ascii_alphabetic() || b"!@#$%^*+~".contains(byte));
    let is_number = || text.bytes().all(|byte| byte.is_ascii_digit());
    let is_random = || {
        let is_long_run = |run: &[u8]| run.len() > LONG && run.iter().all(u8::is_ascii_alphabetic);
        let mut runs = text.as_bytes().split(|byte| !byte.is_ascii_alphabetic());
        text.len() >= LONG
            && text.bytes().all(is_of_token)
            && (case_switches(text) * 5 >= text.len() || runs.any(is_long_run))
    };
    (has(u8::is_ascii_digit) && (has_other || is_number())) || is_random()
}

const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=' | b'_' | b'%' | b'.' | b'~' | b'-')
}

/// Whether `text` is written as a word of a sentence.
fn is_word(text: &str) -> bool {
    text.len() < LONG && text.bytes().skip(1).all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Whether a sentence continues with `rest`.
fn continues(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['.', ',', ':']);
    rest.starts_with(' ') && rest.trim_start_matches(' ').starts_with(|c: char| c.is_alphanumeric())
}

/// Whether what ends before `rest`, a quote aside, is a name itself.
fn is_name(rest: &str) -> bool {
    rest.trim_start_matches(['\\', '"', '\'', '`']).trim_start().starts_with([':', '='])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find_named(text).into_iter().filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn the_expressions_are_some() {
        assert!(ASSIGNED.is_some() && ELEMENT.is_some());
    }

    #[test]
    fn a_key_after_its_name_is_found_however_that_is_written() {
        for (text, secret) in [
            ("session_token=hvs.CAESIJlU02LQZqB7cCk3vK1o", "hvs.CAESIJlU02LQZqB7cCk3vK1o"),
            ("secret_key = \"v1.Xk39dsq0LmZ2pQ8wRt5YnB7c\"", "v1.Xk39dsq0LmZ2pQ8wRt5YnB7c"),
            ("secret_key=aB3dE5fG7hJ9.rS5tU7vW9xY1zX3", "aB3dE5fG7hJ9.rS5tU7vW9xY1zX3"),
            ("secret_key = \"correct.horse\"", "correct.horse"),
            ("secretKey := `correct.horse`", "correct.horse"),
            ("'secret_key' => 'correct.horse'", "correct.horse"),
            ("{\\\"secret_key\\\": \\\"ab\\/c.dE1fG2\\\"}", "ab\\/c.dE1fG2"),
            ("secret_key=\"ab\\\"cd1efgh\"", "ab\\\"cd1efgh"),
            ("Secret access key: hunter2hunter2.", "hunter2hunter2"),
            ("secret_key:\n  aB3dE5fG7hJ9kL", "aB3dE5fG7hJ9kL"),
            ("secret_key: session_token=aB3dE5fG7hJ9kL", "session_token=aB3dE5fG7hJ9kL"),
            ("secret_key=${SECRET_KEY:-hunter22}", "${SECRET_KEY:-hunter22}"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }

    #[test]
    fn a_placeholder_a_sentence_and_another_name_are_no_keys() {
        for text in [
            "secret_key = \"${var.db_secret}\"",
            "secret_key: {{ vault.secret_key }}",
            "secret_key=<YOUR-SECRET-KEY>",
            "SECRET_KEY = 'AWS_SECRET_ACCESS_KEY'",
            "secret_key = settings.SECRET_KEY",
            "securityToken: Optional. A token for the connection",
            "SECRET_KEY=****************",
            "\"SecretAccessKey\": {\"documentation\": 1}",
            "the security token included in the request is expired",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_password_in_a_text_is_found_where_it_is_no_word() {
        for (text, secret) in [
            ("login failed: password=hunter2 for jane", "hunter2"),
            ("Server=db;User Id=sa;Pwd=hunter2!x;", "hunter2!x"),
            ("password: P@ssw0rd!", "P@ssw0rd!"),
            ("\"password\": \"k]6/s&R}v\"", "k]6/s&R}v"),
            ("passwd='hunter2'", "hunter2"),
            ("api_key=4f9a8b7c6d5e", "4f9a8b7c6d5e"),
            ("password=123456", "123456"),
            ("password: hunter2 for jane", "hunter2"),
            ("user=[jane], password=[hunter2]", "hunter2"),
            ("password: 'hunter2 ", "hunter2"),
            ("<p>password=hunter2<br>", "hunter2"),
            ("auth_token=QxZbTrKwPqLmQxZbTrKw", "QxZbTrKwPqLmQxZbTrKw"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
        for text in [
            "password: must have 8 characters",
            "password: string",
            "password=\"${DB_PASSWORD_2}\"",
            "password=%(password)s",
            "the password is wrong: try again in 60s",
            "password: redacted",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn an_element_with_such_a_name_is_one() {
        for (text, secret) in [
            ("<SecretAccessKey>x</SecretAccessKey>", "x"),
            ("<a:DbPassword type='b'>\n  hunter </a:DbPassword>", "hunter"),
            ("<SessionToken><![CDATA[abc]]></SessionToken>", "abc"),
            ("&lt;password&gt;a&amp;b&lt;/password&gt;", "a&amp;b"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
        for text in ["<password>${env.DB}</password>", "<Password>your own one</Password>", "<password></password>"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn usual_placeholders_are_some() {
        for text in [
            "${TOKEN}",
            "${var.token}",
            "${{secrets.AWS_KEY}}",
            "{{password}}",
            "{0}",
            "{}",
            "%(password)s",
            "%s",
            "$PASSWORD",
            "%DB_PASSWORD%",
            "<password>",
            "<your-secret-key>",
            "[REDACTED]",
            "${env:TOKEN}",
            "********",
            "xxxxxxxx",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "${aB3dE5fG7hJ9kL1mN3pQ}",
            "${TOKEN:-aB3dE5fG7hJ9kL1mN3pQ}",
            "%aB3dE5fG7hJ9kL1mN3pQ%",
            "<aB3dE5fG7hJ9kL1mN3pQ>",
            "$aB3dE5fG7hJ9kL1mN3pQ",
            "{{aB3dE5fG7hJ9kL1mN3pQ}}",
            "${TOKEN:-hunter2}",
            "<hunter2>",
            "$hunter2",
            "11111111",
            "xxxxy",
            "x",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_text_with_a_name_again_and_again_is_searched_once() {
        let often = |text: &str| text.repeat((1 << 18) / text.len());
        // Not in minutes, as when what follows each name were searched to its end.
        for text in ["password=", "secret_key=!", "session_token=\\u"] {
            assert_eq!(find_named(&often(text)).len(), 1, "{text}");
        }
        assert!(find_named(&often("secret_key=(")).is_empty() && find_named(&often("<SecretKey ")).is_empty());
    }
}
