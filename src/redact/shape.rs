//! What kind of value something is, so that what stands for it is of the same kind.

use super::account;
use super::key::Key;
use super::number;
use data_encoding::{Encoding, HEXLOWER, Specification};
use regex::Regex;
use std::sync::LazyLock;

/// A kind of value. Each has a range of stand-ins that is its own: what is in it is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
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
regex!(OWN_TEXT, "^redacted-[acdeghilmnoprstu]{20}(?:-redacted)*$");
regex!(OWN_KEY_ID, "^REDACTED[ACDEGHILMNOPRSTU]{12}$");
// Stand-ins of texts, wherever they stand in a longer one.
regex!(
    OWN_WITHIN,
    r"redacted-[acdeghilmnoprstu]{20}(?:-redacted)*(?:@example\.com)?|REDACTED[ACDEGHILMNOPRSTU]{12}|[0-9]{12,18}"
);

fn is(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

impl Shape {
    /// The kind of a whole value.
    pub(super) fn of(text: &str) -> Self {
        if account::is_account(text) {
            Self::Account
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Digits
        } else if Arn::of(text).is_some() {
            Self::Arn
        } else {
            Self::of_part(text)
        }
    }

    /// The kind of a part of a longer text.
    pub(super) fn of_part(text: &str) -> Self {
        if account::is_account(text) {
            Self::Account
        } else if is(&KEY_ID, text) || is(&OWN_KEY_ID, text) {
            Self::KeyId
        } else if is(&UUID, text) {
            Self::Uuid
        } else if is(&EMAIL, text) {
            Self::Email
        } else {
            Self::Text
        }
    }

    /// Whether `text` is a stand-in already, or says nothing.
    pub(super) fn is_stand_in(self, text: &str) -> bool {
        match self {
            Self::Account => account::is_stand_in(text),
            Self::DashedAccount => account::is_stand_in(&text.replace('-', "")),
            Self::AccountNumber => text.parse().is_ok_and(|number: u64| account::is_stand_in(&format!("{number:012}"))),
            Self::KeyId => is(&OWN_KEY_ID, text),
            Self::Email => is_reserved_address(text),
            Self::Uuid => text.starts_with("00000000-"),
            Self::Arn => Arn::of(text).is_none_or(|arn| is(&OWN_TEXT, arn.id)),
            Self::Digits => text.is_empty() || (text.len() == 18 && text.starts_with("0000")),
            Self::Number => number::is_stand_in(text),
            Self::Text => text.is_empty() || is(&OWN_TEXT, text),
        }
    }

    /// What stands for `text`: with the same key always the same, and no two for one.
    pub(super) fn stand_in(self, text: &str, key: &Key) -> String {
        match self {
            Self::Account => account::stand_in(hash(key, "account", text)),
            Self::DashedAccount => {
                let digits = Self::Account.stand_in(&text.replace('-', ""), key);
                [digits.get(..4), digits.get(4..8), digits.get(8..)].map(Option::unwrap_or_default).join("-")
            }
            Self::AccountNumber => Self::Account.stand_in(&format!("{text:0>12}"), key),
            Self::KeyId => format!("REDACTED{}", word(key, text).get(..12).unwrap_or_default().to_ascii_uppercase()),
            Self::Email => format!("redacted-{}@example.com", word(key, text)),
            Self::Uuid => uuid(&key.digest("text", text)),
            Self::Arn => match Arn::of(text) {
                Some(arn) => format!("{}redacted-{}", arn.head, word(key, text)),
                None => Self::Text.stand_in(text, key),
            },
            Self::Digits => format!("0000{:014}", hash(key, "text", text) % 100_000_000_000_000),
            Self::Number => number::stand_in(text, |text| hash(key, "number", text)),
            Self::Text => {
                let mut stand_in = format!("redacted-{}", word(key, text));
                while text.chars().count() > 64 && stand_in.len() < 64 {
                    stand_in.push_str("-redacted");
                }
                stand_in
            }
        }
    }

    /// What it is hashed as.
    pub(super) const fn family(self) -> &'static str {
        match self {
            Self::Account | Self::DashedAccount | Self::AccountNumber => "account",
            Self::Number => "number",
            _ => "text",
        }
    }

    /// `text` as all of its family are compared.
    pub(super) fn plain(self, text: &str) -> String {
        match self {
            Self::DashedAccount => text.replace('-', ""),
            Self::AccountNumber => format!("{text:0>12}"),
            Self::Number => number::plain(text),
            _ => text.to_owned(),
        }
    }

    /// Whether there are so few stand-ins that two values can get one: whoever makes them must look.
    pub(super) const fn is_narrow(self) -> bool {
        matches!(self, Self::Account | Self::DashedAccount | Self::AccountNumber | Self::Number | Self::Digits)
    }
}

