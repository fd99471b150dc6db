//! A body in a cassette's text: laid out as JSON where that can be undone exactly, else a string, else base64.

use super::flaw::FileFlaw;
use super::printer::Printer;
use super::spell::{Draft, Instead, Style, spell};
use crate::json::{self, Kind, Node};
use crate::model::{Body, Hole, Part};
use bytes::Bytes;
use data_encoding::BASE64;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// How deep a body may nest to be laid out: the file's own levels and a hole's come on top, and the reader's bound is 128.
const DEEPEST: usize = 116;

/// The body's bytes with its holes spelled as in a cassette's text, `{"$token":1}`, without blanks.
#[must_use]
pub fn spelled(body: &Body) -> Bytes {
    let spelled = |hole: &Hole| {
        let (name, value) = match hole {
            Hole::Token(position) => ("$token", position.to_string()),
            Hole::Volatile(origin) => ("$volatile", json::quote(origin)),
            Hole::Fresh(freshness) => ("$fresh", json::quote(&freshness.to_string())),
        };
        Ok::<_, Infallible>(Cow::Owned(format!("{{\"{name}\":{value}}}").into_bytes()))
    };
    body.render(spelled).unwrap_or_default()
}

/// The body on several lines, as in a cassette's text; `None` where it is no JSON.
#[must_use]
pub fn laid_out(body: &Body) -> Option<String> {
    let (bytes, holes) = body.with_placeholders();
    let holes = holes.into_iter().map(|(place, hole)| (place.start, hole)).collect();
    let node = json::parse(&bytes).ok()?;
    let mut printer = Printer::default();
    lay(&mut printer, &node, &holes);
    Some(printer.finish())
}

/// Writes the members that stand for `body` into the open object: `style` and `body`, or `text`, or `base64`, or none.
pub(super) fn print_body(printer: &mut Printer, body: &Body) {
    if body.is_empty() {
        return;
    }
    let (bytes, holes) = body.with_placeholders();
    let holes = holes.into_iter().map(|(place, hole)| (place.start, hole)).collect();
    if let Some((node, style)) = layable(&bytes, &holes, body) {
        if style == Style::Spaced {
            printer.name("\"style\"");
            printer.value("\"spaced\"");
        }
        printer.name("\"body\"");
        lay(printer, &node, &holes);
    } else if body.parts().iter().all(|part| !matches!(part, Part::Literal(bytes) if str::from_utf8(bytes).is_err())) {
        printer.name("\"text\"");
        print_pieces(printer, body, |bytes| json::quote(&String::from_utf8_lossy(bytes)));
    } else {
        printer.name("\"base64\"");
        print_pieces(printer, body, |bytes| json::quote(&BASE64.encode(bytes)));
    }
}

/// The tree of a body that can be laid out, and the style that brings its bytes back.
fn layable<'a>(bytes: &'a [u8], holes: &BTreeMap<usize, &Hole>, body: &Body) -> Option<(Node<'a>, Style)> {
    let node = json::parse(bytes).ok().filter(|node| depth(node) <= DEEPEST)?;
    let style = [Style::Compact, Style::Spaced].into_iter().find(|style| {
        let mut draft = Draft::default();
        let spelled = spell(&node, *style, &mut draft, &mut |node: &Node<'_>| {
            Ok::<_, Infallible>(hole_at(node, holes).map(|hole| Instead::Hole(hole.clone())))
        });
        spelled.is_ok() && draft.finish() == *body
    })?;
    Some((node, style))
}

fn hole_at<'h>(node: &Node<'_>, holes: &BTreeMap<usize, &'h Hole>) -> Option<&'h Hole> {
    if node.kind == Kind::String { holes.get(&node.offset).copied() } else { None }
}

fn depth(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Kind::Object(members) => 1 + members.iter().map(|member| depth(&member.value)).max().unwrap_or_default(),
        _ => 0,
    }
}

