//! Reading and editing JSON: what is accepted, where every value stands, and that an edit touches nothing else.

use crate::support::spelled::{Json, Members, Speller, any_value, choices, text};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ramtape::json::{self, Kind, MAX_DEPTH, Node};
use serde_json::Value;
use serde_json::value::RawValue;

/// Any value in any spelling.
fn document() -> impl Strategy<Value = String> {
    (any_value(), choices()).prop_map(|(value, choices)| Speller::exact(&choices).document(&value))
}

/// Bytes that are JSON, nearly JSON, or anything.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 30] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83e", "\\udd80", "00e9", "\\n", "\\/", "\\x", "a", "é",
        "\0", "\n", " ", "\u{a0}", "\u{feff}", "-", "0", "12", ".", "e", "E+", "true", "null",
    ];
    let pieces = || vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![
        1 => vec(any::<u8>(), 0..40),
        2 => pieces().prop_map(String::into_bytes),
        1 => pieces().prop_map(|inner| format!("\"{inner}\"").into_bytes()),
        2 => document().prop_map(String::into_bytes),
        4 => (document(), vec((any::<Index>(), 0..3, any_byte()), 1..4)).prop_map(|(document, edits)| {
            let mut bytes = document.into_bytes();
            for (at, kind, byte) in edits {
                let at = at.index(bytes.len() + 1);
                match kind {
                    0 => bytes.insert(at, byte),
                    1 => drop(bytes.splice(at..(at + 1).min(bytes.len()), [byte])),
                    _ => drop(bytes.splice(at..(at + 1).min(bytes.len()), [])),
                }
            }
            bytes
        }),
    ]
}

fn any_byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), select(&b"{}[],:\"\\ue0123.-+ \t\r\n\x0c/tfn"[..])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn accepts_what_serde_accepts_and_reads_the_same(bytes in bytes()) {
        // The oracle keeps numbers and escapes unread, as the reader does: 1e999 and half a surrogate pair are JSON.
        let expected: Option<&RawValue> = serde_json::from_slice(&bytes).ok();
        match json::parse(&bytes) {
            Ok(node) => {
                prop_assert_eq!(Some(node.raw), expected.map(RawValue::get));
                prop_assert!(reads_as_serde(&node), "{:?}", node);
            }
            Err(error) => {
                prop_assert!(expected.is_none(), "{error} in {}", String::from_utf8_lossy(&bytes));
                prop_assert!(error.offset <= bytes.len());
            }
        }
    }

    #[test]
    fn every_value_stands_where_it_says(document in document()) {
        let node = json::parse(document.as_bytes()).unwrap();
        let around = [&document[..node.offset], &document[node.span().end..]].concat();
        prop_assert!(is_blank(&around, ""), "{around:?} is left");
        prop_assert_eq!(check_places(&document, &node), Ok(()));
    }

    #[test]
    fn a_spelled_value_is_read_back(value in any_value(), one in choices(), other in choices()) {
        let one = Speller::exact(&one).document(&value);
        let other = Speller::exact(&other).document(&value);
        let texts = |document: &str| {
            let mut texts = Vec::new();
            collect_texts(&json::parse(document.as_bytes()).unwrap(), &mut texts);
            texts.sort_unstable();
            texts
        };
        let mut expected = Vec::new();
        expect_texts(&value, &mut expected);
        expected.sort_unstable();
        prop_assert_eq!(&texts(&one), &expected);
        prop_assert_eq!(&texts(&other), &expected);
    }

    #[test]
    fn quoting_is_serde_s_and_unquoting_its_inverse(text in text()) {
        let quoted = json::quote(&text);
        prop_assert_eq!(&quoted, &serde_json::to_string(&text).unwrap());
        prop_assert_eq!(json::unquote(&quoted), Ok(text.as_str().into()));
    }

    #[test]
    fn with_text_changes_one_value_and_no_other_byte(object in object(), name in text(), new in text()) {
        let node = json::parse(object.as_bytes()).unwrap();
        let edited = String::from_utf8(json::with_text(object.as_bytes(), &name, &new).unwrap()).unwrap();
        prop_assert_eq!(&edited, &replaced(&object, node.member(&name), &new));
        for member in members(&node) {
            let name = json::unquote(member.0).unwrap();
            let edited = String::from_utf8(json::with_text(object.as_bytes(), &name, &new).unwrap()).unwrap();
            prop_assert_eq!(&edited, &replaced(&object, Some(member.1), &new));
            let read = json::parse(edited.as_bytes()).unwrap();
            prop_assert_eq!(read.member(&name).and_then(Node::text), Some(new.as_str().into()));
        }
    }

    #[test]
    fn without_takes_one_member_its_comma_and_blanks(object in object()) {
        let node = json::parse(object.as_bytes()).unwrap();
        let all = members(&node);
        for (at, (key, value)) in all.iter().enumerate() {
            let name = json::unquote(key).unwrap();
            let shorter = String::from_utf8(json::without(object.as_bytes(), &name).unwrap()).unwrap();
            let left = json::parse(shorter.as_bytes()).unwrap();
            let mut expected = all.clone();
            expected.remove(at);
            let spelled = |members: &[(&str, &Node<'_>)]| -> Vec<(String, String)> {
                members.iter().map(|(key, value)| ((*key).to_owned(), value.raw.to_owned())).collect()
            };
            prop_assert_eq!(spelled(&members(&left)), spelled(&expected));

            // What went is one piece: the member, a comma where it had a neighbour, and blanks.
            let gone = object.len() - shorter.len();
            let piece = (0..=shorter.len()).filter(|cut| object.is_char_boundary(*cut) && shorter.is_char_boundary(*cut));
            let mut pieces = piece.filter(|cut| {
                object[..*cut] == shorter[..*cut] && object.is_char_boundary(cut + gone) && object[cut + gone..] == shorter[*cut..]
            });
            let taken = pieces.any(|cut| {
                let rest = object[cut..cut + gone].replacen(key, "", 1).replacen(value.raw, "", 1);
                is_blank(&rest, if all.len() > 1 { ":," } else { ":" })
            });
            prop_assert!(taken, "{object:?} without {name:?} is {shorter:?}");
        }
    }
}

