//! The members of one object of the text, taken out by name; what is left over is an error.

use super::flaw::FileFlaw;
use crate::json::{Kind, Node, unquote};

/// An object being read.
pub(crate) struct Fields<'n, 'a> {
    /// Where the object stands, for messages: `takes[0].pages[1]`.
    place: String,
    offset: usize,
    members: Vec<(String, &'n Node<'a>)>,
}

impl<'n, 'a> Fields<'n, 'a> {
    /// The members of `node`.
    pub(crate) fn read(node: &'n Node<'a>, place: String) -> Result<Self, FileFlaw> {
        let Kind::Object(members) = &node.kind else {
            return Err(FileFlaw::at(node.offset, format!("{}: expected an object", shown(&place))));
        };
        let mut fields = Self { place, offset: node.offset, members: Vec::with_capacity(members.len()) };
        for member in members {
            let offset = member.value.offset;
            let name = unquote(member.key).map_err(|error| FileFlaw::at(offset, error.to_string()))?.into_owned();
            if fields.members.iter().any(|(other, _)| *other == name) {
                return Err(FileFlaw::at(offset, format!("{}: duplicate member {name:?}", shown(&fields.place))));
            }
            fields.members.push((name, &member.value));
        }
        Ok(fields)
    }

    /// Takes out a member that may be absent.
    pub(crate) fn optional(&mut self, name: &str) -> Option<&'n Node<'a>> {
        let at = self.members.iter().position(|(other, _)| other == name)?;
        Some(self.members.swap_remove(at).1)
    }

    /// Takes out a member that must be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<&'n Node<'a>, FileFlaw> {
        let missing = FileFlaw::at(self.offset, format!("{}: member {name:?} is missing", shown(&self.place)));
        self.optional(name).ok_or(missing)
    }

    /// Takes out a string that may be absent.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, FileFlaw> {
        self.optional(name).map(|node| self.text_of(node, name)).transpose()
    }

    /// Takes out a string that must be there.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, FileFlaw> {
        let node = self.required(name)?;
        self.text_of(node, name)
    }

    /// An error about member `name` at `node`.
    pub(crate) fn flaw(&self, node: &Node<'_>, name: &str, reason: &str) -> FileFlaw {
        FileFlaw::at(node.offset, format!("{}: member {name:?}: {reason}", shown(&self.place)))
    }

    /// Where the items of the array member `name` stand, for messages.
    pub(crate) fn place_of(&self, name: &str, index: usize) -> String {
        let dot = if self.place.is_empty() { "" } else { "." };
        format!("{}{dot}{name}[{index}]", self.place)
    }

    /// The members that nobody took, in the order of the text.
    pub(crate) fn rest(self) -> Vec<(String, &'n Node<'a>)> {
        self.members
    }

    /// Checks that nothing is left over.
    pub(crate) fn finish(self) -> Result<(), FileFlaw> {
        match self.members.first() {
            None => Ok(()),
            Some((name, node)) => {
                Err(FileFlaw::at(node.offset, format!("{}: unknown member {name:?}", shown(&self.place))))
            }
        }
    }

    fn text_of(&self, node: &Node<'_>, name: &str) -> Result<String, FileFlaw> {
        node.text().map(std::borrow::Cow::into_owned).ok_or_else(|| self.flaw(node, name, "expected a string"))
    }
}

fn shown(place: &str) -> &str {
    if place.is_empty() { "the file" } else { place }
}
