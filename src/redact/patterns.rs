//! What is a secret by its own look, wherever it stands: the built-in rules.

use super::assigned;
use super::issued;
use super::reference::is_interpolation;
use super::secret_key;
use super::shape::Shape;
use regex::{Regex, bytes};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// A built-in rule.
struct Pattern {
    label: &'static str,
    /// Whether a text, in lower case, could have it: the expression is compiled for the first one that could.
    hint: fn(&str) -> bool,
    look: Look,
    /// A stand-in's kind.
    shape: Shape,
    /// Whether what was found is one after all.
    holds: fn(&str) -> bool,
}

/// What it is known by.
enum Look {
    /// A regular expression. Its first group is the secret, without groups all of it.
    Like(&'static str),
    /// What stands around it.
    Said,
}

const fn pattern(label: &'static str, hint: fn(&str) -> bool, text: &'static str) -> Pattern {
    Pattern { label, hint, look: Look::Like(text), shape: Shape::Text, holds: |_| true }
}

/// The label of e-mail addresses, which are looked for in cassettes only.
pub(super) const EMAIL: &str = "e-mail address";

/// The label of secret access keys. What the expression finds can be longer than they are.
const SECRET_KEY: &str = "secret access key";

/// In order of precedence.
static PATTERNS: [Pattern; 13] = [
    pattern(
        "private key",
        |text| text.contains("private key") || text.contains("private+key"),
        r"-----BEGIN[ +][A-Z +]*PRIVATE[ +]KEY(?:[ +]BLOCK)?-----(?s:.*?)(?:-----END[ +][A-Z +]*PRIVATE[ +]KEY(?:[ +]BLOCK)?-----|$)",
    ),
    pattern(
        "JSON web token",
        |text| text.contains("eyj"),
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    ),
    pattern(
        "GitHub token",
        |text| text.contains("gh") && text.contains('_'),
        r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}",
    ),
    pattern(
        "Slack token",
        |text| ["xox", "xapp-", "hooks.slack"].iter().any(|start| text.contains(start)),
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/([A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]{16,})",
    ),
    pattern("access token", issued::may_be_in, issued::TOKENS),
    Pattern { holds: issued::is_credential, ..pattern(MEMBER, issued::may_be_said, issued::SAID) },
    pattern("signature", |text| text.contains("signature"), r#"(?i)signature["']?\s*[=:]\s*["']?([0-9a-f]{64})"#),
    Pattern {
        holds: is_random,
        ..pattern(
            "session token",
            |text| {
                ["fwogzxivyxdz", "iqojb3jpz2lu", "fqogzxivyxdz", "aqodyxdz"].iter().any(|start| text.contains(start))
            },
            r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9/+=_%-]{16,}",
        )
    },
    Pattern { look: Look::Said, ..pattern(MEMBER, assigned::may_be_in, "") },
    Pattern {
        shape: Shape::KeyId,
        holds: |id| !is_example(id),
        ..pattern(
            "access key id",
            |text| ["akia", "asia", "abia", "acca"].iter().any(|start| text.contains(start)),
            "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        )
    },
    pattern(SECRET_KEY, has_long_run, "[A-Za-z0-9/+]{40,}=*"),
    Pattern {
        holds: |password| !is_interpolation(password),
        ..pattern(
            "password in a URL",
            |text| text.contains("://") && text.contains('@'),
            // A password can have an `@` itself.
            r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/"']+)@"#,
        )
    },
    Pattern { shape: Shape::Email, ..pattern(EMAIL, |text| text.contains('@'), r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+") },
];

static COMPILED: [OnceLock<Option<Regex>>; PATTERNS.len()] = [const { OnceLock::new() }; PATTERNS.len()];

/// The patterns that `text` could have something of, and their expressions, compiled.
fn hinted(text: &str) -> impl Iterator<Item = (&'static Pattern, Option<&'static Regex>)> {
    let lower = text.to_ascii_lowercase();
    let hinted = PATTERNS.iter().zip(&COMPILED).filter(move |(pattern, _)| (pattern.hint)(&lower));
    hinted.map(|(pattern, compiled)| {
        let Look::Like(text) = pattern.look else { return (pattern, None) };
        (pattern, compiled.get_or_init(|| Regex::new(text).ok()).as_ref())
    })
}

/// Whether so many characters of a secret access key stand together as it has.
fn has_long_run(text: &str) -> bool {
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    text.as_bytes().split(|byte| !is_of_key(byte)).any(|run| run.len() >= 40)
}

/// What every text with a secret in it has, escaped or not: one quick pass that spares all others.
const HINT: &str = concat!(
    r"(?-u)@|%[0-9A-Fa-f]{2}|\\[u/]|A(?:KIA|SIA|BIA|CCA)|PRIVATE.KEY|eyJ|gh[pousr]_|github_pat_|xox[abeoprs]-|glpat-|k_live_|npm_|pypi-|SG\.|hv[sbr]\.|AIza|ya29\.|GOCSPX|dckr_|sk-(?:ant|proj|svcacct)-|AGE-SECRET|hooks\.slack|whsec_|xapp-|gl[a-z]{2,5}-|ABSK|dop_v1_|FwoG|IQoJ|FQoG|AQoD",
    r"|(?i:signature|secret|(?:session|security|access|refresh|auth|bearer).?token|pass.?word|passwd|passphrase|pwd|authorization|private.?key|api.?key|(?:account|access)key=|[?&;]sig=|bearer|basic[ ])",
    r"|[A-Za-z0-9/+]{40}"
);

static HINTED: LazyLock<Option<bytes::Regex>> = LazyLock::new(|| bytes::Regex::new(HINT).ok());

/// The label of what a name says is a secret.
pub(super) const MEMBER: &str = "credential";

/// Whether `text` could hold a secret. Where it could not, nothing needs to be looked for.
pub(super) fn may_hold(text: &[u8]) -> bool {
    HINTED.as_ref().is_none_or(|hinted| hinted.is_match(text))
}

/// A secret in a text.
pub(super) struct Spot {
    pub(super) range: Range<usize>,
    pub(super) label: &'static str,
    pub(super) shape: Shape,
}

/// The secrets in `text`, those of higher precedence first; they can overlap.
pub(super) fn spots(text: &str) -> Vec<Spot> {
    let mut spots = Vec::new();
    if !may_hold(text.as_bytes()) {
        return spots;
    }
    let mut said = Vec::new();
    for (pattern, regex) in hinted(text) {
        let ranges = regex.map_or_else(|| assigned::values(text), |regex| pattern.ranges(regex, text));
        if regex.is_none() {
            said.clone_from(&ranges);
        }
        spots.extend(ranges.into_iter().map(|range| Spot { range, label: pattern.label, shape: pattern.shape }));
    }
    spots.retain(|spot| !is_part(&spot.range, &said));
    spots
}

/// Whether `range` is a part of one of those, which stand in order, and not all of it: what is secret as a whole is replaced
/// as a whole.
fn is_part(range: &Range<usize>, wholes: &[Range<usize>]) -> bool {
    let first = wholes.partition_point(|whole| whole.end < range.end);
    wholes.get(first).is_some_and(|whole| whole.start <= range.start && whole != range)
}

impl Pattern {
    /// Where in `text` it is.
    fn ranges(&self, regex: &Regex, text: &str) -> Vec<Range<usize>> {
        let found = regex.captures_iter(text).filter_map(|captures| captures.get(1).or_else(|| captures.get(0)));
        if self.label == SECRET_KEY {
            let moved = |start: usize| move |key: Range<usize>| start + key.start..start + key.end;
            return found
                .flat_map(|run| secret_key::within(run.as_str()).into_iter().map(moved(run.start())))
                .collect();
        }
        found.filter(|found| (self.holds)(found.as_str())).map(|found| found.range()).collect()
    }
}

/// Whether it is one of those that AWS prints.
fn is_example(text: &str) -> bool {
    text.ends_with("EXAMPLE") || text.ends_with("EXAMPLEKEY")
}

/// Whether `text` is as mixed as chance makes it: a path or a hash in hexadecimal is not.
pub(super) fn is_random(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(&kind);
    let different: std::collections::BTreeSet<u8> = text.bytes().collect();
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) && different.len() >= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        spots(text).into_iter().filter_map(|spot| Some((spot.label, text.get(spot.range)?))).collect()
    }

    // Put together here, so that this file is no finding itself.
    const KEY_ID: &str = concat!("AKIA", "QYLPMN5HABCDEFGH");
    const SECRET: &str = concat!("kZ3o8Wc1yFq2dT5xLh9v", "Bn4mRj6sPa7gUe0wXi/K");
    const TOKEN: &str = concat!("IQoJ", "b3JpZ2luX2VjEJb//////////wEaCXVzLWVhc3QtMSJIMEYCIQDx7kKQ=");

    #[test]
    fn what_programs_and_manuals_say_of_a_credential_is_none() {
        for text in [
            "secret_key = settings.SECRET_KEY",
            "aws_secret_access_key=os.environ['X']",
            "session_token = credentials.session_token",
            concat!("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("secret_key=hunter2.1hunter2"), [("credential", "hunter2.1hunter2")]);
    }

    #[test]
    fn every_pattern_is_a_regular_expression_and_is_hinted_at() {
        assert!(PATTERNS.iter().all(|pattern| !matches!(pattern.look, Look::Like(text) if Regex::new(text).is_err())));
        assert!(HINTED.is_some());
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
            assert!(may_hold(spelled.as_bytes()), "{spelled}");
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
        let labels = |text: &str| -> Vec<&str> { hinted(text).map(|(pattern, _)| pattern.label).collect() };
        assert_eq!(labels("arn:aws:ram:us-east-1:111122223333:resource-share/13e9e990 100%25"), [""; 0]);
        assert_eq!(labels("jane@corp.com"), [EMAIL]);
        assert_eq!(labels(SECRET), [SECRET_KEY]);
    }
}