#[test]
fn an_edit_of_what_is_not_there_changes_nothing() {
    for text in ["[1, 2 ]", " {\"a\" : 1}", "\"nextToken\"", "{\"a\":{\"nextToken\":\"x\"}}"] {
        assert_eq!(json::without(text.as_bytes(), "nextToken").unwrap(), text.as_bytes());
        assert_eq!(json::with_text(text.as_bytes(), "nextToken", "y").unwrap(), text.as_bytes());
    }
    assert!(json::without(b"{\"nextToken\":", "nextToken").is_err());
    assert!(json::with_text(b"{\"nextToken\":", "nextToken", "y").is_err());
}

#[test]
fn every_byte_and_every_pair_of_code_units_is_read_as_serde_reads_it() {
    for byte in 0..=u8::MAX {
        for bytes in [vec![b'"', byte, b'"'], vec![byte, b'1'], vec![b'1', byte], vec![b'"', b'\\', byte, b'"']] {
            let expected: Option<&RawValue> = serde_json::from_slice(&bytes).ok();
            assert_eq!(json::parse(&bytes).ok().map(|node| node.raw), expected.map(RawValue::get), "{bytes:?}");
        }
    }
    const UNITS: [&str; 10] = ["0000", "0041", "D7ff", "d800", "dBFF", "dc00", "DFFF", "e000", "ffff", "00e9"];
    for (one, other) in UNITS.iter().flat_map(|one| UNITS.map(|other| (one, other))) {
        for text in
            [format!("\"\\u{one}\\u{other}\""), format!("\"\\u{one}{other}\""), format!("\"\\u{one}\\n\\u{other}\"")]
        {
            assert!(reads_as_serde(&json::parse(text.as_bytes()).unwrap()), "{text}");
        }
    }
}

