//! The kinds of values: a pseudonym is of the same kind as its value.

use super::account;
use super::key::Key;
use super::number;
use data_encoding::{Encoding, HEXLOWER, Specification};
use regex::Regex;
use std::sync::LazyLock;

/// A kind of value. Each has a range of pseudonyms that is its own: what is in it is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// 12 digits.
    Account,
    /// 12 digits in three groups.
    DashedAccount,
    /// An account number that is a JSON number, its leading zeros gone.
    AccountNumber,
    /// An access key id.
    KeyId,
    /// An e-mail address.
    Email,
    /// A UUID.
    Uuid,
    /// An ARN, the account in it aside.
    Arn,
    /// Digits alone.
    Digits,
    /// A JSON number.
    Number,
    /// Any other text.
    Text,
}

macro_rules! regex {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}
regex!(UUID, "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$");
regex!(EMAIL, r"^[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+$");
regex!(KEY_ID, "^(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}$");
// And what stands for temporary credentials: whose they are.
regex!(PSEUDONYM_TEXT, "^(?:redacted-[acdeghilmnoprstu]{20}(?:-redacted)*|ramtape-as-[A-Za-z0-9._-]{1,80})$");
regex!(PSEUDONYM_KEY_ID, "^REDACTED[ACDEGHILMNOPRSTU]{12}$");
// Pseudonyms of texts, wherever they stand in a longer one.
regex!(
    PSEUDONYM_WITHIN,
    r"redacted-[acdeghilmnoprstu]{20}(?:-redacted)*(?:@example\.com)?|ramtape-as-[A-Za-z0-9._-]{1,80}|REDACTED[ACDEGHILMNOPRSTU]{12}|[0-9]{12,18}"
);

fn is(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

impl ValueKind {
    /// The kind of a whole value.
    pub(super) fn detect(text: &str) -> Self {
        if account::is_account(text) {
            Self::Account
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Digits
        } else if Arn::parse(text).is_some() {
            Self::Arn
        } else {
            Self::detect_part(text)
        }
    }

    /// The kind of a part of a longer text.
    pub(super) fn detect_part(text: &str) -> Self {
        if account::is_account(text) {
            Self::Account
        } else if is(&KEY_ID, text) || is(&PSEUDONYM_KEY_ID, text) {
            Self::KeyId
        } else if is(&UUID, text) {
            Self::Uuid
        } else if is(&EMAIL, text) {
            Self::Email
        } else {
            Self::Text
        }
    }

    /// Whether `text` is a pseudonym already, or says nothing.
    pub(super) fn is_pseudonym(self, text: &str) -> bool {
        match self {
            Self::Account => account::is_pseudonym(text),
            Self::DashedAccount => account::is_pseudonym(&text.replace('-', "")),
            Self::AccountNumber => {
                text.parse().is_ok_and(|number: u64| account::is_pseudonym(&format!("{number:012}")))
            }
            Self::KeyId => is(&PSEUDONYM_KEY_ID, text),
            Self::Email => is_reserved_address(text),
            Self::Uuid => text.starts_with("00000000-"),
            Self::Arn => Arn::parse(text).is_none_or(|arn| is(&PSEUDONYM_TEXT, arn.id)),
            Self::Digits => text.is_empty() || (text.len() == 18 && text.starts_with("0000")),
            Self::Number => number::is_pseudonym(text),
            Self::Text => text.is_empty() || is(&PSEUDONYM_TEXT, text),
        }
    }

    /// What stands for `text`: with the same key always the same, and no two for one.
    pub(super) fn pseudonym(self, text: &str, key: &Key) -> String {
        match self {
            Self::Account => account::pseudonym(hash(key, "account", text)),
            Self::DashedAccount => {
                let digits = Self::Account.pseudonym(&text.replace('-', ""), key);
                [digits.get(..4), digits.get(4..8), digits.get(8..)].map(Option::unwrap_or_default).join("-")
            }
            Self::AccountNumber => Self::Account.pseudonym(&format!("{text:0>12}"), key),
            Self::KeyId => format!("REDACTED{}", word(key, text).get(..12).unwrap_or_default().to_ascii_uppercase()),
            Self::Email => format!("redacted-{}@example.com", word(key, text)),
            Self::Uuid => uuid(&key.digest("text", text)),
            Self::Arn => match Arn::parse(text) {
                Some(arn) => format!("{}redacted-{}", arn.head, word(key, text)),
                None => Self::Text.pseudonym(text, key),
            },
            Self::Digits => format!("0000{:014}", hash(key, "text", text) % 100_000_000_000_000),
            Self::Number => number::pseudonym(text, |text| hash(key, "number", text)),
            Self::Text => {
                let mut pseudonym = format!("redacted-{}", word(key, text));
                while text.chars().count() > 64 && pseudonym.len() < 64 {
                    pseudonym.push_str("-redacted");
                }
                pseudonym
            }
        }
    }

    /// What it is hashed as.
    pub(super) const fn hash_purpose(self) -> &'static str {
        match self {
            Self::Account | Self::DashedAccount | Self::AccountNumber => "account",
            Self::Number => "number",
            _ => "text",
        }
    }

    /// `text` as all of its hash_purpose are compared.
    pub(super) fn plain(self, text: &str) -> String {
        match self {
            Self::DashedAccount => text.replace('-', ""),
            Self::AccountNumber => format!("{text:0>12}"),
            Self::Number => number::plain(text),
            _ => text.to_owned(),
        }
    }

    /// Whether there are so few pseudonyms that two values can get one: whoever makes them must look.
    pub(super) const fn is_narrow(self) -> bool {
        matches!(self, Self::Account | Self::DashedAccount | Self::AccountNumber | Self::Number | Self::Digits)
    }
}

