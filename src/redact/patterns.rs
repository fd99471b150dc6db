//! The built-in patterns: secrets that are known by their form, wherever they are.

use super::named::{find_named, is_mixed, is_placeholder, name_hint};
use super::secret_key::{find_secret_keys, is_random};
use super::table::{TABLE, TokenForm};
use super::value_kind::ValueKind;
use regex::{Regex, bytes};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// The label of e-mail addresses, which are looked for in what was recorded only.
pub(super) const EMAIL: &str = "e-mail address";

/// The label of what a name says is a secret.
pub(super) const MEMBER: &str = "credential";

/// A kind of secret, and how it is found.
struct Pattern {
    label: &'static str,
    /// A regular expression of what every text with such a secret has.
    hint: Cow<'static, str>,
    search: Search,
    /// The kind of its pseudonyms.
    kind: ValueKind,
    /// Whether what was found is one after all.
    is_secret: fn(&str) -> bool,
    /// The expression of [`Search::Regex`], compiled for the first text that has the hint.
    compiled: OnceLock<Option<Regex>>,
}

/// How a secret is found in a text.
enum Search {
    /// By a regular expression. Its first group is the secret, without groups all of it.
    Regex(&'static str),
    /// By the name before it.
    Name,
    /// By how mixed it is: a secret access key.
    SecretKey,
}

impl Pattern {
    fn new(label: &'static str, hint: impl Into<Cow<'static, str>>, search: Search) -> Self {
        let (hint, compiled) = (hint.into(), OnceLock::new());
        Self { label, hint, search, kind: ValueKind::Text, is_secret: |_| true, compiled }
    }

    fn regex(label: &'static str, hint: &'static str, regex: &'static str) -> Self {
        Self::new(label, hint, Search::Regex(regex))
    }

