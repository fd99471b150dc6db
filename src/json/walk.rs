//! Visits a JSON value and everything in it; all recursions in the crate use it.

use super::{Kind, Member, Node, legible, pointer_step};
use std::borrow::Cow;

/// One step from a value to a value that it holds.
#[derive(Clone, Copy, Debug)]
pub enum Step<'n, 'a> {
    /// To the item of an array at this index.
    Item(usize),
    /// To the value of this member.
    Member(&'n Member<'a>),
}

impl<'a> Step<'_, 'a> {
    /// The index or the member's name, as a JSON pointer has it before escaping.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Item(index) => index.to_string().into(),
            Self::Member(member) => legible(member.key),
        }
    }
}

/// The steps from the root of a walk to the value that it is at.
#[derive(Clone, Debug, Default)]
pub struct Path<'n, 'a>(Vec<Step<'n, 'a>>);

impl<'n, 'a> Path<'n, 'a> {
    /// The steps, outermost first; none at the root.
    #[must_use]
    pub fn steps(&self) -> &[Step<'n, 'a>] {
        &self.0
    }

    /// The member whose value the walk is at; `None` at the root and in an array.
    #[must_use]
    pub fn member(&self) -> Option<&'n Member<'a>> {
        match self.0.last() {
            Some(Step::Member(member)) => Some(member),
            _ => None,
        }
    }

    /// The JSON pointer (RFC 6901) from the root.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.0.iter().map(|step| format!("/{}", pointer_step(&step.text()))).collect()
    }
}

impl<'a> Node<'a> {
    /// Calls `visit` for this value and everything in it, in the order of the text, each value before what it holds.
    ///
    /// `visit` gets the path to the value, the value, and what it returned for the value that holds it (`context` at this
    /// one); it returns what to pass on to the values inside, or `None` to skip them.
    pub fn walk<'n, C>(&'n self, context: &C, visit: &mut impl FnMut(&Path<'n, 'a>, &'n Node<'a>, &C) -> Option<C>) {
        walk(self, &mut Path(Vec::new()), context, visit);
    }

    /// This value and everything in it, in the order of the text, each value before what it holds.
    pub fn descendants<'n>(&'n self) -> impl Iterator<Item = &'n Node<'a>> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            match &next.kind {
                Kind::Array(items) => waiting.extend(items.iter().rev()),
                Kind::Object(members) => waiting.extend(members.iter().rev().map(|member| &member.value)),
                _ => {}
            }
            Some(next)
        })
    }
}

fn walk<'n, 'a, C>(
    node: &'n Node<'a>,
    path: &mut Path<'n, 'a>,
    context: &C,
    visit: &mut impl FnMut(&Path<'n, 'a>, &'n Node<'a>, &C) -> Option<C>,
) {
    let Some(inner) = visit(path, node, context) else { return };
    let mut enter = |step, value| {
        path.0.push(step);
        walk(value, path, &inner, visit);
        path.0.pop();
    };
    match &node.kind {
        Kind::Array(items) => items.iter().enumerate().for_each(|(index, item)| enter(Step::Item(index), item)),
        Kind::Object(members) => members.iter().for_each(|member| enter(Step::Member(member), &member.value)),
        Kind::Null | Kind::Bool(_) | Kind::Number | Kind::String => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use crate::json::parse;

    const TEXT: &[u8] = br#"{"a/b":[1,{"c":2}],"\u0064":{"skip":3},"e":null}"#;

    #[test]
    fn a_walk_knows_its_path_passes_its_context_on_and_skips() {
        let root = parse(TEXT).unwrap();
        let mut seen = Vec::new();
        root.walk(&0, &mut |path, node, depth| {
            seen.push((path.pointer(), node.raw, *depth));
            path.member().is_none_or(|member| member.key != r#""\u0064""#).then_some(depth + 1)
        });
        let pointers: Vec<&str> = seen.iter().map(|(pointer, ..)| pointer.as_str()).collect();
        assert_eq!(pointers, ["", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/c", "/d", "/e"]);
        assert_eq!(seen[4], ("/a~1b/1/c".to_owned(), "2", 3));
    }

    #[test]
    fn descendants_come_in_the_order_of_the_text() {
        let root = parse(TEXT).unwrap();
        let numbers: Vec<&str> = root.descendants().map(|node| node.raw).filter(|raw| raw.len() == 1).collect();
        assert_eq!(numbers, ["1", "2", "3"]);
        assert_eq!(root.descendants().count(), 8);
    }
}