/// Where pseudonyms are in a longer text. What overlaps them is not looked at again.
pub(super) fn find_pseudonyms(text: &str) -> Vec<std::ops::Range<usize>> {
    let Some(own) = PSEUDONYM_WITHIN.as_ref() else { return Vec::new() };
    let all = own.find_iter(text);
    all.filter(|found| match found.as_str() {
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            account::is_pseudonym(digits) && !text.get(found.end()..).is_some_and(|rest| rest.starts_with(digit))
        }
        _ => true,
    })
    .map(|found| found.range())
    .collect()
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Addresses that nobody can have (RFC 2606).
fn is_reserved_address(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or("", |(_, host)| host);
    let host = host.to_ascii_lowercase();
    let within = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    ["example.com", "example.net", "example.org", "example", "test", "invalid", "localhost"].into_iter().any(within)
}

struct Arn<'a> {
    /// Up to where the resource's own name begins.
    head: &'a str,
    /// The resource's own name.
    id: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let resource = (parts.next() == Some("arn")).then(|| parts.nth(4)).flatten()?;
        let id = resource.rsplit(['/', ':']).next().filter(|id| !id.is_empty())?;
        Some(Self { head: text.get(..text.len() - id.len())?, id })
    }
}

fn hash(key: &Key, purpose: &str, text: &str) -> u64 {
    key.digest(purpose, text).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Four bits a letter, in the sixteen letters that English texts have most. Scanners for secrets report texts of many different
/// characters: 20 of these and what usually stands around them stay below what they take for random.
static LETTERS: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("acdeghilmnoprstu");
    specification.encoding().ok()
});

/// 80 bits of the hash, 20 letters.
fn word(key: &Key, text: &str) -> String {
    let hash = key.digest("text", text);
    LETTERS.as_ref().map_or_else(String::new, |letters| letters.encode(hash.first_chunk::<10>().unwrap_or(&[0; 10])))
}

