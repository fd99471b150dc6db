//! A JSON tree back to the bytes of a body, with one of the two ways to set blanks.

use crate::json::{Kind, Node};
use crate::model::{Body, Hole};
use bytes::Bytes;

/// Where a body had its blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Nowhere.
    Compact,
    /// One after every `:` and `,`, as Python's `json.dumps` sets them.
    Spaced,
}

/// A body that grows by pieces.
#[derive(Default)]
pub(super) struct Draft {
    body: Body,
    literal: Vec<u8>,
}

impl Draft {
    pub(super) fn text(&mut self, text: &str) {
        self.literal.extend_from_slice(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.literal.extend_from_slice(bytes);
    }

    pub(super) fn hole(&mut self, hole: Hole) {
        self.body.push_literal(Bytes::from(std::mem::take(&mut self.literal)));
        self.body.push_hole(hole);
    }

    pub(super) fn finish(mut self) -> Body {
        self.body.push_literal(Bytes::from(self.literal));
        self.body
    }
}

/// A step of [`spell`]: what stands at a node, where that is not the node as it is written.
pub(super) enum Instead {
    /// A hole.
    Hole(Hole),
    /// A string, as it is spelled.
    Text(String),
    /// The same object, its only member's name spelled so.
    Renamed(String),
}

/// Writes `node` into `draft`, strings and numbers as they are spelled, asking `instead` about every node first.
pub(super) fn spell<'a, E>(
    node: &Node<'a>,
    style: Style,
    draft: &mut Draft,
    instead: &mut impl FnMut(&Node<'a>) -> Result<Option<Instead>, E>,
) -> Result<(), E> {
    let (colon, comma) = match style {
        Style::Compact => (":", ","),
        Style::Spaced => (": ", ", "),
    };
    let renamed = match instead(node)? {
        Some(Instead::Hole(hole)) => {
            draft.hole(hole);
            return Ok(());
        }
        Some(Instead::Text(text)) => {
            draft.text(&text);
            return Ok(());
        }
        Some(Instead::Renamed(name)) => Some(name),
        None => None,
    };
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number | Kind::String => draft.text(node.raw),
        Kind::Array(items) => {
            draft.text("[");
            for (at, item) in items.iter().enumerate() {
                draft.text(if at == 0 { "" } else { comma });
                spell(item, style, draft, instead)?;
            }
            draft.text("]");
        }
        Kind::Object(members) => {
            draft.text("{");
            for (at, member) in members.iter().enumerate() {
                draft.text(if at == 0 { "" } else { comma });
                draft.text(renamed.as_deref().unwrap_or(member.key));
                draft.text(colon);
                spell(&member.value, style, draft, instead)?;
            }
            draft.text("}");
        }
    }
    Ok(())
}
