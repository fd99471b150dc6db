//! JSON as exact values, and every way to spell one: what property tests of JSON are made of.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// An object's members.
pub(crate) type Members = BTreeMap<String, Json>;

/// A JSON value. Two are equal exactly where they mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    List(Vec<Json>),
    Object(Members),
    /// JSON inside a string.
    Embedded(Box<Json>),
}

/// `digits` times ten to the `exponent`; zero has no digits, other digits no zero at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) negative: bool,
    pub(crate) digits: String,
    pub(crate) exponent: i32,
}

/// Texts of one line and of many planes.
pub(crate) fn text() -> impl Strategy<Value = String> {
    const ODD: [char; 18] = [
        '"',
        '\\',
        '/',
        'u',
        '\0',
        '\u{8}',
        '\u{c}',
        '\n',
        '\u{1f}',
        '\u{7f}',
        'é',
        '\u{308}',
        '\u{2028}',
        '漢',
        '\u{d7ff}',
        '\u{e000}',
        '🦀',
        '\u{10ffff}',
    ];
    prop_oneof![
        "[a-z0-9 +%&=]{0,8}",
        vec(any::<char>(), 0..6).prop_map(String::from_iter),
        vec(prop::sample::select(&ODD[..]), 0..8).prop_map(String::from_iter),
    ]
}

/// Values whose objects hold no `null`, as requests mean them: there a `null` member is no member.
pub(crate) fn request_value() -> impl Strategy<Value = Json> {
    value(false)
}

/// Values of any kind.
pub(crate) fn any_value() -> impl Strategy<Value = Json> {
    value(true)
}

fn value(null_members: bool) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::Bool),
        3 => decimal().prop_map(Json::Number),
        3 => text().prop_map(Json::Text),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        let members = btree_map(text(), inner.clone(), 0..4).prop_map(move |mut members| {
            members.retain(|_, value| null_members || *value != Json::Null);
            Json::Object(members)
        });
        prop_oneof![vec(inner, 0..4).prop_map(Json::List), members]
    })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let zero = || Decimal { negative: false, digits: String::new(), exponent: 0 };
    let digits = prop_oneof!["[1-9]", "[1-9][0-9]{0,24}[1-9]"];
    prop_oneof![
        1 => Just(zero()),
        6 => (any::<bool>(), digits, prop_oneof![Just(0), -60..60])
            .prop_map(|(negative, digits, exponent)| Decimal { negative, digits, exponent }),
    ]
}

/// Bytes that decide between spellings. All zeros: the plainest one.
pub(crate) fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..200)
}

/// Spells values as its choices say.
pub(crate) struct Speller<'a> {
    choices: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    null_members: bool,
}

impl<'a> Speller<'a> {
    /// A speller that changes no value, and adds no `null`.
    pub(crate) fn exact(choices: &'a [u8]) -> Self {
        Self { choices: choices.iter().cycle(), null_members: false }
    }

    /// A speller that adds `null` members too, but not to JSON inside strings.
    pub(crate) fn with_null_members(choices: &'a [u8]) -> Self {
        Self { null_members: true, ..Self::exact(choices) }
    }

    /// One of `count` possibilities.
    pub(crate) fn choose(&mut self, count: usize) -> usize {
        usize::from(*self.choices.next().unwrap()) % count
    }

    /// `items` in some order.
    pub(crate) fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for last in (1..items.len()).rev() {
            let other = last - self.choose(last + 1);
            items.swap(last, other);
        }
        items
    }

    /// The text of `value`, blanks around it included.
    pub(crate) fn document(&mut self, value: &Json) -> String {
        self.spaced(|speller| speller.value(value))
    }

    fn value(&mut self, value: &Json) -> String {
        match value {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(number) => self.number(number),
            Json::Text(text) => self.string(text),
            Json::List(items) => {
                let items = items.iter().map(|item| self.document(item)).collect();
                self.enclosed('[', items, ']')
            }
            Json::Object(members) => self.object(members, &[]),
            Json::Embedded(inner) => {
                let nulls = std::mem::take(&mut self.null_members);
                let text = self.document(inner);
                self.null_members = nulls;
                self.string(&text)
            }
        }
    }

    /// The text of an object, its members in some order, and those that `unordered` names with their items in some order.
    pub(crate) fn object(&mut self, members: &Members, unordered: &[String]) -> String {
        let mut spelled = Vec::new();
        for (name, value) in members {
            let value = match value {
                Json::List(items) if unordered.contains(name) => Json::List(self.shuffled(items.clone())),
                value => value.clone(),
            };
            spelled.push(self.member(name, &value));
        }
        for name in ["none", "n\u{f6}ne"] {
            if self.null_members && !members.contains_key(name) && self.choose(3) == 1 {
                spelled.push(self.member(name, &Json::Null));
            }
        }
        let spelled = self.shuffled(spelled);
        self.enclosed('{', spelled, '}')
    }

    fn member(&mut self, name: &str, value: &Json) -> String {
        let name = self.spaced(|speller| speller.string(name));
        name + ":" + &self.document(value)
    }

    fn enclosed(&mut self, open: char, items: Vec<String>, close: char) -> String {
        let inner = if items.is_empty() { self.blanks() } else { &items.join(",") };
        format!("{open}{inner}{close}")
    }

    fn spaced(&mut self, spell: impl FnOnce(&mut Self) -> String) -> String {
        let before = self.blanks();
        let text = spell(self);
        format!("{before}{text}{}", self.blanks())
    }

    /// Blanks, or most often none.
    pub(crate) fn blanks(&mut self) -> &'static str {
        ["", "", "", "", " ", "\t", "\n", "\r\n  "][self.choose(8)]
    }

    fn string(&mut self, text: &str) -> String {
        let spelled: String = text.chars().map(|c| self.character(c)).collect();
        format!("\"{spelled}\"")
    }

    fn character(&mut self, c: char) -> String {
        let short = match c {
            '"' | '\\' | '/' => Some(c),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            _ => None,
        };
        match (self.choose(6), short) {
            (0..3, _) if !matches!(c, '"' | '\\' | '\0'..='\u{1f}') => c.to_string(),
            (0..4, Some(short)) => format!("\\{short}"),
            (4, _) => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
            _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        }
    }

    fn number(&mut self, number: &Decimal) -> String {
        let sign = if number.negative { "-" } else { "" };
        if number.digits.is_empty() {
            return ["0", "-0", "0.0", "0e5", "-0.00E-07", "0E+0"][self.choose(6)].to_owned();
        }
        let zeros = self.choose(3);
        let digits = format!("{}{}", number.digits, "0".repeat(zeros));
        let places = self.choose(digits.len() + 3);
        let exponent = number.exponent - i32::try_from(zeros).unwrap() + i32::try_from(places).unwrap();
        let padded = format!("{}{digits}", "0".repeat((places + 1).saturating_sub(digits.len())));
        let (whole, fraction) = padded.split_at(padded.len() - places);
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}{}", self.exponent(exponent))
    }

    fn exponent(&mut self, exponent: i32) -> String {
        let letter = ["e", "E"][self.choose(2)];
        let zeros = ["", "0", "00"][self.choose(3)];
        match exponent {
            0 if self.choose(2) == 0 => String::new(),
            0.. => format!("{letter}{}{zeros}{exponent}", ["", "+"][self.choose(2)]),
            _ => format!("{letter}-{zeros}{}", exponent.unsigned_abs()),
        }
    }
}
