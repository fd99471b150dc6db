//! A decoded value on its way to JSON.

use crate::json::{self, Kind, Node};
use std::collections::HashSet;

/// How deep lists and objects in forms, XML and CBOR may nest. Readers descend on the stack, so there is a bound.
pub(super) const MAX_DEPTH: usize = 64;

/// Names of members and their values, in the order in which they are written.
pub(super) type Members = Vec<(String, Value)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// Any other JSON value, as it is spelled.
    Json(String),
    List(Vec<Self>),
    Object(Members),
}

impl Value {
    /// A list of these texts; where there is one only, that.
    pub(super) fn one_or_list(mut texts: Vec<String>) -> Self {
        match texts.pop() {
            Some(only) if texts.is_empty() => Self::Text(only),
            last => Self::List(texts.into_iter().chain(last).map(Self::Text).collect()),
        }
    }

    /// As compact JSON.
    pub(super) fn to_json(&self) -> String {
        let mut out = String::new();
        self.push(&mut out);
        out
    }

    fn push(&self, out: &mut String) {
        match self {
            Self::Text(text) => json::push_quoted(out, text),
            Self::Json(json) => out.push_str(json),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.push(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    json::push_quoted(out, name);
                    out.push(':');
                    value.push(out);
                }
                out.push('}');
            }
        }
    }
}

/// The members of the JSON object in `body`, their spelling kept; none of no body. `None` where it is not an object, or has no
/// one meaning: a name that stands twice, half a surrogate pair, a number that is out of all range.
pub(super) fn read_json_members(body: &[u8]) -> Option<Members> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(Vec::new());
    }
    match read_json(&json::parse(body).ok()?)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn read_json(node: &Node<'_>) -> Option<Value> {
    Some(match &node.kind {
        Kind::Null | Kind::Bool(_) => Value::Json(node.raw.to_owned()),
        Kind::Number => {
            let exponent = node.raw.split(['e', 'E']).nth(1).unwrap_or_default();
            // One of 19 digits or more has no canonical spelling.
            let is_in_range = exponent.trim_start_matches(['+', '-', '0']).len() <= 18;
            Value::Json(is_in_range.then(|| node.raw.to_owned())?)
        }
        Kind::String => Value::Text(node.text()?.into_owned()),
        Kind::Array(items) => Value::List(items.iter().map(read_json).collect::<Option<_>>()?),
        Kind::Object(members) => {
            let mut names = HashSet::new();
            let mut read = Vec::with_capacity(members.len());
            for member in members {
                let name = json::unquote(member.key).ok()?;
                if !names.insert(name.clone()) {
                    return None;
                }
                read.push((name.into_owned(), read_json(&member.value)?));
            }
            Value::Object(read)
        }
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn json_keeps_its_numbers_and_loses_its_blanks() {
        let read = |text: &str| read_json_members(text.as_bytes()).map(|members| Value::Object(members).to_json());
        let text = r#" { "a" : [1.0, -0, 1E5, "\u00e9\/", null], "b" : {} } "#;
        assert_eq!(read(text).unwrap(), r#"{"a":[1.0,-0,1E5,"é/",null],"b":{}}"#);
        assert_eq!(read("").unwrap(), "{}");
        for text in
            [r#"{"a":1,"\u0061":2}"#, r#"{"a":"\ud800"}"#, r#"{"a":1e9999999999999999999}"#, "[]", "x", "\u{feff}{}"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
