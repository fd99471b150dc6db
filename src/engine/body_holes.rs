//! Volatile values in bodies: holes where they stand, and live values in the holes.

use crate::engine::derived_uuid::uuid;
use crate::json::{self, Kind, Node};
use crate::model::{Body, Hole};
use crate::session::Bindings;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

/// `body` with a hole for every whole string that is a live value, where the hole brings its bytes back: a value that
/// is spelled otherwise than [`json::quote`] would stays as it is, and so does a body that is no JSON.
pub(super) fn punch_holes(body: Body, live: &Bindings) -> Body {
    let (bytes, there) = body.with_placeholders();
    // An empty string is no live value: what is there already is not found again.
    let place =
        |(place, hole): (Range<usize>, &Hole)| HolePlace { start: place.start, end: place.end, hole: hole.clone() };
    let mut holes: Vec<_> = there.into_iter().map(place).collect();
    let Ok(root) = json::parse(&bytes) else { return body };
    let known = holes.len();
    find_values(&root, live, &mut holes);
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

fn find_values(node: &Node<'_>, live: &Bindings, holes: &mut Vec<HolePlace>) {
    match &node.kind {
        Kind::String => {
            let Some(text) = node.text() else { return };
            let Some(name) = live.name_of(&text) else { return };
            // A hole is filled with the name's latest value: an earlier one would not come back.
            if live.value_of(name) == Some(&text) && json::quote(&text) == node.raw {
                let span = node.span();
                holes.push(HolePlace { start: span.start, end: span.end, hole: Hole::Volatile(name.to_owned()) });
            }
        }
        Kind::Array(items) => items.iter().for_each(|item| find_values(item, live, holes)),
        Kind::Object(members) => members.iter().for_each(|member| find_values(&member.value, live, holes)),
        Kind::Null | Kind::Bool(_) | Kind::Number => {}
    }
}

/// The bytes of a body that has no holes but for volatile values.
pub(super) fn fill_holes(body: &Body, live: Option<&Bindings>) -> Bytes {
    let filled = body.render(|hole| {
        Ok::<_, Infallible>(match hole {
            Hole::Volatile(name) => Cow::Owned(live_value(name, live).into_bytes()),
            Hole::Token(_) => Cow::Borrowed(&b"null"[..]),
        })
    });
    filled.unwrap_or_default()
}

/// The live value called `name`, as JSON. A session that never gave one (its client sends none where the recorded one did)
/// gets a placeholder, always the same.
pub(super) fn live_value(name: &str, live: Option<&Bindings>) -> String {
    match live.and_then(|live| live.value_of(name)) {
        Some(value) => json::quote(value),
        None => json::quote(&placeholder(name)),
    }
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
