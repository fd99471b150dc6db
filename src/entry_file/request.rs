//! A request's canonical parameters in a cassette's text: laid out as JSON, holes as in a body.
//!
//! Below the root the parameters are already escaped where an object looks like a hole: a hole is part of what is
//! fingerprinted. The parameters as a whole are never a hole; they are escaped in the text only.

use super::body::{hole_or_escape, hole_text};
use super::flaw::FileFlaw;
use super::printer::Printer;
use super::spell::{Draft, Instead, Style, spell};
use crate::json::{self, Kind, Node};
use crate::model::{Hole, Part};

/// Writes canonical parameters (compact JSON) laid out; what [`read_request`] reads back decides whether that was possible.
pub(super) fn print_request(printer: &mut Printer, request: &str) {
    match json::parse(request.as_bytes()) {
        Ok(root) => lay(printer, &root, true),
        Err(_) => printer.value(&json::quote(request)),
    }
}

fn lay(printer: &mut Printer, node: &Node<'_>, is_root: bool) {
    match &node.kind {
        Kind::Array(items) => {
            printer.begin('[');
            for item in items {
                printer.item();
                lay(printer, item, false);
            }
            printer.end(']');
        }
        Kind::Object(members) => {
            if let (false, Ok(Some(Instead::Hole(hole)))) = (is_root, hole_or_escape(node)) {
                return printer.value(&hole_text(&hole));
            }
            printer.begin('{');
            for member in members {
                match member.key.strip_prefix("\"$") {
                    Some(rest) if is_root && members.len() == 1 => printer.name(&format!("\"$${rest}")),
                    _ => printer.name(member.key),
                }
                lay(printer, &member.value, false);
            }
            printer.end('}');
        }
        _ => printer.value(node.raw),
    }
}

/// The canonical parameters: compact, spelled as in the text.
pub(super) fn read_request(root: &Node<'_>) -> Result<String, FileFlaw> {
    let mut draft = Draft::default();
    spell(root, Style::Compact, &mut draft, &mut |node| match (hole_or_escape(node)?, node.offset == root.offset) {
        (Some(Instead::Hole(_) | Instead::Text(_)), true) => {
            Err(FileFlaw::at(node.offset, "a whole request cannot be a hole"))
        }
        (Some(Instead::Hole(Hole::Token(_))), false) => Err(FileFlaw::at(node.offset, "a request cannot have tokens")),
        (renamed, true) => Ok(renamed),
        (_, false) => Ok(None),
    })?;
    match draft.finish().parts() {
        [Part::Literal(bytes)] => Ok(String::from_utf8_lossy(bytes).into_owned()),
        _ => Err(FileFlaw::at(root.offset, "no request")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn printed(request: &str) -> String {
        let mut printer = Printer::default();
        print_request(&mut printer, request);
        printer.finish()
    }

    fn read(text: &str) -> Result<String, FileFlaw> {
        read_request(&json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn holes_are_one_line_and_everything_reads_back() {
        for (request, line) in [
            (r#"{"name":{"$volatile":"w#1:/name"}}"#, r#"  "name": {"$volatile": "w#1:/name"}"#),
            (r#"{"x":[{"$volatile":"w#1:/\"a\""},1.50]}"#, r#"    {"$volatile": "w#1:/\"a\""},"#),
            (r#"{"x":{"$$volatile":"w"}}"#, r#"    "$$volatile": "w""#),
            (r#"{"$body":"text"}"#, r#"  "$$body": "text""#),
            (r#"{"$volatile":"w"}"#, r#"  "$$volatile": "w""#),
            (r#"{"$body":"text","a":"1"}"#, r#"  "$body": "text","#),
        ] {
            let text = printed(request);
            assert!(text.lines().any(|printed| printed == line), "{text}");
            assert_eq!(read(&text).as_deref(), Ok(request));
        }
    }

    #[test]
    fn what_is_no_hole_in_a_request_is_told() {
        for (text, reason) in [
            (r#"{"$volatile":"w"}"#, "a whole request cannot be a hole"),
            (r#"{"x":{"$token":1}}"#, "a request cannot have tokens"),
            (r#"{"x":{"$volatile":1}}"#, "\"$volatile\" has a value of the wrong type"),
            (r#"{"x":[{"$new":"w"}]}"#, "\"$new\" is not a hole that this version knows"),
        ] {
            assert_eq!(read(text).unwrap_err().reason, reason);
        }
    }
}
