//! How two requests of one operation differ: what a miss tells.

use crate::json::{self, Kind, Node};
use serde::Serialize;
use std::collections::BTreeMap;

/// One place where two canonical parameter texts differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterDifference {
    /// JSON pointer (RFC 6901) to the place.
    pub pointer: String,
    /// The value recorded there, as canonical JSON; `None` where the member is absent.
    pub recorded: Option<String>,
    /// The value asked for.
    pub asked: Option<String>,
}

/// The differences between two canonical parameter texts, in order of their pointers. Empty where they are equal; one
/// difference at the root where either is no JSON.
#[must_use]
pub fn parameter_differences(recorded: &str, asked: &str) -> Vec<ParameterDifference> {
    let mut found = Vec::new();
    match (json::parse(recorded.as_bytes()), json::parse(asked.as_bytes())) {
        (Ok(recorded), Ok(asked)) => compare(&mut found, &mut String::new(), Some(&recorded), Some(&asked)),
        _ if recorded != asked => found.push(ParameterDifference {
            pointer: String::new(),
            recorded: Some(recorded.to_owned()),
            asked: Some(asked.to_owned()),
        }),
        _ => {}
    }
    found
}

fn compare(
    found: &mut Vec<ParameterDifference>,
    pointer: &mut String,
    recorded: Option<&Node<'_>>,
    asked: Option<&Node<'_>>,
) {
    match (recorded.map(|node| &node.kind), asked.map(|node| &node.kind)) {
        (Some(Kind::Object(a)), Some(Kind::Object(b))) => {
            let mut names: BTreeMap<&str, [Option<&Node<'_>>; 2]> = BTreeMap::new();
            for member in a {
                names.entry(member.key).or_default()[0] = Some(&member.value);
            }
            for member in b {
                names.entry(member.key).or_default()[1] = Some(&member.value);
            }
            for (key, [a, b]) in names {
                let name = json::pointer_step(&json::unquote(key).unwrap_or_default());
                descend(found, pointer, &name, a, b);
            }
        }
        (Some(Kind::Array(a)), Some(Kind::Array(b))) => {
            for at in 0..a.len().max(b.len()) {
                descend(found, pointer, &at.to_string(), a.get(at), b.get(at));
            }
        }
        _ if recorded.map(|node| node.raw) == asked.map(|node| node.raw) => {}
        _ => found.push(ParameterDifference {
            pointer: pointer.clone(),
            recorded: recorded.map(|node| node.raw.to_owned()),
            asked: asked.map(|node| node.raw.to_owned()),
        }),
    }
}

fn descend(
    found: &mut Vec<ParameterDifference>,
    pointer: &mut String,
    step: &str,
    recorded: Option<&Node<'_>>,
    asked: Option<&Node<'_>>,
) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(step);
    compare(found, pointer, recorded, asked);
    pointer.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_places() {
        let of = |pointer: &str, recorded: Option<&str>, asked: Option<&str>| ParameterDifference {
            pointer: pointer.into(),
            recorded: recorded.map(Into::into),
            asked: asked.map(Into::into),
        };
        let recorded = r#"{"a/b":[1,2],"name":"x","same":{"k":1}}"#;
        let asked = r#"{"a/b":[1,3,4],"owner":"SELF","same":{"k":1}}"#;
        assert_eq!(
            parameter_differences(recorded, asked),
            [
                of("/a~1b/1", Some("2"), Some("3")),
                of("/a~1b/2", None, Some("4")),
                of("/name", Some("\"x\""), None),
                of("/owner", None, Some("\"SELF\"")),
            ]
        );
        assert_eq!(parameter_differences(asked, asked), []);
    }
}