fn uuid(hash: &[u8; 32]) -> String {
    let hex = HEXLOWER.encode(hash);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("00000000-{}-8{}-8{}-{}", part(0..4), part(4..7), part(7..10), part(10..22))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use proptest::prelude::*;

    fn key() -> Key {
        Key::parse("a key of tests, long enough").unwrap()
    }

    const EXAMPLES: [(&str, ValueKind); 12] = [
        ("123456789012", ValueKind::Account),
        ("1234", ValueKind::Digits),
        ("AKIAIOSFODNN7ABCDEFG", ValueKind::KeyId),
        ("jane.doe+x@corp.co.uk", ValueKind::Email),
        ("jürgen@corp.de", ValueKind::Email),
        ("13e9e990-7445-4e1c-a3b9-61b62e2df75d", ValueKind::Uuid),
        ("arn:aws:ram:us-east-1:123456789012:resource-share/13e9e990-7445-4e1c-a3b9-61b62e2df75d", ValueKind::Arn),
        ("arn:aws:s3:::a-bucket", ValueKind::Arn),
        ("arn:aws:sns:us-east-1:123456789012:topic", ValueKind::Arn),
        ("share-prod-7", ValueKind::Text),
        ("arn:aws", ValueKind::Text),
        ("ß", ValueKind::Text),
    ];

    #[test]
    fn a_stand_in_is_of_the_same_kind_and_stands_for_itself() {
        for (text, kind) in EXAMPLES {
            assert_eq!(ValueKind::detect(text), kind, "{text}");
            assert!(!kind.is_pseudonym(text), "{text}");
            let pseudonym = kind.pseudonym(text, &key());
            assert_eq!(ValueKind::detect(&pseudonym), kind, "{text}: {pseudonym}");
            assert!(kind.is_pseudonym(&pseudonym), "{text}: {pseudonym}");
        }
    }

    #[test]
    fn an_arn_keeps_all_but_its_last_name() {
        let arn = EXAMPLES[6].0;
        let pseudonym = ValueKind::Arn.pseudonym(arn, &key());
        assert!(pseudonym.starts_with("arn:aws:ram:us-east-1:123456789012:resource-share/redacted-"), "{pseudonym}");
        assert_eq!(
            ValueKind::DashedAccount.pseudonym("1234-5678-9012", &key()).replace('-', ""),
            ValueKind::Account.pseudonym("123456789012", &key())
        );
        assert_eq!(
            ValueKind::AccountNumber.pseudonym("23456789012", &key()),
            ValueKind::Account.pseudonym("023456789012", &key())
        );
    }

    #[test]
    fn length_is_of_the_same_class() {
        assert_eq!(ValueKind::Text.pseudonym("x", &key()).len(), 29);
        let long = ValueKind::Text.pseudonym(&"x".repeat(65), &key());
        assert!((64..80).contains(&long.len()) && ValueKind::Text.is_pseudonym(&long), "{long}");
    }

    #[test]
    fn pseudonyms_are_known_inside_longer_texts() {
        let key = key();
        for (text, kind) in EXAMPLES
            .into_iter()
            .filter(|(_, kind)| !matches!(kind, ValueKind::Uuid | ValueKind::Digits | ValueKind::Arn))
        {
            let pseudonym = kind.pseudonym(text, &key);
            let longer = format!("é {pseudonym}:x");
            assert_eq!(find_pseudonyms(&longer).first(), Some(&(3..3 + pseudonym.len())), "{longer}");
        }
        assert_eq!(find_pseudonyms("1999912345678 99991234567890"), [0..0; 0]);
    }

    proptest! {
        #[test]
        fn different_values_have_different_stand_ins(a in "\\PC{1,20}", b in "\\PC{1,20}") {
            let of = |text: &str| ValueKind::detect(text).pseudonym(text, &key());
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }

        #[test]
        fn a_stand_in_never_looks_random_to_a_scanner(value in "\\PC{1,20}") {
            // Of so many characters, the usual limit of 4.5 bits a character is never reached.
            let within = format!("Signature={}", ValueKind::Text.pseudonym(&value, &key()));
            let characters: std::collections::BTreeSet<char> = within.chars().collect();
            prop_assert!((characters.len() as f64).log2() < 4.5, "{}", within);
        }

        #[test]
        fn accounts_map_one_to_one_onto_fixed_points(a in "[0-8][0-9]{11}", b in "[0-8][0-9]{11}") {
            let of = |text: &str| ValueKind::Account.pseudonym(text, &key());
            prop_assert_eq!(of(&a) == of(&b), a == b);
            prop_assert!(ValueKind::Account.is_pseudonym(&of(&a)));
        }
    }
}