/// Where stand-ins are in a longer text. What overlaps them is not looked at again.
pub(super) fn stand_ins_within(text: &str) -> Vec<std::ops::Range<usize>> {
    let Some(own) = OWN_WITHIN.as_ref() else { return Vec::new() };
    let all = own.find_iter(text);
    all.filter(|found| match found.as_str() {
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            account::is_stand_in(digits) && !text.get(found.end()..).is_some_and(|rest| rest.starts_with(digit))
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
    fn of(text: &'a str) -> Option<Self> {
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
        Key::of_text("a key of tests, long enough").unwrap()
    }

    const EXAMPLES: [(&str, Shape); 12] = [
        ("123456789012", Shape::Account),
        ("1234", Shape::Digits),
        ("AKIAIOSFODNN7ABCDEFG", Shape::KeyId),
        ("jane.doe+x@corp.co.uk", Shape::Email),
        ("jürgen@corp.de", Shape::Email),
        ("13e9e990-7445-4e1c-a3b9-61b62e2df75d", Shape::Uuid),
        ("arn:aws:ram:us-east-1:123456789012:resource-share/13e9e990-7445-4e1c-a3b9-61b62e2df75d", Shape::Arn),
        ("arn:aws:s3:::a-bucket", Shape::Arn),
        ("arn:aws:sns:us-east-1:123456789012:topic", Shape::Arn),
        ("share-prod-7", Shape::Text),
        ("arn:aws", Shape::Text),
        ("ß", Shape::Text),
    ];

    #[test]
    fn a_stand_in_is_of_the_same_kind_and_stands_for_itself() {
        for (text, shape) in EXAMPLES {
            assert_eq!(Shape::of(text), shape, "{text}");
            assert!(!shape.is_stand_in(text), "{text}");
            let stand_in = shape.stand_in(text, &key());
            assert_eq!(Shape::of(&stand_in), shape, "{text}: {stand_in}");
            assert!(shape.is_stand_in(&stand_in), "{text}: {stand_in}");
        }
    }

    #[test]
    fn an_arn_keeps_all_but_its_last_name() {
        let arn = EXAMPLES[6].0;
        let stand_in = Shape::Arn.stand_in(arn, &key());
        assert!(stand_in.starts_with("arn:aws:ram:us-east-1:123456789012:resource-share/redacted-"), "{stand_in}");
        assert_eq!(
            Shape::DashedAccount.stand_in("1234-5678-9012", &key()).replace('-', ""),
            Shape::Account.stand_in("123456789012", &key())
        );
        assert_eq!(
            Shape::AccountNumber.stand_in("23456789012", &key()),
            Shape::Account.stand_in("023456789012", &key())
        );
    }

    #[test]
    fn length_is_of_the_same_class() {
        assert_eq!(Shape::Text.stand_in("x", &key()).len(), 29);
        let long = Shape::Text.stand_in(&"x".repeat(65), &key());
        assert!((64..80).contains(&long.len()) && Shape::Text.is_stand_in(&long), "{long}");
    }

    #[test]
    fn stand_ins_are_known_inside_longer_texts() {
        let key = key();
        for (text, shape) in
            EXAMPLES.into_iter().filter(|(_, shape)| !matches!(shape, Shape::Uuid | Shape::Digits | Shape::Arn))
        {
            let stand_in = shape.stand_in(text, &key);
            let longer = format!("é {stand_in}:x");
            assert_eq!(stand_ins_within(&longer).first(), Some(&(3..3 + stand_in.len())), "{longer}");
        }
        assert_eq!(stand_ins_within("1999912345678 99991234567890"), [0..0; 0]);
    }

    proptest! {
        #[test]
        fn different_values_have_different_stand_ins(a in "\\PC{1,20}", b in "\\PC{1,20}") {
            let of = |text: &str| Shape::of(text).stand_in(text, &key());
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }

        #[test]
        fn a_stand_in_never_looks_random_to_a_scanner(value in "\\PC{1,20}") {
            // Of so many characters, the usual limit of 4.5 bits a character is never reached.
            let within = format!("Signature={}", Shape::Text.stand_in(&value, &key()));
            let characters: std::collections::BTreeSet<char> = within.chars().collect();
            prop_assert!((characters.len() as f64).log2() < 4.5, "{}", within);
        }

        #[test]
        fn accounts_map_one_to_one_onto_fixed_points(a in "[0-8][0-9]{11}", b in "[0-8][0-9]{11}") {
            let of = |text: &str| Shape::Account.stand_in(text, &key());
            prop_assert_eq!(of(&a) == of(&b), a == b);
            prop_assert!(Shape::Account.is_stand_in(&of(&a)));
        }
    }
}
