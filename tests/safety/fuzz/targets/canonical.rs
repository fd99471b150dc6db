//! The canonical form of a request's parameters: its own canonical form, and that of every other spelling of it.

use http::Method;
use ramtape::fingerprint::{ParameterError, Parameters};
use ramtape::json::{self, Kind, Node};
use ramtape::service::{Operation, Service};
use std::sync::LazyLock;

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with_additions(&toml::Table::new()).unwrap());

/// `data` is a request as on the wire; of its head only the first line counts.
pub(crate) fn check(data: &[u8]) {
    let at = data.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = at.map_or((data, &b""[..]), |at| (&data[..at], &data[at + 4..]));
    let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().parse().unwrap_or(Method::POST);
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let operation = SERVICE.operation(&method, path).map(|operation| &**operation);

    let unknown =
        canonical(None, query, body).unwrap_or_else(|error| panic!("an unknown operation is refused: {error}"));
    well_formed(&unknown);
    let Ok(one) = canonical(operation, query, body) else { return };
    well_formed(&one);
    if operation.is_some() {
        is_its_own(operation, &one);
        other_spellings(operation, query, body, &one);
    }
}

fn canonical(operation: Option<&Operation>, query: &str, body: &[u8]) -> Result<String, ParameterError> {
    Parameters::read(query, body, operation.is_some())?.canonical(operation, |_| false)
}

/// A JSON object without a blank between its tokens, members of each object in order.
fn well_formed(text: &str) {
    let node = json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(matches!(node.kind, Kind::Object(_)), "{text}");
    in_order(&node);
    let mut compact = String::new();
    spell(&node, &mut compact, &mut Spelling::compact());
    assert_eq!(compact, text);
}

fn in_order(root: &Node<'_>) {
    for node in root.descendants() {
        let Kind::Object(members) = &node.kind else { continue };
        let names: Vec<_> = members.iter().map(|member| json::unquote(member.key).unwrap()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{}", node.raw);
    }
}

fn is_its_own(operation: Option<&Operation>, one: &str) {
    // What looks like a hole is escaped, and read again would be escaped again: nobody does that.
    if !one.contains(r#"{"$"#) {
        assert_eq!(canonical(operation, "", one.as_bytes()).as_deref(), Ok(one));
    }
}

/// Members the other way round, blanks, escapes, lists without order reversed, and the query's pairs reversed.
fn other_spellings(operation: Option<&Operation>, query: &str, body: &[u8], one: &str) {
    let pairs: Vec<&str> = query.split('&').rev().collect();
    let query = pairs.join("&&");
    assert_eq!(canonical(operation, &query, body).as_deref(), Ok(one));
    let Ok(node) = json::parse(body) else { return };
    let unordered = operation.map(|operation| operation.unordered.clone()).unwrap_or_default();
    for escape in [false, true] {
        let mut spelled = String::from(" \r\n");
        spell(
            &node,
            &mut spelled,
            &mut Spelling { reverse: true, blanks: true, escape, unordered: &unordered, depth: 0 },
        );
        assert_eq!(canonical(operation, &query, spelled.as_bytes()).as_deref(), Ok(one), "{spelled}");
    }
}

struct Spelling<'a> {
    reverse: bool,
    blanks: bool,
    escape: bool,
    /// The lists without an order, which are members of the outermost object.
    unordered: &'a [String],
    depth: usize,
}

impl Spelling<'_> {
    fn compact() -> Self {
        Self { reverse: false, blanks: false, escape: false, unordered: &[], depth: 0 }
    }

    fn blank(&self, out: &mut String) {
        out.push_str(if self.blanks { "\t \n" } else { "" });
    }
}

fn spell(node: &Node<'_>, out: &mut String, how: &mut Spelling<'_>) {
    match &node.kind {
        Kind::Array(items) => list(items.iter().collect(), out, how),
        Kind::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if how.reverse {
                members.reverse();
            }
            out.push('{');
            for (at, member) in members.into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                how.blank(out);
                string(member.key, out, how);
                out.push(':');
                how.blank(out);
                let name = json::unquote(member.key).ok();
                let free = how.depth == 0 && name.is_some_and(|name| how.unordered.iter().any(|list| *list == *name));
                how.depth += 1;
                match &member.value.kind {
                    Kind::Array(items) if free => list(items.iter().rev().collect(), out, how),
                    _ => spell(&member.value, out, how),
                }
                how.depth -= 1;
            }
            out.push('}');
        }
        Kind::String => string(node.raw, out, how),
        _ => out.push_str(node.raw),
    }
}

fn list(items: Vec<&Node<'_>>, out: &mut String, how: &mut Spelling<'_>) {
    out.push('[');
    how.depth += 1;
    for (at, item) in items.into_iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        how.blank(out);
        spell(item, out, how);
    }
    how.depth -= 1;
    out.push(']');
}

fn string(raw: &str, out: &mut String, how: &Spelling<'_>) {
    let text = json::unquote(raw).ok().filter(|_| how.escape);
    let Some(text) = text else { return out.push_str(raw) };
    out.push('"');
    for unit in text.encode_utf16() {
        out.push_str(&format!("\\u{unit:04X}"));
    }
    out.push('"');
}
