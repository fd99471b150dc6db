//! The types of members of requests, answers and structures.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A member's type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Type {
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A moment: seconds since 1970, a number.
    Timestamp,
    /// Whatever stands there.
    Any,
    /// Items of one type.
    List(Box<Type>),
    /// Members, by the structure's name.
    Structure(String),
}

/// A type that is written so that nobody can read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a type: use string, boolean, integer, timestamp, any, a structure's name, or one of these in \
         brackets"
)]
pub struct NotAType(String);

impl FromStr for Type {
    type Err = NotAType;

    fn from_str(text: &str) -> Result<Self, NotAType> {
        if let Some(item) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return Ok(Self::List(Box::new(item.parse()?)));
        }
        match text {
            "string" => Ok(Self::String),
            "boolean" => Ok(Self::Boolean),
            "integer" => Ok(Self::Integer),
            "timestamp" => Ok(Self::Timestamp),
            "any" => Ok(Self::Any),
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => Ok(Self::Structure(name.to_owned())),
            _ => Err(NotAType(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Type {
    type Error = NotAType;

    fn try_from(text: String) -> Result<Self, NotAType> {
        text.parse()
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Timestamp => "a time, as a number",
            Self::Any => "anything",
            Self::List(_) => "a list",
            Self::Structure(_) => "an object",
        })
    }
}

impl Type {
    /// The structure that it is, or is a list of.
    pub(super) fn structure(&self) -> Option<&str> {
        match self {
            Self::List(item) => item.structure(),
            Self::Structure(name) => Some(name),
            _ => None,
        }
    }
}

/// `[structures.NAME]`: the members of a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Structure {
    /// All members.
    pub members: Vec<String>,
    /// The types of those that are not strings.
    pub types: BTreeMap<String, Type>,
}

impl Structure {
    /// The type of a member; `None` where there is no such member.
    pub(super) fn member(&self, name: &str) -> Option<&Type> {
        member(&self.members, &self.types, name)
    }
}

/// The type of what `steps` lead to from a value of the type `from`; `*` stands for every item of a list.
pub(super) fn at<'a, 's>(
    structures: &'a BTreeMap<String, Structure>,
    from: Option<&'a Type>,
    mut steps: impl Iterator<Item = &'s str>,
) -> Option<&'a Type> {
    steps.try_fold(from?, |kind, step| match kind {
        Type::Any => Some(kind),
        Type::List(item) if step == "*" => Some(item.as_ref()),
        Type::Structure(name) => structures.get(name)?.member(step),
        _ => None,
    })
}

/// The type of the member `name`: as `types` says, else a string if it is among `members`.
pub(super) fn member<'a>(members: &[String], types: &'a BTreeMap<String, Type>, name: &str) -> Option<&'a Type> {
    types.get(name).or_else(|| members.iter().any(|member| member == name).then_some(&Type::String))
}
