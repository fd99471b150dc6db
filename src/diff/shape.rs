//! What answers are made of, whatever their values: members, types, and the structure of a list's items.

use crate::json::{self, Kind, Node, unquote};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The shape of one or many values that stand in the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// The types that were seen; `null` is as good as absent.
    types: BTreeSet<&'static str>,
    /// How many objects were seen.
    objects: usize,
    /// By name: in how many of them it was, and its shape.
    members: BTreeMap<String, (usize, Shape)>,
    /// The shape of all lists' items together.
    items: Option<Box<Shape>>,
}

/// A difference in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// As a JSON pointer; `*` stands for all items of a list.
    pub pointer: String,
    /// What became of it.
    pub what: DriftKind,
}

/// What became of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriftKind {
    /// A member that nobody knew.
    Added,
    /// A member that was always there, and is nowhere now.
    Gone,
    /// Another type.
    Type {
        /// What it was.
        before: String,
        /// What it is.
        after: String,
    },
    /// Something that stands beside the body: the status, the error, the content type.
    Head {
        /// What it was.
        before: String,
        /// What it is.
        after: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(all)" } else { &self.pointer };
        match &self.what {
            DriftKind::Added => write!(f, "{pointer} is new"),
            DriftKind::Gone => write!(f, "{pointer} is gone"),
            DriftKind::Type { before, after } => write!(f, "{pointer} was {before}, and is {after}"),
            DriftKind::Head { before, after } => write!(f, "{pointer}: was {before}, and is {after}"),
        }
    }
}

/// How the shape of JSON texts has changed; `known` tells which new members are no news. None where either has no text that
/// is JSON and the other neither.
pub(super) fn drift(before: &[Vec<u8>], after: &[Vec<u8>], known: &dyn Fn(&str) -> bool) -> Vec<Drift> {
    let (mut found, before, after) = (Vec::new(), read_shape(before), read_shape(after));
    compare(&mut found, "", &before, &after, known);
    found
}

fn read_shape(texts: &[Vec<u8>]) -> Shape {
    let mut shape = Shape::default();
    for text in texts {
        match json::parse(text) {
            Ok(node) => shape.add(&node),
            Err(_) => drop(shape.types.insert("not JSON")),
        }
    }
    shape
}

impl Shape {
    fn add(&mut self, node: &Node<'_>) {
        let name = match &node.kind {
            Kind::Null => return,
            Kind::Bool(_) => "true or false",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array(items) => {
                let shape = self.items.get_or_insert_default();
                items.iter().for_each(|item| shape.add(item));
                "a list"
            }
            // A hole: it stands for a string.
            Kind::Object(members) if is_hole(members) => "a string",
            Kind::Object(members) => {
                self.objects += 1;
                for member in members.iter().filter(|member| member.value.kind != Kind::Null) {
                    let name = unquote(member.key).unwrap_or_default().into_owned();
                    let (count, shape) = self.members.entry(name).or_default();
                    *count += 1;
                    shape.add(&member.value);
                }
                "an object"
            }
        };
        self.types.insert(name);
    }
}

fn is_hole(members: &[json::Member<'_>]) -> bool {
    matches!(members, [member] if member.key.starts_with("\"$") && !member.key.starts_with("\"$$"))
}

fn compare(found: &mut Vec<Drift>, pointer: &str, before: &Shape, after: &Shape, known: &dyn Fn(&str) -> bool) {
    // Where nothing was seen on one side nothing can be said.
    if before.types.is_empty() || after.types.is_empty() {
        return;
    }
    if !after.types.is_subset(&before.types) {
        let named = |shape: &Shape| shape.types.iter().copied().collect::<Vec<_>>().join(" or ");
        let what = DriftKind::Type { before: named(before), after: named(after) };
        found.push(Drift { pointer: pointer.to_owned(), what });
        return;
    }
    if let (Some(before), Some(after)) = (&before.items, &after.items) {
        compare(found, &format!("{pointer}/*"), before, after, known);
    }
    if before.objects == 0 || after.objects == 0 {
        return;
    }
    let below = |name: &str| format!("{pointer}/{}", json::pointer_step(name));
    for (name, (count, shape)) in &before.members {
        match after.members.get(name) {
            Some((_, now)) => compare(found, &below(name), shape, now, known),
            None if *count == before.objects => found.push(Drift { pointer: below(name), what: DriftKind::Gone }),
            None => {}
        }
    }
    let new = after.members.keys().filter(|name| !before.members.contains_key(*name)).map(|name| below(name));
    found.extend(new.filter(|it| !known(it)).map(|pointer| Drift { pointer, what: DriftKind::Added }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(before: &str, after: &str) -> Vec<String> {
        let text = |text: &str| vec![text.as_bytes().to_vec()];
        let known = |pointer: &str| pointer.ends_with("/known");
        drift(&text(before), &text(after), &known).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_numbers_of_items_and_members_that_come_and_go_are_no_shape() {
        for (before, after) in [
            (r#"{"l":[{"a":1},{"a":2,"b":"x"}],"n":null}"#, r#"{"l":[{"a":1.5E9,"known":[]}]}"#),
            (r#"{"l":[{"a":1}]}"#, r#"{"l":[]}"#),
            (r#"{"l":[]}"#, r#"{"l":[{"a":1}]}"#),
            (r#"{"n":{"$volatile":"w:/n"}}"#, r#"{"n":"x"}"#),
        ] {
            assert_eq!(describe(before, after), [""; 0], "{before} {after}");
        }
    }

    #[test]
    fn members_types_and_items_that_are_others_are() {
        assert_eq!(
            describe(
                r#"{"l":[{"a":1,"g":1},{"a":2,"g":2}],"s":"x","o":{"k":1}}"#,
                r#"{"l":[{"a":"1","n":1}],"s":["x"],"o":{"k":1,"j":2}}"#
            ),
            [
                "/l/*/a was a number, and is a string",
                "/l/*/g is gone",
                "/l/*/n is new",
                "/o/j is new",
                "/s was a string, and is a list",
            ]
        );
        assert_eq!(describe("{}", "<html>"), ["(all) was an object, and is not JSON"]);
    }
}
