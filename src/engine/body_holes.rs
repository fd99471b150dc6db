//! Volatile values in bodies: holes where they stand, and live values in the holes.

use crate::engine::body_strings::{BodyString, body_strings};
use crate::engine::derived_uuid::uuid;
use crate::engine::times::write_time;
use crate::json;
use crate::model::{Body, Hole};
use crate::session::Bindings;
use crate::wire;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;
use std::time::SystemTime;

/// `body` with a hole for every whole string that is a live value, where the hole brings its bytes back: a value that
/// is spelled otherwise than ramtape would spell it stays as it is, and so does a body in no notation that is known.
pub(super) fn punch_holes(body: Body, live: &Bindings) -> Body {
    let (bytes, there) = body.with_placeholders();
    // An empty string is no live value: what is there already is not found again.
    let place =
        |(place, hole): (Range<usize>, &Hole)| HolePlace { start: place.start, end: place.end, hole: hole.clone() };
    let mut holes: Vec<_> = there.into_iter().map(place).collect();
    if live.is_empty() {
        return body;
    }
    let known = holes.len();
    for string in body_strings(&bytes) {
        let is_there = holes.iter().take(known).any(|hole| hole.start == string.range.start);
        holes.extend((!is_there).then(|| hole_for(&string, &bytes, live)).flatten());
    }
    if holes.len() == known {
        return body;
    }
    holes.sort_unstable_by_key(|hole| hole.start);
    let mut punched = Body::default();
    let mut from = 0;
    for HolePlace { start, end, hole } in holes {
        punched.push_literal(bytes.slice(from..start));
        punched.push_hole(hole);
        from = end;
    }
    punched.push_literal(bytes.slice(from..));
    punched
}

/// A hole and the bytes that it stands for.
struct HolePlace {
    start: usize,
    end: usize,
    hole: Hole,
}

/// The hole for a string that is a live value. It is filled with the name's latest value: an earlier one would not come back.
fn hole_for(string: &BodyString<'_>, bytes: &[u8], live: &Bindings) -> Option<HolePlace> {
    let name = live.name_of(&string.text)?;
    let is_latest = live.value_of(name) == Some(&string.text);
    let comes_back = || bytes.get(string.range.clone()) == Some(string.encode(&string.text).as_slice());
    let Range { start, end } = string.range;
    (is_latest && comes_back()).then(|| HolePlace { start, end, hole: Hole::Volatile(name.to_owned()) })
}

/// The bytes of a body that has no holes but for volatile values, and for times, which count from now.
pub(super) fn fill_holes(body: &Body, live: Option<&Bindings>) -> Bytes {
    let notation = body.notation();
    let filled = body.render(|hole| {
        Ok::<_, Infallible>(match hole {
            Hole::Volatile(name) => Cow::Owned(wire::encode_text(notation, &live_text(name, live))),
            Hole::Fresh(freshness) => Cow::Owned(write_time(*freshness, SystemTime::now(), notation)),
            Hole::Token(_) => Cow::Borrowed(&b"null"[..]),
        })
    });
    filled.unwrap_or_default()
}

/// The live value called `name`, as JSON.
pub(super) fn live_value(name: &str, live: Option<&Bindings>) -> String {
    json::quote(&live_text(name, live))
}

/// The live value called `name`. A session that never gave one (its client sends none where the recorded one did) gets a
/// placeholder, always the same.
fn live_text(name: &str, live: Option<&Bindings>) -> String {
    live.and_then(|live| live.value_of(name)).map_or_else(|| placeholder(name), str::to_owned)
}

