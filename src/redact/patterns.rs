//! What is a secret by its own look, wherever it stands: the built-in rules.

use super::secret_key;
use super::shape::Shape;
use regex::{Regex, bytes};
use std::ops::Range;
use std::sync::LazyLock;

/// A built-in rule. The first group of its expression is the secret, without groups all of it.
struct Pattern {
    label: &'static str,
    text: &'static str,
    /// A stand-in's kind.
    shape: Shape,
    /// Whether what was found is one after all.
    holds: fn(&str) -> bool,
}

const fn pattern(label: &'static str, text: &'static str) -> Pattern {
    Pattern { label, text, shape: Shape::Text, holds: |_| true }
}

/// The label of e-mail addresses, which are looked for in cassettes only.
pub(super) const EMAIL: &str = "e-mail address";

/// The label of secret access keys. What the expression finds can be longer than they are.
const SECRET_KEY: &str = "secret access key";

/// In order of precedence.
const PATTERNS: [Pattern; 11] = [
    pattern("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    pattern("JSON web token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
    pattern("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}"),
    pattern("Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    pattern("signature", r#"(?i)signature["']?\s*[=:]\s*["']?([0-9a-f]{64})"#),
    Pattern {
        holds: is_random,
        ..pattern("session token", r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9/+=_-]{16,}")
    },
    pattern(
        "credential",
        r#"(?i)(?:secret[_-]?access[_-]?key|secret[_-]?key|session[_-]?token|security[_-]?token)["']?\s*[=:]\s*["']?([A-Za-z0-9/+=_%.-]{8,})"#,
    ),
    Pattern {
        shape: Shape::KeyId,
        holds: |id| !id.ends_with("EXAMPLE"),
        ..pattern("access key id", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}")
    },
    pattern(SECRET_KEY, "[A-Za-z0-9/+]{40,}=*"),
    pattern("password in a URL", r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/:@"']+)@"#),
    Pattern { shape: Shape::Email, ..pattern(EMAIL, r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+") },
];

static COMPILED: LazyLock<Vec<(&Pattern, Regex)>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Some((pattern, Regex::new(pattern.text).ok()?))).collect());

/// What every text with a secret in it has, escaped or not: one quick pass that spares all others.
const HINT: &str = concat!(
    r"(?-u)@|%[0-9A-Fa-f]{2}|\\[u/]|A(?:KIA|SIA|BIA|CCA)|PRIVATE KEY|eyJ|gh[pousr]_|github_pat_|xox[abeoprs]-|FwoG|IQoJ|FQoG|AQoD",
    r"|(?i:signature|secret|session.?token|security.?token|password|authorization|private.?key|api.?key)",
    r"|[A-Za-z0-9/+]{40}"
);

static HINTED: LazyLock<Option<bytes::Regex>> = LazyLock::new(|| bytes::Regex::new(HINT).ok());

/// How the names of members end that hold a secret whatever it looks like; without case, `_` and `-`.
const MEMBERS: [&str; 10] = [
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "securitytoken",
    "xamzsecuritytoken",
    "password",
    "authorization",
    "clientsecret",
    "privatekey",
    "apikey",
];

/// The label of what stands in one of [`MEMBERS`].
pub(super) const MEMBER: &str = "credential";

/// Whether `text` could hold a secret. Where it could not, nothing needs to be looked for.
pub(super) fn may_hold(text: &[u8]) -> bool {
    HINTED.as_ref().is_none_or(|hinted| hinted.is_match(text))
}

/// Whether a member of this name holds a secret.
pub(super) fn is_secret_member(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    MEMBERS.iter().any(|member| plain.ends_with(member))
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
    for (pattern, regex) in COMPILED.iter() {
        for captures in regex.captures_iter(text) {
            let Some(found) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            if pattern.label == SECRET_KEY {
                let keys = secret_key::within(found.as_str()).into_iter();
                let ranges = keys.map(|key| found.start() + key.start..found.start() + key.end);
                spots.extend(ranges.map(|range| Spot { range, label: pattern.label, shape: pattern.shape }));
            } else if (pattern.holds)(found.as_str()) {
                spots.push(Spot { range: found.range(), label: pattern.label, shape: pattern.shape });
            }
        }
    }
    spots
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
    fn every_pattern_is_a_regular_expression_and_is_hinted_at() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
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
    fn some_members_hold_secrets_whatever_they_look_like() {
        for name in [
            "secretAccessKey",
            "SecretAccessKey",
            "aws-session-token",
            "session_token",
            "Password",
            "X-Amz-Security-Token",
        ] {
            assert!(is_secret_member(name), "{name}");
        }
        assert!(!is_secret_member("nextToken") && !is_secret_member("clientToken") && !is_secret_member("key"));
    }
}