    fn token(form: &'static TokenForm) -> Self {
        let starts: Vec<String> = form.starts.iter().map(|start| regex::escape(start)).collect();
        Self::new(&form.label, starts.join("|"), Search::Regex(&form.pattern))
    }
}

/// In order of precedence.
static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let mut patterns = vec![
        Pattern::regex(
            "private key",
            "PRIVATE[ +]KEY",
            r"-----BEGIN[ +][A-Z +]*PRIVATE[ +]KEY(?:[ +]BLOCK)?-----(?s:.*?)(?:-----END[ +][A-Z +]*PRIVATE[ +]KEY(?:[ +]BLOCK)?-----|$)",
        ),
        Pattern::regex("JSON web token", "eyJ", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
    ];
    patterns.extend(TABLE.tokens.iter().map(Pattern::token));
    patterns.extend([
        // What follows the scheme of an `Authorization`, and Azure's keys and signatures.
        Pattern {
            is_secret: is_credential,
            ..Pattern::regex(
                MEMBER,
                "(?i-u:bearer|basic[ ]|authorization|(?:account|access)key=|[?&;]sig=)",
                concat!(
                    r#"(?i:\b(?:bearer|basic|authorization["']?\s*[:=]\s*["']?token)\s+"#,
                    r"|(?:account|sharedaccess)key=|[?&;]sig=)([A-Za-z0-9._~+/=-]{12,})",
                ),
            )
        },
        Pattern::regex("signature", "(?i-u:signature)", r#"(?i)signature["']?\s*[=:]\s*["']?([0-9a-f]{64})"#),
        Pattern {
            is_secret: is_random,
            ..Pattern::regex(
                "session token",
                "FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz|AQoDYXdz",
                r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9/+=_%-]{16,}",
            )
        },
        Pattern::new(MEMBER, name_hint(), Search::Name),
        Pattern {
            kind: ValueKind::KeyId,
            is_secret: |id| !is_example(id),
            ..Pattern::regex("access key id", "A(?:KIA|SIA|BIA|CCA)", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}")
        },
        Pattern::new("secret access key", "[A-Za-z0-9/+]{40}", Search::SecretKey),
        Pattern {
            is_secret: |password| !is_placeholder(password),
            // A password can have an `@` itself.
            ..Pattern::regex(
                "password in a URL",
                r"://[^\s/]*@",
                r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/"']+)@"#,
            )
        },
        Pattern { kind: ValueKind::Email, ..Pattern::regex(EMAIL, "@", r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+") },
    ]);
    patterns
});

/// What can hide a secret from a look at the bytes alone: escapes, in URLs and in strings.
const ESCAPES: &str = r"%[0-9A-Fa-f]{2}|\\[u/]";

/// The hints of all patterns in their order, then [`ESCAPES`]: one quick pass that spares most texts all others.
static HINTS: LazyLock<Option<bytes::RegexSet>> = LazyLock::new(|| {
    let hints = PATTERNS.iter().map(|pattern| pattern.hint.as_ref()).chain([ESCAPES]);
    bytes::RegexSet::new(hints.map(|hint| format!("(?-u:{hint})"))).ok()
});

/// Whether `text` could hold a secret. Where it could not, nothing needs to be looked for.
pub(super) fn may_hold_secret(text: &[u8]) -> bool {
    HINTS.as_ref().is_none_or(|hints| hints.is_match(text))
}

/// A secret in a text.
pub(super) struct FoundSecret {
    pub(super) range: Range<usize>,
    pub(super) label: &'static str,
    pub(super) kind: ValueKind,
}

/// The secrets in `text`, those of higher precedence first; they can overlap.
pub(super) fn find_secrets(text: &str) -> Vec<FoundSecret> {
    let (mut secrets, mut named) = (Vec::new(), Vec::new());
    for pattern in hinted(text) {
        let ranges = pattern.find(text);
        if matches!(pattern.search, Search::Name) {
            named.clone_from(&ranges);
        }
        secrets.extend(ranges.into_iter().map(|range| FoundSecret { range, label: pattern.label, kind: pattern.kind }));
    }
    secrets.retain(|secret| !is_part(&secret.range, &named));
    secrets
}

/// The patterns that `text` could have something of.
fn hinted(text: &str) -> impl Iterator<Item = &'static Pattern> {
    let hints = HINTS.as_ref().map(|hints| hints.matches(text.as_bytes()));
    let is_hinted = move |at: usize| hints.as_ref().is_none_or(|hints| hints.matched(at));
    PATTERNS.iter().enumerate().filter(move |(at, _)| is_hinted(*at)).map(|(_, pattern)| pattern)
}

/// Whether `range` is a part of one of those, which stand in order, and not all of it: what is secret as a whole is replaced
/// as a whole.
fn is_part(range: &Range<usize>, wholes: &[Range<usize>]) -> bool {
    let first = wholes.partition_point(|whole| whole.end < range.end);
    wholes.get(first).is_some_and(|whole| whole.start <= range.start && whole != range)
}

impl Pattern {
    /// Where in `text` such secrets are.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let regex = match self.search {
            Search::Name => return find_named(text),
            Search::SecretKey => return find_secret_keys(text),
            Search::Regex(regex) => regex,
        };
        let Some(regex) = self.compiled.get_or_init(|| Regex::new(regex).ok()) else { return Vec::new() };
        let found = regex.captures_iter(text).filter_map(|captures| captures.get(1).or_else(|| captures.get(0)));
        found.filter(|found| (self.is_secret)(found.as_str())).map(|found| found.range()).collect()
    }
}

/// Whether what follows the scheme of an `Authorization` is not a word.
fn is_credential(text: &str) -> bool {
    is_mixed(text) && text.bytes().filter(u8::is_ascii_alphabetic).count() > 2
}