#[test]
fn nesting_has_one_bound() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [1, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 100_000] {
            let text = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(json::parse(text.as_bytes()).is_ok(), depth <= MAX_DEPTH, "{depth}");
        }
        let wide = format!("[{}0]", format!("{open}0{close},").repeat(10_000));
        assert!(json::parse(wide.as_bytes()).is_ok());
    }
}

/// Objects with distinct names, in any spelling.
fn object() -> impl Strategy<Value = String> {
    let members = proptest::collection::btree_map(text(), any_value(), 0..5);
    (members, choices())
        .prop_map(|(members, choices): (Members, _)| Speller::exact(&choices).document(&Json::Object(members)))
}

fn members<'n, 'a>(node: &'n Node<'a>) -> Vec<(&'a str, &'n Node<'a>)> {
    let Kind::Object(members) = &node.kind else { return Vec::new() };
    members.iter().map(|member| (member.key, &member.value)).collect()
}

fn replaced(object: &str, old: Option<&Node<'_>>, new: &str) -> String {
    let Some(old) = old else { return object.to_owned() };
    [&object[..old.offset], &serde_json::to_string(new).unwrap(), &object[old.span().end..]].concat()
}

/// Whether `text` is nothing but blanks and one each of `others`.
fn is_blank(text: &str, others: &str) -> bool {
    let left = others.chars().fold(text.to_owned(), |text, other| text.replacen(other, "", 1));
    left.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) && others.chars().all(|other| text.contains(other))
}

/// Whether serde_json reads the text of the node and of everything in it as those say.
fn reads_as_serde(root: &Node<'_>) -> bool {
    root.descendants().all(is_as_serde_reads)
}

fn is_as_serde_reads(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Null => node.raw == "null",
        Kind::Bool(value) => node.raw == value.to_string(),
        Kind::Number => {
            !matches!(serde_json::from_str(node.raw), Ok(Value::String(_) | Value::Array(_) | Value::Object(_)))
        }
        Kind::String => serde_json::from_str::<String>(node.raw).ok() == node.text().map(String::from),
        Kind::Array(items) => {
            let expected: Vec<&RawValue> = serde_json::from_str(node.raw).unwrap();
            expected.iter().map(|raw| raw.get()).eq(items.iter().map(|item| item.raw))
        }
        Kind::Object(members) => members
            .iter()
            .all(|member| is_as_serde_reads(&Node { raw: member.key, offset: member.key_offset, kind: Kind::String })),
    }
}

/// Checks that each value's and key's text is what stands at its place, within its parent and after its elder.
fn check_places(document: &str, node: &Node<'_>) -> Result<(), String> {
    let mut after = node.offset;
    let mut check = |raw: &str, span: std::ops::Range<usize>| {
        let inside = after <= span.start && span.end <= node.span().end;
        after = span.end;
        (inside && document.get(span) == Some(raw)).then_some(()).ok_or_else(|| raw.to_owned())
    };
    match &node.kind {
        Kind::Array(items) => {
            items.iter().try_for_each(|item| check(item.raw, item.span()))?;
            items.iter().try_for_each(|item| check_places(document, item))
        }
        Kind::Object(members) => members.iter().try_for_each(|member| {
            check(member.key, member.key_offset..member.key_offset + member.key.len())?;
            check(member.value.raw, member.value.span())?;
            check_places(document, &member.value)
        }),
        _ => check(node.raw, node.span()),
    }
}

fn collect_texts(root: &Node<'_>, texts: &mut Vec<String>) {
    root.walk(&(), &mut |path, node, ()| {
        texts.extend(path.member().and_then(|member| json::unquote(member.key).ok()).map(String::from));
        texts.extend(node.text().map(String::from));
        Some(())
    });
}

fn expect_texts(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::Text(text) => texts.push(text.clone()),
        Json::List(items) => items.iter().for_each(|item| expect_texts(item, texts)),
        Json::Object(members) => {
            for (name, value) in members {
                texts.push(name.clone());
                expect_texts(value, texts);
            }
        }
        _ => {}
    }
}