fn lay(printer: &mut Printer, node: &Node<'_>, holes: &BTreeMap<usize, &Hole>) {
    match &node.kind {
        Kind::Array(items) => {
            printer.begin('[');
            for item in items {
                printer.item();
                lay(printer, item, holes);
            }
            printer.end(']');
        }
        Kind::Object(members) => {
            printer.begin('{');
            for member in members {
                match member.key.strip_prefix("\"$") {
                    Some(rest) if members.len() == 1 => printer.name(&format!("\"$${rest}")),
                    _ => printer.name(member.key),
                }
                lay(printer, &member.value, holes);
            }
            printer.end('}');
        }
        _ => match hole_at(node, holes) {
            Some(hole) => printer.value(&hole_text(hole)),
            None => printer.value(node.raw),
        },
    }
}

fn print_pieces(printer: &mut Printer, body: &Body, spelled: impl Fn(&[u8]) -> String) {
    if let [Part::Literal(bytes)] = body.parts() {
        printer.value(&spelled(bytes));
        return;
    }
    printer.begin('[');
    for part in body.parts() {
        printer.item();
        match part {
            Part::Literal(bytes) => printer.value(&spelled(bytes)),
            Part::Hole(hole) => printer.value(&hole_text(hole)),
        }
    }
    printer.end(']');
}

pub(super) fn hole_text(hole: &Hole) -> String {
    match hole {
        Hole::Token(position) => format!("{{\"$token\": {position}}}"),
        Hole::Volatile(source) => format!("{{\"$volatile\": {}}}", json::quote(source)),
        Hole::Fresh(freshness) => format!("{{\"$fresh\": {}}}", json::quote(&freshness.to_string())),
    }
}

/// The body that was laid out as `node`.
pub(super) fn read_body(node: &Node<'_>, style: Style) -> Result<Body, FileFlaw> {
    let mut draft = Draft::default();
    spell(node, style, &mut draft, &mut hole_or_escape)?;
    Ok(draft.finish())
}

/// The body that was written as a string, or as strings and holes; `piece` gives a string's bytes.
pub(super) fn read_pieces(node: &Node<'_>, piece: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Body, FileFlaw> {
    let flaw = |node: &Node<'_>, reason: &str| FileFlaw::at(node.offset, reason);
    let mut draft = Draft::default();
    let items = node.items().unwrap_or(std::slice::from_ref(node));
    for item in items {
        match (item.text(), hole_or_escape(item)?) {
            (Some(text), _) => {
                draft.bytes(&piece(&text).ok_or_else(|| flaw(item, "not base64"))?);
            }
            (None, Some(Instead::Hole(hole))) => draft.hole(hole),
            (None, Some(Instead::Text(text))) => draft.text(&text),
            _ => return Err(flaw(item, "expected a string or a hole")),
        }
    }
    Ok(draft.finish())
}

pub(super) fn hole_or_escape(node: &Node<'_>) -> Result<Option<Instead>, FileFlaw> {
    let Kind::Object(members) = &node.kind else { return Ok(None) };
    let [member] = members.as_slice() else { return Ok(None) };
    let Some(name) = member.key.strip_prefix("\"$") else { return Ok(None) };
    if let Some(rest) = name.strip_prefix('$') {
        return Ok(Some(Instead::Renamed(format!("\"${rest}"))));
    }
    let text = || member.value.text().map(std::borrow::Cow::into_owned);
    let hole = match name {
        "token\"" if member.value.kind == Kind::Number => member.value.raw.parse().ok().map(Hole::Token),
        "volatile\"" => text().map(Hole::Volatile),
        "fresh\"" => text().and_then(|text| text.parse().ok()).map(Hole::Fresh),
        // What stands for an account is the same in every session, and is written as the string that it is.
        "account\"" if member.value.text().is_some() => return Ok(Some(Instead::Text(member.value.raw.to_owned()))),
        "account\"" => None,
        _ => return Err(FileFlaw::at(node.offset, format!("{} is not a hole that this version knows", member.key))),
    };
    match hole {
        Some(hole) => Ok(Some(Instead::Hole(hole))),
        None => Err(FileFlaw::at(member.value.offset, format!("{} has a value of the wrong type", member.key))),
    }
}