/// A UUID that `name` determines.
fn placeholder(name: &str) -> String {
    uuid(Sha256::new_with_prefix(b"ramtape-volatile").chain_update(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bindings(values: &[(&str, &str)]) -> Bindings {
        let mut bindings = Bindings::default();
        for (name, value) in values {
            bindings.bind((*name).to_owned(), value);
        }
        bindings
    }

    fn volatile(name: &str) -> Hole {
        Hole::Volatile(name.to_owned())
    }

    #[test]
    fn whole_values_in_their_one_spelling_become_holes() {
        let live = bindings(&[("w:/name", "s-1"), ("w:/odd", "q\"/é"), ("v:/name", "s-12")]);
        let text =
            br#"{"s-1":"s-1","in":"x s-1","o":["s-12","q\"/\u00e9", "q\"\/\u00e9","s\u002d1",{"n" :"s-1"}],"x":7}"#;
        let mut body = Body::literal(Bytes::from_static(text));
        let punched = punch_holes(body.clone(), &live);
        assert_eq!(
            punched.holes().collect::<Vec<_>>(),
            [&volatile("w:/name"), &volatile("v:/name"), &volatile("w:/name")]
        );
        assert_eq!(fill_holes(&punched, Some(&live)), &text[..]);
        body = Body::literal(Bytes::from("[\"q\\\"/é\"]".to_owned()));
        assert_eq!(punch_holes(body, &live).holes().collect::<Vec<_>>(), [&volatile("w:/odd")]);
        for other in ["<s-1>", "", "{\"a\":\"s-1\""] {
            let body = Body::literal(Bytes::from(other));
            assert_eq!(punch_holes(body.clone(), &live), body);
        }
    }

    #[test]
    fn holes_that_are_there_stay_in_their_places() {
        let mut body = Body::literal(Bytes::from_static(br#"["s",{"nextToken":"#));
        body.push_hole(Hole::Token(1));
        body.push_literal(Bytes::from_static(br#","n":"s"}]"#));
        let punched = punch_holes(body, &bindings(&[("w:/name", "s")]));
        assert_eq!(punched.holes().collect::<Vec<_>>(), [&volatile("w:/name"), &Hole::Token(1), &volatile("w:/name")]);
        let expected = br#"["t",{"nextToken":null,"n":"t"}]"#;
        assert_eq!(fill_holes(&punched, Some(&bindings(&[("w:/name", "t")]))), &expected[..]);
    }

    #[test]
    fn what_a_session_never_gave_has_a_placeholder() {
        let [one, same, other] = ["w:/a", "w:/a", "w:/b"].map(|name| live_value(name, None));
        assert_eq!((one.len(), &one), (38, &same));
        assert_ne!(one, other);
    }

    /// JSON as servers write it, full of the values that may be bound.
    fn any_json() -> impl Strategy<Value = String> {
        let spelled = vec![
            "\"a\"",
            "\"ab\"",
            "\"a b\"",
            "\"\\u0061\"",
            "\"é\"",
            "\"\\u00e9\"",
            "\"\"",
            "\"\\\"\"",
            "\"\\/\"",
            "\"/\"",
            "\"\\ud800\"",
            "\"\\n\"",
            "\"\\u000a\"",
            "1.50",
            "-0",
            "null",
            "true",
            "{\"$volatile\":\"a\"}",
        ];
        let leaf = prop::sample::select(spelled).prop_map(str::to_owned);
        leaf.prop_recursive(4, 32, 6, |inner| {
            let blank = prop::sample::select(vec!["", " ", "\n"]);
            let array = (prop::collection::vec(inner.clone(), 0..6), blank.clone())
                .prop_map(|(items, blank)| format!("[{blank}{}]", items.join(&format!(",{blank}"))));
            let members = prop::collection::vec((prop::sample::select(vec!["a", "ab", "é", "$token"]), inner), 0..6);
            let object = (members, blank).prop_map(|(members, blank)| {
                let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\"{blank}:{v}")).collect();
                format!("{{{}{blank}}}", members.join(","))
            });
            prop_oneof![array, object]
        })
    }

    fn any_bindings() -> impl Strategy<Value = Bindings> {
        let value = prop::sample::select(vec!["a", "ab", "a b", "é", "", "\"", "/", "\n", "x"]);
        prop::collection::vec((prop::sample::select(vec!["w:/1", "w:/2", "v:/1"]), value), 0..6)
            .prop_map(|values| bindings(&values))
    }

    proptest! {
        #[test]
        fn filled_with_the_same_values_the_bytes_are_the_same(text in any_json(), live in any_bindings()) {
            let punched = punch_holes(Body::literal(Bytes::from(text.clone())), &live);
            prop_assert_eq!(fill_holes(&punched, Some(&live)), text.as_bytes());
            prop_assert_eq!(punch_holes(punched.clone(), &live), punched);
        }

        #[test]
        fn whatever_the_values_the_cassette_holds_the_same(text in any_json(), other in "[a-z\"\\\\é]{3,8}") {
            let (live, again) = (bindings(&[("w:/n", "ab")]), bindings(&[("w:/n", &other)]));
            let punched = punch_holes(Body::literal(Bytes::from(text)), &live);
            let answered_again = fill_holes(&punched, Some(&again));
            prop_assert_eq!(punch_holes(Body::literal(answered_again), &again), punched);
        }
    }
}
