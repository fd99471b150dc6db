//! Changes or removes one member of an object; all other bytes stay.

use super::{Kind, Node, SyntaxError, parse, quote, unquote};

/// The object in `text` with the string `value` in its first member called `name`; unchanged where it has none.
///
/// # Errors
/// Where `text` is not JSON.
pub fn with_text(text: &[u8], name: &str, value: &str) -> Result<Vec<u8>, SyntaxError> {
    let node = parse(text)?;
    let Some(member) = node.member(name) else { return Ok(text.to_vec()) };
    Ok(splice(text, member.span(), quote(value).as_bytes()))
}

/// The object in `text` without its first member called `name`.
///
/// # Errors
/// Where `text` is not JSON.
pub fn without(text: &[u8], name: &str) -> Result<Vec<u8>, SyntaxError> {
    let node = parse(text)?;
    Ok(removal(&node, name).map_or_else(|| text.to_vec(), |range| splice(text, range, b"")))
}

/// The bytes to take out of an object so that its first member called `name` is gone and the rest is well-formed; `None`
/// where there is no such member.
#[must_use]
pub fn removal(node: &Node<'_>, name: &str) -> Option<std::ops::Range<usize>> {
    let Kind::Object(members) = &node.kind else { return None };
    let at = members.iter().position(|member| unquote(member.key).is_ok_and(|key| key == name))?;
    // From the end of the member before to its own end; the first one goes with the comma behind it.
    let end_of = |at: usize| members.get(at).map(|member| member.value.span().end);
    let start_of = |at: usize| members.get(at).map(|member| member.key_offset);
    match (at.checked_sub(1).and_then(end_of), start_of(at), end_of(at), start_of(at + 1)) {
        (Some(before), _, Some(end), _) => Some(before..end),
        (None, Some(start), _, Some(next)) => Some(start..next),
        (None, Some(start), Some(end), None) => Some(start..end),
        _ => None,
    }
}

fn splice(text: &[u8], range: std::ops::Range<usize>, with: &[u8]) -> Vec<u8> {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    [before, with, after].concat()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn one_member_changes_and_nothing_else() {
        let text = br#"{"a": 1.0, "nextToken" : "old", "b": [ ] }"#;
        assert_eq!(with_text(text, "nextToken", "n\"w").unwrap(), br#"{"a": 1.0, "nextToken" : "n\"w", "b": [ ] }"#);
        assert_eq!(with_text(text, "x", "y").unwrap(), text);
        for (text, rest) in [
            (r#"{"a": 1.0, "t" : "old", "b": [ ] }"#, r#"{"a": 1.0, "b": [ ] }"#),
            (r#"{"t":"old", "b": 2}"#, r#"{"b": 2}"#),
            (r#"{"a":1,"t":"old"}"#, r#"{"a":1}"#),
            (r#"{ "t":"old" }"#, r#"{  }"#),
            (r#"{"a":1}"#, r#"{"a":1}"#),
            ("[]", "[]"),
        ] {
            assert_eq!(String::from_utf8(without(text.as_bytes(), "t").unwrap()).unwrap(), rest);
        }
    }
}
