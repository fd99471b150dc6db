//! Where two JSON texts differ, list items paired as a person would.

use crate::json::{self, Kind, Node, unquote};
use crate::wire;

/// Lists longer than this, multiplied, are compared place by place: pairing would take too long.
const PAIRED: usize = 1 << 20;

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueAt {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// The value as it is spelled.
    pub value: String,
}

/// One difference. Where a list has grown or shrunk, the two pointers can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was there; `None` for what was added.
    pub before: Option<ValueAt>,
    /// What is there; `None` for what is gone.
    pub after: Option<ValueAt>,
}

/// The differences between two texts, in order. Empty where they are the same JSON, however spelled: the order of members
/// and blanks do not count. XML and CBOR count as the JSON that they stand for. One difference at the root where either is no JSON.
#[must_use]
pub fn differences(before: &[u8], after: &[u8]) -> Vec<Difference> {
    let mut found = Vec::new();
    if let (Some(before), Some(after)) = (wire::to_json(before), wire::to_json(after)) {
        return differences(before.as_bytes(), after.as_bytes());
    }
    match (json::parse(before), json::parse(after)) {
        (Ok(before), Ok(after)) => compare(&mut found, &At::root(&before), &At::root(&after)),
        _ if before != after => {
            let place = |bytes: &[u8]| {
                let value = String::from_utf8_lossy(bytes).into_owned();
                (!bytes.is_empty()).then_some(ValueAt { pointer: String::new(), value })
            };
            found.push(Difference { before: place(before), after: place(after) });
        }
        _ => {}
    }
    found
}

/// A node and its pointer.
struct At<'n, 'a> {
    pointer: String,
    node: &'n Node<'a>,
}

impl<'n, 'a> At<'n, 'a> {
    const fn root(node: &'n Node<'a>) -> Self {
        Self { pointer: String::new(), node }
    }

    fn below(&self, step: &str, node: &'n Node<'a>) -> Self {
        Self { pointer: format!("{}/{}", self.pointer, json::pointer_step(step)), node }
    }

    fn place(&self) -> ValueAt {
        ValueAt { pointer: self.pointer.clone(), value: self.node.raw.to_owned() }
    }
}

fn compare(found: &mut Vec<Difference>, before: &At<'_, '_>, after: &At<'_, '_>) {
    match (&before.node.kind, &after.node.kind) {
        (Kind::Object(a), Kind::Object(b)) => {
            for member in a {
                let name = unquote(member.key).unwrap_or_default();
                let here = before.below(&name, &member.value);
                match after.node.member(&name) {
                    Some(there) => compare(found, &here, &after.below(&name, there)),
                    None => found.push(gone(&here)),
                }
            }
            for member in b {
                let name = unquote(member.key).unwrap_or_default();
                if before.node.member(&name).is_none() {
                    found.push(added(&after.below(&name, &member.value)));
                }
            }
        }
        (Kind::Array(a), Kind::Array(b)) => {
            for (here, there) in paired(a, b) {
                let item = |at: &At<'_, '_>, index: usize| at.pointer.clone() + "/" + &index.to_string();
                let here = here.and_then(|at| Some(At { pointer: item(before, at), node: a.get(at)? }));
                let there = there.and_then(|at| Some(At { pointer: item(after, at), node: b.get(at)? }));
                match (here, there) {
                    (Some(here), Some(there)) => compare(found, &here, &there),
                    (Some(here), None) => found.push(gone(&here)),
                    (None, Some(there)) => found.push(added(&there)),
                    (None, None) => {}
                }
            }
        }
        _ if same(before.node, after.node) => {}
        _ => found.push(Difference { before: Some(before.place()), after: Some(after.place()) }),
    }
}

fn gone(here: &At<'_, '_>) -> Difference {
    Difference { before: Some(here.place()), after: None }
}

fn added(there: &At<'_, '_>) -> Difference {
    Difference { before: None, after: Some(there.place()) }
}

/// Whether two values are the same JSON. Numbers and strings are so where they are spelled the same.
fn same(a: &Node<'_>, b: &Node<'_>) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Array(a), Kind::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Kind::Object(members), Kind::Object(others)) => {
            members.len() == others.len() && members.iter().all(|member| is_in(member, b))
        }
        (a_kind, b_kind) => a_kind == b_kind && a.raw == b.raw,
    }
}

fn is_in(member: &json::Member<'_>, object: &Node<'_>) -> bool {
    let name = unquote(member.key).unwrap_or_default();
    object.member(&name).is_some_and(|other| same(&member.value, other))
}

type IndexPair = (Option<usize>, Option<usize>);