/// Whether it is one of those that AWS prints.
fn is_example(text: &str) -> bool {
    text.ends_with("EXAMPLE") || text.ends_with("EXAMPLEKEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        find_secrets(text).into_iter().filter_map(|secret| Some((secret.label, text.get(secret.range)?))).collect()
    }

    // Put together here, so that this file is not a finding itself.
    const KEY_ID: &str = concat!("AKIA", "QYLPMN5HABCDEFGH");
    const SECRET: &str = concat!("kZ3o8Wc1yFq2dT5xLh9v", "Bn4mRj6sPa7gUe0wXi/K");
    const TOKEN: &str = concat!("IQoJ", "b3JpZ2luX2VjEJb//////////wEaCXVzLWVhc3QtMSJIMEYCIQDx7kKQ=");

    #[test]
    fn what_programs_and_manuals_say_of_a_credential_is_none() {
        for text in [
            "secret_key = settings.SECRET_KEY",
            "session_token = credentials.session_token",
            concat!("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("secret_key=hunter2.1hunter2"), [("credential", "hunter2.1hunter2")]);
    }

    #[test]
    fn every_pattern_is_a_regular_expression_and_is_hinted_at() {
        let is_one = |pattern: &Pattern| !matches!(pattern.search, Search::Regex(text) if Regex::new(text).is_err());
        assert!(PATTERNS.iter().all(is_one) && HINTS.is_some());
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        let pem = concat!("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----");
        let jwt = concat!("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".sig-_9");
        let github = concat!("ghp_", "0123456789abcdefghijABCDEFGHIJ012345");
        let slack = concat!("xoxb-", "1234567890-abcdef");
        let signature = "0123456789abcdef".repeat(4);
        for (text, label, secret) in [
            (KEY_ID.to_owned(), "access key id", KEY_ID),
            (format!("x_{KEY_ID}_y"), "access key id", KEY_ID),
            (SECRET.to_owned(), "secret access key", SECRET),
            (format!("the key is {SECRET}."), "secret access key", SECRET),
            (format!("aws_secret_access_key = {SECRET}"), "credential", SECRET),
            (format!("secretKey:'{SECRET}'"), "credential", SECRET),
            (format!("X-Amz-Security-Token={TOKEN}"), "session token", TOKEN),
            (format!("Signature={signature}, x"), "signature", &signature),
            (format!("X-Amz-Signature={signature}&x"), "signature", &signature),
            (format!("before {pem} after"), "private key", pem),
            (jwt.to_owned(), "JSON web token", jwt),
            (format!("<{github}>"), "GitHub token", github),
            (slack.to_owned(), "Slack token", slack),
            ("https://jane:hunter2@corp.com/x".to_owned(), "password in a URL", "hunter2"),
            ("User: jane.doe+x@corp.co.uk is not".to_owned(), EMAIL, "jane.doe+x@corp.co.uk"),
        ] {
            let found = found(&text);
            assert!(found.first() == Some(&(label, secret)), "{found:?} in {text}");
        }
    }

    #[test]
    fn no_way_to_escape_a_secret_goes_by_without_a_look() {
        for spelled in [SECRET.replace('/', "\\/"), SECRET.replace('/', "\\u002f"), SECRET.replace('/', "%2F")] {
            assert!(may_hold_secret(spelled.as_bytes()), "{spelled}");
        }
    }

    #[test]
    fn ordinary_texts_are_none() {
        for text in [
            "arn:aws:ram:us-east-1:111122223333:resource-share/13e9e990-7445-4e1c-a3b9-61b62e2df75d",
            "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "path/to/some/place/that/is/forty/letters",
            "AWSRAMPermissionResourceShareReplacement",
            "InvalidParameterException:http://internal.amazon.com/coral/com.amazonaws.ram/",
            "The security token included in the request is expired",
            "AKIA",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "@ 5 pm",
            "ramtape",
        ] {
            assert_eq!(found(text), [("", ""); 0], "{text}");
        }
    }

    #[test]
    fn only_what_is_hinted_at_is_compiled() {
        let labels = |text: &str| -> Vec<&str> { hinted(text).map(|pattern| pattern.label).collect() };
        assert_eq!(labels("arn:aws:ram:us-east-1:111122223333:resource-share/13e9e990 100%25"), [""; 0]);
        assert_eq!(labels("jane@corp.com"), [EMAIL]);
        assert_eq!(labels(SECRET), ["secret access key"]);
    }
}
