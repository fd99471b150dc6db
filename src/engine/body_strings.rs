//! The strings of a body, whatever its notation: where they stand, and what members they are.

use crate::json::{self, Kind, Node};
use crate::model::Notation;
use crate::wire;
use std::borrow::Cow;
use std::ops::Range;

/// A string in a body, or a number in JSON.
pub(super) struct BodyString<'a> {
    /// The bytes that stand for it.
    pub(super) range: Range<usize>,
    pub(super) text: Cow<'a, str>,
    /// The members and indexes that lead to it.
    pub(super) path: Vec<Cow<'a, str>>,
    notation: Notation,
}

impl BodyString<'_> {
    /// Whether it is the member `name` of a member called `holder`.
    pub(super) fn is_member_of(&self, holder: &str, name: &str) -> bool {
        matches!(self.path.as_slice(), [.., within, last] if within == holder && last == name)
    }

    /// Whether it stands in XML.
    pub(super) fn is_xml(&self) -> bool {
        self.notation == Notation::Xml
    }

    /// `text` as it stands in its place.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        wire::encode_text(self.notation, text)
    }
}

/// The strings of `body`, and of JSON its numbers, in order of place; none where its notation is not known.
pub(super) fn body_strings(body: &[u8]) -> Vec<BodyString<'_>> {
    let notation = Notation::detect(body);
    if notation == Notation::Json {
        let mut found = Vec::new();
        if let Ok(root) = json::parse(body) {
            add_json(&root, &mut Vec::new(), &mut found);
        }
        return found;
    }
    let leaves = wire::leaves(body).unwrap_or_default();
    let string = |leaf: wire::Leaf<'_>| BodyString {
        range: leaf.range,
        text: Cow::Owned(leaf.text.into_owned()),
        path: leaf.path.into_iter().map(|name| Cow::Owned(name.into_owned())).collect(),
        notation,
    };
    leaves.into_iter().map(string).collect()
}

fn add_json<'a>(node: &Node<'a>, path: &mut Vec<Cow<'a, str>>, found: &mut Vec<BodyString<'a>>) {
    let mut add = |text: Cow<'a, str>| {
        found.push(BodyString { range: node.span(), text, path: path.clone(), notation: Notation::Json });
    };
    match &node.kind {
        Kind::String => node.text().into_iter().for_each(&mut add),
        Kind::Number => add(Cow::Borrowed(node.raw)),
        Kind::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(Cow::Owned(at.to_string()));
                add_json(item, path, found);
                path.pop();
            }
        }
        Kind::Object(members) => {
            for member in members {
                path.push(json::legible(member.key));
                add_json(&member.value, path, found);
                path.pop();
            }
        }
        Kind::Null | Kind::Bool(_) => {}
    }
}
