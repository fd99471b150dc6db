//! A JSON parser that keeps the spelling: it gives a tree of slices of the text.
//!
//! Answers are kept byte for byte and requests compared as exact values, so neither may pass through a number type or a
//! map: `1632342984.382000123456789`, `1E9` and `"\u00e9"` stay as they were written. That is why this reader is written by
//! hand: those of `serde_json` and its kin give values and lose the spelling, or (`RawValue`) keep it and give no tree.

mod edit;
mod parse;
mod text;
mod walk;

pub use edit::{removal, with_text, without};
pub use parse::{MAX_DEPTH, SyntaxError, parse};
pub use text::{legible, offsets, pointer_step, push_quoted, quote, unquote};
pub use walk::{Path, Step};

/// A JSON value: its text, its offset, and its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    /// The value's text as written, from its first to its last character.
    pub raw: &'a str,
    /// Where `raw` starts in the text that was parsed, in bytes.
    pub offset: usize,
    /// What the value is.
    pub kind: Kind<'a>,
}

/// The kind of a value. Strings and numbers are in [`Node::raw`].
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as spelled in `raw`.
    Number,
    /// A string, quotes and escapes included in `raw`.
    String,
    /// The values in order.
    Array(Vec<Node<'a>>),
    /// The members in order, duplicates included.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<'a> {
    /// The name as written, quotes and escapes included.
    pub key: &'a str,
    /// Where `key` starts in the text that was parsed, in bytes.
    pub key_offset: usize,
    /// The value.
    pub value: Node<'a>,
}

impl<'a> Node<'a> {
    /// The bytes that the value takes up in the parsed text.
    #[must_use]
    pub fn span(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    /// The first member called `name`, of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Node<'a>> {
        let Kind::Object(members) = &self.kind else { return None };
        members.iter().find(|member| unquote(member.key).is_ok_and(|key| key == name)).map(|member| &member.value)
    }

    /// The values of an array.
    #[must_use]
    pub fn items(&self) -> Option<&[Node<'a>]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a string, escapes resolved; `None` for other values and for a string with half a surrogate pair.
    #[must_use]
    pub fn text(&self) -> Option<std::borrow::Cow<'a, str>> {
        match self.kind {
            Kind::String => unquote(self.raw).ok(),
            _ => None,
        }
    }
}