/// Which items of two lists belong together: equal ones in their order, and between those the ones that are most alike.
fn paired(a: &[Node<'_>], b: &[Node<'_>]) -> Vec<IndexPair> {
    let start = a.iter().zip(b).take_while(|(a, b)| same(a, b)).count();
    let rest = |list: &[Node<'_>]| list.len() - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(rest(a).min(rest(b))).take_while(|(a, b)| same(a, b)).count();
    let (a_end, b_end) = (a.len() - end, b.len() - end);
    let (middle_a, middle_b) = (a.get(start..a_end).unwrap_or_default(), b.get(start..b_end).unwrap_or_default());
    if middle_a.len().saturating_mul(middle_b.len()) > PAIRED {
        let at = |at: usize, length: usize| (at < length).then_some(start + at);
        let longer = middle_a.len().max(middle_b.len());
        return (0..longer).map(|n| (at(n, middle_a.len()), at(n, middle_b.len()))).collect();
    }
    let mut pairs = Vec::new();
    let (mut from_a, mut from_b) = (0, 0);
    let anchors = super::subsequence::common_places(middle_a.len(), middle_b.len(), |x, y| {
        middle_a.get(x).zip(middle_b.get(y)).is_some_and(|(a, b)| same(a, b))
    });
    for (to_a, to_b) in anchors.into_iter().chain([(middle_a.len(), middle_b.len())]) {
        gap(&mut pairs, (middle_a, from_a..to_a), (middle_b, from_b..to_b));
        (from_a, from_b) = (to_a + 1, to_b + 1);
    }
    pairs.into_iter().map(|(x, y)| (x.map(|x| x + start), y.map(|y| y + start))).collect()
}

type Stretch<'n, 'a> = (&'n [Node<'a>], std::ops::Range<usize>);

/// Pairs what stands between two equal items, the most alike first; what is like nothing stays alone.
fn gap(pairs: &mut Vec<IndexPair>, (a, range_a): Stretch<'_, '_>, (b, range_b): Stretch<'_, '_>) {
    let mut likely: Vec<(usize, usize, usize)> = Vec::new();
    for x in range_a.clone() {
        for y in range_b.clone() {
            let Some((left, right)) = a.get(x).zip(b.get(y)) else { continue };
            likely.extend(likeness(left, right).map(|score| (score, x, y)));
        }
    }
    likely.sort_by_key(|(score, x, y)| (std::cmp::Reverse(*score), x.abs_diff(*y), *x));
    let (mut of_a, mut of_b) = (vec![None; a.len()], vec![None; b.len()]);
    for (_, x, y) in likely {
        if let (Some(one @ None), Some(other @ None)) = (of_a.get_mut(x), of_b.get_mut(y)) {
            (*one, *other) = (Some(y), Some(x));
        }
    }
    let partner = |of: &[Option<usize>], at: usize| of.get(at).copied().flatten();
    pairs.extend(range_a.map(|x| (Some(x), partner(&of_a, x))));
    pairs.extend(range_b.filter(|y| partner(&of_b, *y).is_none()).map(|y| (None, Some(y))));
}

/// How alike two items are, of 1000: the share of members that are equal. `None` where less than half of them are.
fn likeness(a: &Node<'_>, b: &Node<'_>) -> Option<usize> {
    let (Kind::Object(members), Kind::Object(others)) = (&a.kind, &b.kind) else { return None };
    let equal = members.iter().filter(|member| is_in(member, b)).count();
    let score = equal * 1000 / members.len().max(others.len()).max(1);
    (score >= 500).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-/pointer=value` and `+/pointer=value`.
    fn describe(before: &str, after: &str) -> Vec<String> {
        let found = differences(before.as_bytes(), after.as_bytes());
        let sign =
            |sign: &str, place: Option<ValueAt>| place.map(|place| format!("{sign}{}={}", place.pointer, place.value));
        found.into_iter().flat_map(|it| [sign("-", it.before), sign("+", it.after)]).flatten().collect()
    }

    #[test]
    fn members_are_compared_by_name_and_scalars_by_spelling() {
        assert_eq!(describe(r#"{"a":1,"b/c":[{"d":"x"}]}"#, r#"{ "b/c": [ {"d": "x"} ], "a": 1 }"#), [""; 0]);
        assert_eq!(
            describe(r#"{"a":1,"b~/c":"x","e":null}"#, r#"{"a":1.0,"b~/c":"y","f":[]}"#),
            ["-/a=1", "+/a=1.0", "-/b~0~1c=\"x\"", "+/b~0~1c=\"y\"", "-/e=null", "+/f=[]"]
        );
        assert_eq!(describe("<a>", "<b>"), ["-=<a>", "+=<b>"]);
        assert_eq!(describe("", "{}"), ["+={}"]);
    }

    #[test]
    fn items_are_paired_by_what_they_have_in_common() {
        let item = |name: &str, time: u32| format!(r#"{{"arn":"{name}","owner":"1","time":{time}}}"#);
        let list = |items: &[String]| format!(r#"{{"l":[{}]}}"#, items.join(","));
        let before = list(&[item("a", 1), item("b", 2), item("c", 3)]);
        assert_eq!(describe(&before, &list(&[item("n", 9), item("a", 1), item("b", 2), item("c", 3)])).len(), 1);
        assert_eq!(
            describe(&before, &list(&[item("a", 1), item("c", 4)])),
            [format!("-/l/1={}", item("b", 2)).as_str(), "-/l/2/time=3", "+/l/1/time=4",]
        );
        assert_eq!(describe("[1,2,3]", "[2,3,4]"), ["-/0=1", "+/2=4"]);
        let long =
            |from: usize| format!("[{}]", (from..from + 3000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        assert_eq!(describe(&long(0), &long(5000)).len(), 6000);
    }
}
