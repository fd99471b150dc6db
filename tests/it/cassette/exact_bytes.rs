//! Text brings every body back, byte for byte.

use crate::support::cassette::page;
use bytes::Bytes;
use proptest::prelude::*;
use ramtape::entry_file;
use ramtape::model::{Body, Entry, Hole, OperationName, Page, Take};

fn entry(bodies: Vec<Body>) -> Entry {
    let pages = bodies.into_iter().map(|body| page(body).into_inner()).collect();
    let take = Take { session: None, after: None, id: None, max_results: None, complete: true, times: 1, pages };
    Entry {
        operation: OperationName::Unknown("POST /some thing\"\u{e9}".into()),
        region: "us-east-1".into(),
        actor: "default".into(),
        request: r#"{"a":[1.50,{"$volatile":"x"},{"$$token":1}],"\u00e9":"\/"}"#.into(),
        takes: vec![take],
    }
}

fn literal(bytes: &[u8]) -> Body {
    Body::literal(Bytes::copy_from_slice(bytes))
}

/// Writes and reads; gives the text.
fn round(body: &Body) -> String {
    let entry = entry(vec![body.clone()]);
    let written = entry_file::write(&entry).unwrap();
    assert_eq!(entry_file::read(written.as_bytes()).unwrap(), entry, "{written}");
    assert!(written.ends_with("}\n") && !written.contains('\r'));
    written
}

#[test]
fn json_is_laid_out_and_keeps_every_spelling() {
    for body in [
        r#"{"a":1632342984.382000123456789,"b":1.632342984382E9,"c":-0,"d":1e+30,"e":0.10}"#,
        r#"{"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀\u0000","\u0061":"twice","\u0061":null}"#,
        r#"["\ud800",[],{},[[]],{"a":{}},true,false,null]"#,
        r#"{"$token":1}"#,
        r#"{"$$token":1}"#,
        r#"{"$account":"x"}"#,
        r#"{"x":{"$volatile":"y"},"y":{"$":1},"z":{"$a":1,"$b":2},"\u0024token":{"\u0024token":1}}"#,
        "1",
        "\"\u{2028}\u{7f}\"",
        "null",
    ] {
        let written = round(&literal(body.as_bytes()));
        assert!(written.contains("\"body\": ") && !written.contains("\"style\""), "{written}");
        let spaced = body.replace(',', ", ").replace(':', ": ");
        if spaced != body && !body.contains("\"$") {
            assert!(round(&literal(spaced.as_bytes())).contains("\"style\": \"spaced\""));
        }
    }
}

#[test]
fn bodies_that_are_not_json_are_text_or_base64() {
    for (body, member) in [
        (&b"{ }"[..], "\"text\": \"{ }\""),
        (b"{\"a\": 1,\"b\":2}", "\"text\": "),
        (b"{\"a\":1}\n", "\"text\": "),
        (b"\t[1]", "\"text\": "),
        (b"<html>\r\n", "\"text\": \"<html>\\r\\n\""),
        (b"{\"a\":", "\"text\": "),
        (b"\xef\xbb\xbf{}", "\"text\": "),
        (b"\xff\xfe", "\"base64\": \"//4=\""),
        (b"{\"a\":\"\xc3\"}", "\"base64\": "),
        (b"\0", "\"text\": \"\\u0000\""),
    ] {
        let written = round(&literal(body));
        assert!(written.contains(member), "{written}");
    }
    assert!(!round(&Body::default()).contains("\"body\""));
    for depth in [110, 116, 117, 128, 129, 5000] {
        round(&literal(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes()));
    }
}

#[test]
fn holes_keep_their_places() {
    for (before, after, expected) in [
        ("{\"a\":\"\",\"t\":", ",\"b\":\"\"}", "\"t\": {\"$token\": 7},"),
        ("{\"a\": \"\", \"t\": ", "}", "\"style\": \"spaced\""),
        ("", "", "\"body\": {\"$token\": 7}"),
        ("not json ", " at all", "\"text\": ["),
        ("{", ":1}", "\"text\": ["),
        ("\"", "\"", "\"text\": ["),
    ] {
        let mut body = literal(before.as_bytes());
        body.push_hole(Hole::Token(7));
        body.push_literal(Bytes::from(after));
        let written = round(&body);
        assert!(written.contains(expected), "{written}");
    }
    let mut body = literal(b"\xff");
    body.push_hole(Hole::Volatile("a\"b".into()));
    body.push_hole(Hole::Token(1));
    assert!(round(&body).contains("\"base64\": ["));
}

