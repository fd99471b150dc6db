//! The data of a cassette, whichever syntax it was written in.

use serde_json::Value;
use std::rc::Rc;

/// A value. What several places of a file share is there once.
#[derive(Debug)]
pub(super) enum Node {
    Null,
    /// A number or a truth value is the text that it was written as.
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
    /// Something that is no data, by its YAML tag.
    Foreign(String),
}

impl Node {
    /// The member called `name`; `None` where there is none, or it is null. Of several the last one counts, as in Python.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        let found = members.iter().rfind(|(key, _)| key == name)?;
        (!matches!(*found.1, Self::Null)).then_some(&*found.1)
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Rc<Self>]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::Bytes(_) => "binary".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "an object".to_owned(),
            Self::Foreign(tag) => format!("an object of a program ({tag}), which is not made here"),
        }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Text(truth.to_string()),
            Value::Number(number) => Self::Text(number.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(|item| Rc::new(item.into())).collect()),
            Value::Object(members) => {
                Self::Map(members.into_iter().map(|(name, value)| (name, Rc::new(value.into()))).collect())
            }
        }
    }
}