#[test]
fn a_pseudonym_is_a_string_however_it_is_written() {
    for (body, as_string, as_hole) in [
        (
            r#"{"owner":"9999\u00312345678"}"#,
            r#""owner": "9999\u00312345678""#,
            r#""owner": {"$account": "9999\u00312345678"}"#,
        ),
        (
            r#"of "999912345678""#,
            r#""text": "of \"999912345678\"""#,
            r#""text": ["of ", {"$account": "999912345678"}]"#,
        ),
    ] {
        let entry = entry(vec![literal(body.as_bytes())]);
        let written = entry_file::write(&entry).unwrap();
        assert!(written.contains(as_string), "{written}");
        assert_eq!(entry_file::read(written.replace(as_string, as_hole).as_bytes()).unwrap(), entry);
        let flaw =
            entry_file::read(written.replace(as_string, "\"text\": [{\"$account\": 1}]").as_bytes()).unwrap_err();
        assert!(flaw.reason.contains("$account") && flaw.reason.contains("wrong type"), "{}", flaw.reason);
    }
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        prop::sample::select(vec!["true", "false", "null", "\"\"", "{}", "[]"]).prop_map(str::to_owned),
        "\"([a-z$ é😀/]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,8}\"",
    ];
    let name = "\"(\\$){0,2}(token|volatile|a|\\\\u0024token)?\"";
    let blank = prop::sample::select(vec!["", "", "", " ", "\n  "]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let comma = blank.clone().prop_map(|blank| format!(",{blank}"));
        let colon = blank.clone().prop_map(|blank| format!(":{blank}"));
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), comma.clone())
                .prop_map(|(items, comma)| format!("[{}]", items.join(&comma))),
            (prop::collection::vec((name, inner), 1..4), comma, colon).prop_map(|(members, comma, colon)| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}{colon}{value}")).collect();
                format!("{{{}}}", members.join(&comma))
            }),
        ]
    })
}

/// Any body: JSON, cut anywhere by holes, or bytes of any kind.
fn any_body() -> impl Strategy<Value = Body> {
    let hole = prop_oneof![any::<u32>().prop_map(Hole::Token), "\\PC{0,8}".prop_map(Hole::Volatile),];
    let bytes = prop_oneof![
        4 => json_text().prop_map(String::into_bytes),
        1 => "\\PC{0,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    (bytes, prop::collection::vec((any::<prop::sample::Index>(), hole), 0..3), any::<bool>()).prop_map(
        |(bytes, mut holes, at_strings)| {
            let empty: Vec<_> =
                bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"\"\"").map(|(at, _)| at).collect();
            let mut body = Body::default();
            let mut done = 0;
            holes.sort_by_key(|(index, _)| index.index(bytes.len() + 1));
            for (index, hole) in holes {
                let (at, width) = match (at_strings, empty.as_slice()) {
                    (true, [_, ..]) => (empty[index.index(empty.len())], 2),
                    _ => (index.index(bytes.len() + 1), 0),
                };
                if at >= done {
                    body.push_literal(Bytes::copy_from_slice(&bytes[done..at]));
                    body.push_hole(hole);
                    done = at + width;
                }
            }
            body.push_literal(Bytes::copy_from_slice(&bytes[done..]));
            body
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_survives_the_text(bodies in prop::collection::vec(any_body(), 1..4)) {
        let entry = entry(bodies);
        let written = entry_file::write(&entry).unwrap();
        prop_assert_eq!(entry_file::read(written.as_bytes()).unwrap(), entry);
    }

    #[test]
    fn no_text_makes_the_reader_panic(mut bytes in any_body().prop_map(|body| entry_file::write(&entry(vec![body])).unwrap().into_bytes()), at: prop::sample::Index, byte: u8) {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(entry) = entry_file::read(&bytes) {
            // What is read can be written, or is refused; it never comes back as something else.
            if let Ok(again) = entry_file::write(&entry) {
                prop_assert_eq!(entry_file::read(again.as_bytes()).unwrap(), entry);
            }
        }
    }
}

#[test]
fn a_page_keeps_status_and_headers() {
    let mut entry = entry(vec![literal(b"{}")]);
    entry.takes[0].pages[0] = Page { status: 404, headers: Vec::new(), body: Body::default() };
    let written = entry_file::write(&entry).unwrap();
    assert_eq!(entry_file::read(written.as_bytes()).unwrap(), entry);
    assert!(!written.contains("headers"));
}
